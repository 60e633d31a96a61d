// `deno task types`: makes the declarations that editors read from the sources. A test holds the two together.
import { dirname, join, relative } from "node:path";
import { formatted } from "../format.ts";
import { ROOT } from "../run.ts";
import { collect, type Owner } from "./collect.ts";
import { declarationProgram, emitDeclarations } from "./emit.ts";
import { flatten } from "./flatten.ts";

/** Where the made files are, below the checkout. */
export const FOLDER = "cli/editor/declarations";

/** What infra files import: specifier, source, file of declarations. */
export interface Entry {
  readonly specifier: string;
  readonly source: string;
  readonly file: string;
}

/** "pallet", the crates, and what plugins import. */
async function entries(): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(ROOT, "crates"))) {
    if (!isDirectory) continue;
    found.push({
      specifier: `pallet/crates/${name}`,
      source: `crates/${name}/mod.ts`,
      file: `crates/${name}.d.ts`,
    });
  }
  found.sort((a, b) => a.specifier < b.specifier ? -1 : 1);
  return [
    { specifier: "pallet", source: "engine/mod.ts", file: "pallet.d.ts" },
    ...found,
    { specifier: "pallet/plugin", source: "plugins/api/mod.ts", file: "plugin.d.ts" },
  ];
}

function ownerOf(path: string, crate: boolean): Owner {
  if (/^(?:crates|plugins)\//.test(relative(ROOT, path))) return "own";
  if (path.startsWith(join(ROOT, "engine/"))) return crate ? "pallet" : "own";
  return "language";
}

/** The module by which the program reads the files: texts, as they must be in an executable. */
function list(all: readonly Entry[]): string {
  return [
    "// Made by `deno task types`. What editors are told of the modules that infra files import.",
    ...all.map(({ file }, at) => `import text${at} from "./${file}.txt" with { type: "text" };`),
    "",
    "/** Declarations of a module. */",
    "export interface Declarations {",
    "readonly specifier: string;",
    "/** Path of its file below the folder of types. */",
    "readonly file: string;",
    "readonly text: string;",
    "}",
    "",
    '/** Of "pallet" and of all crates of the executable. */',
    "export const declarations: readonly Declarations[] = [",
    ...all.map(({ specifier, file }, at) =>
      `${JSON.stringify({ specifier, file }).slice(0, -1)}, text: text${at} },`
    ),
    "];",
    "",
  ].join("\n");
}

/** All files as they should be, by their names below {@linkcode FOLDER}. */
export async function generate(): Promise<ReadonlyMap<string, string>> {
  const all = await entries();
  const declarations = emitDeclarations(all.map(({ source }) => source));
  const program = declarationProgram(declarations);
  const checker = program.getTypeChecker();
  const texts = await Promise.all(all.map(async ({ specifier, source, file }) => {
    const module = program.getSourceFile(join(ROOT, source.replace(/\.ts$/, ".d.ts")));
    if (module === undefined) throw new Error(`TypeScript made no declarations of ${source}`);
    const crate = specifier.startsWith("pallet/crates/");
    const collected = collect(checker, module, ({ fileName }) => ownerOf(fileName, crate));
    return [`${file}.txt`, await formatted(flatten(module, specifier, collected), "ts")] as const;
  }));
  return new Map([...texts, ["mod.ts", await formatted(list(all), "ts")] as const]);
}

if (import.meta.main) {
  for (const [name, text] of await generate()) {
    await Deno.mkdir(dirname(join(ROOT, FOLDER, name)), { recursive: true });
    await Deno.writeTextFile(join(ROOT, FOLDER, name), text);
    console.log(`${FOLDER}/${name}: ${text.length} characters`);
  }
}
