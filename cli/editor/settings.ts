// What Deno and TypeScript are told of a project.
import { declarations } from "./declarations/mod.ts";
import type { Files } from "./files.ts";

/** Folder of what `pallet types` makes: Pallet's own, made anew each time, not to be kept in version control. */
export const FOLDER = ".pallet";

/** Names of "pallet" and its crates for deno.json. */
export const names: readonly (readonly [name: string, target: string])[] = declarations
  .map(({ specifier, file }) => [specifier, `./${FOLDER}/types/${file}`]);

/** A deno.json. What is excluded is neither formatted, linted nor tested with the project. */
export const denoJson: string = json({
  imports: Object.fromEntries(names),
  exclude: [FOLDER, "vendor"],
});

/** A tsconfig.json, for editors without Deno; what is particular to Pallet stays in a file of Pallet's own. */
export const tsconfigJson: string = json({
  extends: `./${FOLDER}/tsconfig.json`,
  include: ["**/*.ts"],
  exclude: ["vendor"],
});

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** What the project imports from crates that are not in the executable. */
export interface Crates {
  /** Sources by their paths below the folder of types. */
  readonly files: Files;
  /** Names, and the path in `files` of each, or an absolute path. */
  readonly paths: Readonly<Record<string, string>>;
}

/** All files of {@linkcode FOLDER}. */
export function typeFiles(crates: Crates): Files {
  const own = declarations.map(({ specifier, file }) => [specifier, [`./types/${file}`]] as const);
  const others = Object.entries(crates.paths)
    .map(([name, path]) => [name, [crates.files.has(path) ? `./types/${path}` : path]] as const);
  const tsconfig = {
    compilerOptions: {
      target: "ESNext",
      module: "ESNext",
      moduleResolution: "bundler",
      lib: ["ESNext", "DOM"],
      types: [],
      strict: true,
      allowJs: true,
      resolveJsonModule: true,
      allowImportingTsExtensions: true,
      noEmit: true,
      skipLibCheck: true,
      paths: Object.fromEntries([...own, ...others]),
    },
  };
  return new Map([
    // All of it is made anew by `pallet types`.
    [".gitignore", "*\n"],
    ["tsconfig.json", json(tsconfig)],
    ...declarations.map(({ file, text }) => [`types/${file}`, text] as const),
    ...[...crates.files].map(([file, text]) => [`types/${file}`, text] as const),
  ]);
}
