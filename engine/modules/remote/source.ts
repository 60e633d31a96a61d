import type { Content, ModuleSource, Moved, Refusal } from "../types.ts";
import { isRemote, refuseUrl } from "./url.ts";

/** Reads a module of the web. */
export type ReadRemote = (url: string) => Promise<Content | Moved | Refusal>;

/** Modules of the web: `https:` and `jsr:`, and what such a module imports relative to itself. */
export function remoteSource(read: ReadRemote): ModuleSource {
  return {
    resolve: (specifier, importer) => {
      if (/^jsr:/.test(specifier)) return specifier;
      const within = isRemote(importer) && /^(?:\.\.?)?\//.test(specifier);
      if (!within && !/^https?:/i.test(specifier)) return undefined;
      const url = URL.parse(specifier, importer);
      if (url === null) return { refused: "it is no URL", help: "Write it as https://HOST/PATH." };
      url.hash = "";
      return refuseUrl(url, importer) ?? url.href;
    },
    owns: (url) => isRemote(url) || url.startsWith("jsr:"),
    // Also what nobody imports comes this way: entries of the import map, and redirects that the lock holds.
    read: async (url) => (url.startsWith("jsr:") ? undefined : refuseUrl(new URL(url))) ?? await read(url),
  };
}
