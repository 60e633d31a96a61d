import type { ModuleSource, Refusal } from "./types.ts";

const BUILT_IN = 'Import relative files of the project, "pallet", or "pallet/crates/NAME".';

/** Why a specifier that no source knows cannot be imported. */
function refuse(specifier: string): Refusal {
  const scheme = /^([a-z][a-z\d+.-]*):/i.exec(specifier)?.[1]?.toLowerCase();
  switch (scheme) {
    case "http":
    case "https":
    case "jsr":
      return {
        refused: "this build loads only the project's own modules and the built-in crates",
        help: `Copy the module into the project and import it by a relative path. ${BUILT_IN}`,
      };
    case "node":
    case "npm":
    case "bun":
      return {
        refused: "infra files and crates are evaluated without access to this machine and its packages",
        help: BUILT_IN,
      };
    case undefined:
      return specifier.startsWith("/")
        ? { refused: "it is an absolute path", help: "Import it by a relative path." }
        : { refused: "no module of this name is known", help: BUILT_IN };
    default:
      return { refused: `modules cannot come from ${scheme}: URLs`, help: BUILT_IN };
  }
}

/** The URL that a specifier means to an importer, asked of each source in turn; or why it means none. */
export function resolve(
  specifier: string,
  importer: string,
  sources: readonly ModuleSource[],
): string | Refusal {
  for (const source of sources) {
    const found = source.resolve(specifier, importer);
    if (found !== undefined) return found;
  }
  return refuse(specifier);
}
