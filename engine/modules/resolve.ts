import { refuseKind } from "./sources.ts";
import type { Mapping, ModuleSource, Refusal } from "./types.ts";

const KNOWN =
  'Import relative files of the project, "pallet", "pallet/crates/NAME", crates by https: or jsr:, or a name that ' +
  "the import map holds.";

/** Why a specifier that no source knows cannot be imported. */
function refuse(specifier: string): Refusal {
  const scheme = /^([a-z][a-z\d+.-]*):/i.exec(specifier)?.[1]?.toLowerCase();
  switch (scheme) {
    case "node":
    case "bun":
      return {
        refused: "infra files and crates are evaluated without access to this machine and its packages",
        help: KNOWN,
      };
    case undefined:
      if (specifier.startsWith("/")) {
        return { refused: "it is an absolute path", help: "Import it by a relative path." };
      }
      return {
        refused: "no module of this name is known",
        help: `${KNOWN} \`pallet crate add URL\` puts a crate into the import map.`,
      };
    default:
      return { refused: `modules cannot come from ${scheme}: URLs here`, help: KNOWN };
  }
}

/** What the import map made of a specifier: files are taken from it alone, all else is asked of the sources. */
function mapped(url: string, importer: string, sources: readonly ModuleSource[]): string | Refusal {
  if (!url.startsWith("file:")) return found(url, importer, sources);
  if (sources.some((source) => source.owns(url))) return refuseKind(url) ?? url;
  return { refused: `the import map takes it from ${url}, where no crate is`, help: KNOWN };
}

function found(specifier: string, importer: string, sources: readonly ModuleSource[]): string | Refusal {
  for (const source of sources) {
    const url = source.resolve(specifier, importer);
    if (url !== undefined) return url;
  }
  return refuse(specifier);
}

/** The URL that a specifier means to an importer: by the import map, else asked of each source in turn. */
export function resolve(
  specifier: string,
  importer: string,
  sources: readonly ModuleSource[],
  mapping: Mapping = () => undefined,
): string | Refusal {
  // The engine's own names are no one's to map: an editor's map leads to its types.
  const own = specifier === "pallet" || specifier.startsWith("pallet/") || importer.startsWith("pallet:");
  const target = own ? undefined : mapping(specifier, importer);
  if (target === undefined) return found(specifier, importer, sources);
  return typeof target === "string" ? mapped(target, importer, sources) : target;
}
