import { join } from "node:path";
import { withNames } from "../../engine/modules/editor/names.ts";
import { makeFile, readText, replaceFile, replaceFolder } from "./files.ts";
import { schemaFiles } from "./schemas.ts";
import { type Crates, denoJson, FOLDER, names, tsconfigJson, typeFiles } from "./settings.ts";

/** What became of what editors read. */
export interface Refreshed {
  /** Files of {@linkcode FOLDER} that were written or removed. */
  readonly types: number;
  /** Files of the project that were made. */
  readonly made: readonly string[];
  /** Files of the project to which names were added. */
  readonly changed: readonly string[];
  /** What the user has to do, as files of theirs are left as they are. */
  readonly advice: readonly string[];
}

/** The name and text of the project's configuration of Deno. */
async function denoConfiguration(folder: string): Promise<readonly [name: string, text: string] | undefined> {
  for (const name of ["deno.json", "deno.jsonc"]) {
    const text = await readText(join(folder, name));
    if (text !== undefined) return [name, text];
  }
  return undefined;
}

async function tellDeno(folder: string): Promise<Pick<Refreshed, "made" | "changed">> {
  const there = await denoConfiguration(folder);
  if (there === undefined) {
    await makeFile(join(folder, "deno.json"), denoJson);
    return { made: ["deno.json"], changed: [] };
  }
  const [name, text] = there;
  const path = join(folder, name);
  const changed = await replaceFile(path, withNames(text, names, `./${FOLDER}/`, path));
  return { made: [], changed: changed ? [name] : [] };
}

async function tellTypeScript(folder: string): Promise<Pick<Refreshed, "made" | "advice">> {
  if (await makeFile(join(folder, "tsconfig.json"), tsconfigJson)) {
    return { made: ["tsconfig.json"], advice: [] };
  }
  const text = await readText(join(folder, "tsconfig.json")) ?? "";
  if (text.includes(`${FOLDER}/tsconfig.json`)) return { made: [], advice: [] };
  return {
    made: [],
    advice: [`For editors without Deno, add to tsconfig.json: "extends": "./${FOLDER}/tsconfig.json"`],
  };
}

/** Brings what editors read in line with this version of Pallet and with the crates of a project. */
export async function refresh(folder: string, crates: Crates): Promise<Refreshed> {
  const deno = await tellDeno(folder);
  const types = await replaceFolder(
    join(folder, FOLDER),
    new Map([...typeFiles(crates), ...await schemaFiles()]),
  );
  const typescript = await tellTypeScript(folder);
  return {
    types,
    made: [...deno.made, ...typescript.made],
    changed: deno.changed,
    advice: typescript.advice,
  };
}
