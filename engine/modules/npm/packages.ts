// npm packages that Pallet is made with and that infra files, crates and plugins import as well: those that need the
// language alone.
import { home } from "../../home.ts";

/** Such a package. */
export interface Package {
  /** The one that deno.json pins. */
  readonly version: string;
  /** Path of the module that its name stands for where there is no Node. */
  readonly entry: string;
  /** Path of the declarations of that. */
  readonly types: string;
}

/** All of them by their names. */
export const packages: ReadonlyMap<string, Package> = new Map([
  ["croner", { version: "11.0.1", entry: "dist/croner.js", types: "dist/croner.d.ts" }],
  ["diff", { version: "9.0.0", entry: "libesm/index.js", types: "libesm/index.d.ts" }],
  ["valibot", { version: "1.5.0", entry: "dist/index.mjs", types: "dist/index.d.mts" }],
  ["yaml", { version: "2.9.1", entry: "browser/index.js", types: "dist/index.d.ts" }],
]);

/** The text of a file of a package by its path; nothing when there is none. */
export type ReadPackage = (name: string, path: string) => Promise<string | undefined>;

/** Where the program has the files of a package: an object of texts by their paths, so that it is one file. */
export function packedName(name: string): string {
  return `npm/${name}.json`;
}

/** Reads from where Deno keeps packages. */
export async function readInstalled(name: string, path: string): Promise<string | undefined> {
  // What Deno takes for a package by its name is in a folder of the package, whichever of its modules it is.
  const folder = new URL("../", import.meta.resolve(name));
  try {
    return await Deno.readTextFile(new URL(path, folder));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Reads from the program that everything was bundled into. */
function readPacked(): ReadPackage {
  const packed = new Map<string, Promise<Readonly<Record<string, string>>>>();
  return async (name, path) => {
    const known = packed.get(name) ?? Deno.readTextFile(new URL(packedName(name), home.url)).then(JSON.parse);
    packed.set(name, known);
    const files = await known;
    return Object.hasOwn(files, path) ? files[path] : undefined;
  };
}

/** How files of packages are read here. */
export function openPackages(): ReadPackage {
  return home.bundled ? readPacked() : readInstalled;
}
