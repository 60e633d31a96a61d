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

/** Sources of crates from the web, below the folder of types, and what the project calls them. */
export interface CrateSources {
  readonly files: Files;
  readonly paths: Readonly<Record<string, string>>;
}

/** All files of {@linkcode FOLDER}. */
export function typeFiles(crates: CrateSources): Files {
  const own = declarations.map(({ specifier, file }) => [specifier, [`./types/${file}`]] as const);
  const others = Object.entries(crates.paths).map(([name, file]) => [name, [`./types/${file}`]] as const);
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
