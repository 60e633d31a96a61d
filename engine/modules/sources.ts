import { fromFileUrl, toFileUrl } from "./paths.ts";
import { didYouMean } from "../suggest.ts";
import { messageOf } from "../errors.ts";
import { type Content, type ModuleKind, type ModuleSource, PALLET_URL, type Refusal } from "./types.ts";

const CRATE = /^pallet\/crates\/([\w-]+)$/;
const CRATES_URL = "pallet://crates/";
/** Bytes of the largest module that anyone wrote by hand, many times over. */
const LARGEST = 16 * 1024 * 1024;

/** What a module of this name is written in, as far as its name tells. */
export function kindOf(url: string): ModuleKind | undefined {
  const extension = /\.(?:[mc]?([jt]s)|(json))$/.exec(url.replace(/[?#].*$/s, ""));
  return (extension?.[1] ?? extension?.[2]) as ModuleKind | undefined;
}

/** What stands in the way of a file of this name. */
export function refuseKind(url: string): Refusal | undefined {
  if (kindOf(url) !== undefined) return undefined;
  return {
    refused: "it is no .ts, .js or .json file",
    help: "Write the file name with its extension; other files are read by readProjectFile in a phase.",
  };
}

/** A file, or why there is none. */
async function readFile(url: string, missing: () => Promise<string>): Promise<Content | Refusal> {
  try {
    const info = await Deno.stat(fromFileUrl(url));
    if (!info.isFile) return { refused: "it is no regular file", help: "Name a file." };
    if (info.size > LARGEST) {
      return { refused: "it is larger than 16 MiB", help: "Read large data with readProjectFile." };
    }
    return { bytes: await Deno.readFile(fromFileUrl(url)), kind: kindOf(url) ?? "js" };
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return { refused: "no such file", help: await missing() };
    return { refused: messageOf(thrown), help: "Make the file readable." };
  }
}

/** Names in a folder, for a hint. */
async function namesIn(folder: URL): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) names.push(entry.name);
  } catch {
    // No folder, no hint.
  }
  return names.sort();
}

/** `"pallet"` itself. */
export const palletSource: ModuleSource = {
  resolve: (specifier) => specifier === "pallet" ? PALLET_URL : undefined,
  owns: () => false,
  read: (url) => Promise.resolve({ refused: `${url} has no source`, help: 'Import "pallet".' }),
};

/** `"pallet/plugin"`, which plugins have in place of `"pallet"`. */
export const pluginSource: ModuleSource = {
  ...palletSource,
  resolve: (specifier) => specifier === "pallet/plugin" ? PALLET_URL : undefined,
};

/** The crates in the executable: `pallet/crates/NAME`, and the relative modules of each. */
export function crateSource(folder: URL): ModuleSource {
  return {
    resolve: (specifier, importer) => {
      const name = CRATE.exec(specifier)?.[1];
      if (name !== undefined) return `${CRATES_URL}${name}/mod.ts`;
      if (specifier.startsWith("pallet/")) {
        return { refused: "there is no such module", help: 'Import "pallet" or "pallet/crates/NAME".' };
      }
      if (!importer.startsWith(CRATES_URL) || !/^\.\.?\//.test(specifier)) return undefined;
      const own = importer.slice(0, importer.indexOf("/", CRATES_URL.length) + 1);
      const url = new URL(specifier, importer).href;
      if (url.startsWith(own)) return url;
      return { refused: "it is outside the crate", help: 'Import another crate as "pallet/crates/NAME".' };
    },
    owns: (url) => url.startsWith(CRATES_URL),
    read: (url) =>
      readFile(new URL(url.slice(CRATES_URL.length), folder).href, async () => {
        const crates = (await namesIn(folder)).filter((name) => !name.includes("."));
        const name = url.slice(CRATES_URL.length).split("/", 1)[0] ?? "";
        return `Known crates: ${crates.join(", ")}.${didYouMean(name, crates)}`;
      }),
  };
}

/** Modules of a folder: relative imports that stay inside of it, symbolic links included. */
function folderSource(root: string, outside: Refusal): ModuleSource {
  return {
    resolve: (specifier, importer) => {
      if (!importer.startsWith(root) || !/^\.\.?\//.test(specifier)) return undefined;
      const url = new URL(specifier, importer);
      url.search = url.hash = "";
      return url.href.startsWith(root) ? refuseKind(url.href) ?? url.href : outside;
    },
    owns: (url) => url.startsWith(root),
    read: async (url) => {
      const real = await Deno.realPath(fromFileUrl(url)).catch(() => undefined);
      if (real !== undefined && !toFileUrl(real).startsWith(root)) return outside;
      return readFile(url, async () => {
        const name = decodeURIComponent(url.slice(url.lastIndexOf("/") + 1));
        const hint = didYouMean(name, await namesIn(new URL("./", url)));
        return hint === "" ? "Create the file, or correct its name." : hint.trim();
      });
    },
  };
}

/** One file of the project that is no module by itself, as what a translation makes of it. */
export function translatedSource(
  path: string,
  translate: (text: string, path: string) => Promise<string>,
): ModuleSource {
  const own = toFileUrl(path);
  return {
    resolve: () => undefined,
    owns: (url) => url === own,
    read: async () => {
      const text = await translate(await Deno.readTextFile(path), path);
      return { bytes: new TextEncoder().encode(text), kind: "js" };
    },
  };
}

/** The infra file's own modules. */
export function projectSource(root: string): ModuleSource {
  return folderSource(root, {
    refused: "it is outside the project folder",
    help:
      `Only modules below ${fromFileUrl(root)} can be imported by path; move it there, or name it in the ` +
      "import map.",
  });
}

/** Modules of a crate that the import map takes from a folder, as one that is being written. */
export function localSource(folder: string): ModuleSource {
  return folderSource(folder, {
    refused: `it is outside the crate's folder ${fromFileUrl(folder)}`,
    help: 'Name the whole folder in the import map: "NAME/": "PATH/".',
  });
}
