import { PACKAGES_URL } from "../../origin.ts";
import { didYouMean } from "../../suggest.ts";
import { kindOf } from "../sources.ts";
import type { Content, ModuleSource, Moved, Refusal } from "../types.ts";
import { openPackages, packages, type ReadPackage } from "./packages.ts";

const SPECIFIER = /^npm:\/?((?:@[^/@]+\/)?[^/@]+)(?:@([^/]*))?(?:\/(.+))?$/;
const DECLARATIONS = /\.d\.([mc]?)ts$/;

/** Names and versions of the packages that there are. */
export function packageList(): string {
  const names = [...packages].map(([name, { version }]) => `${name} ${version}`);
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** Whether a module is one of such a package. */
export function isPackage(url: string): boolean {
  return url.startsWith(PACKAGES_URL);
}

/** URL of a file of a package. */
export function urlOf(name: string, version: string, path: string): string {
  return `${PACKAGES_URL}${name}@${version}/${path}`;
}

/** Name and path of what a URL of ours stands for. */
function partsOf(url: string): { readonly folder: string; readonly name: string; readonly path: string } {
  const [, folder = "", name = "", path = ""] = /^(pallet:\/\/npm\/([^@]+)@[^/]+\/)(.*)$/.exec(url) ?? [];
  return { folder, name, path };
}

/** The module of a package that an import asks for, if it is the one that is here. */
async function find(specifier: string): Promise<Moved | Refusal> {
  const [, name = "", range = "", part] = SPECIFIER.exec(specifier) ?? [];
  const known = packages.get(name);
  if (known === undefined) {
    return {
      refused: `of npm only ${packageList()} can be imported, which Pallet has; others expect Node and its ` +
        "access to this machine",
      help: `Import a module that needs the language alone by its https: URL.${
        didYouMean(name, packages.keys())
      }`,
    };
  }
  const { version, entry } = known;
  if (part !== undefined) {
    return { refused: `parts of a package cannot be imported`, help: `Import "npm:${name}@^${version}".` };
  }
  const { isIn } = await import("../semver.ts");
  if (range !== "" && !isIn(version, range)) {
    return {
      refused: `Pallet has ${name} ${version}, which is not in the range "${range}"`,
      help: `Import "npm:${name}@^${version}", or another version by its https: URL.`,
    };
  }
  return { moved: urlOf(name, version, entry) };
}

async function content(url: string, read: ReadPackage): Promise<Content | Refusal> {
  const { name, path } = partsOf(url);
  const text = await read(name, path);
  const { version = "", entry, types } = packages.get(name) ?? {};
  if (text === undefined) return { refused: `${name} ${version} has no ${path}`, help: "Tell its authors." };
  return {
    bytes: new TextEncoder().encode(text),
    kind: kindOf(url) ?? "js",
    ...(path === entry && types !== undefined ? { types: urlOf(name, version, types) } : {}),
  };
}

/** What declarations mean by a path: those of a module, which they name with its extension or without. */
function asDeclarations(url: string, extension: string): string {
  return DECLARATIONS.test(url) ? url : `${url.replace(/\.[mc]?js$/, "")}.d.${extension}ts`;
}

/** Packages of npm that are in the executable, and relative modules of each. They are locked with Pallet itself. */
export function npmSource(read: ReadPackage = openPackages()): ModuleSource {
  return {
    resolve: (specifier, importer) => {
      if (specifier.startsWith("npm:")) return specifier;
      const { folder } = partsOf(importer);
      if (folder === "" || !/^(?:\.\.?\/|pallet:)/.test(specifier)) return undefined;
      const url = new URL(specifier, importer).href;
      if (!url.startsWith(folder)) return undefined;
      const declarations = DECLARATIONS.exec(importer);
      return declarations === null ? url : asDeclarations(url, declarations[1] ?? "");
    },
    owns: (url) => url.startsWith("npm:") || isPackage(url),
    read: (url) => url.startsWith("npm:") ? find(url) : content(url, read),
  };
}
