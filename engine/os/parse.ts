import { PalletError } from "../errors.ts";
import { nearest } from "../suggest.ts";
import type { Facts, OsFacts } from "../spec/node.ts";
import { familyOf, knownSystems } from "./family.ts";
import { initOf, packagerOf } from "./tables.ts";

const CODENAMES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  debian: {
    "8": "jessie",
    "9": "stretch",
    "10": "buster",
    "11": "bullseye",
    "12": "bookworm",
    "13": "trixie",
    "14": "forky",
  },
  ubuntu: {
    "14.04": "trusty",
    "16.04": "xenial",
    "18.04": "bionic",
    "20.04": "focal",
    "22.04": "jammy",
    "24.04": "noble",
    "26.04": "resolute",
  },
};

/** `debian-12` for what a name may be misspelt from. */
const EXAMPLES = ["debian-12", "ubuntu-24.04", "rocky-9"];

/** The code name of a version, empty where there is none. */
export function codenameOf(id: string, version: string): string {
  return CODENAMES[id]?.[version] ?? "";
}

/** Version and code name from either, or from neither. */
function release(id: string, given: string): Pick<OsFacts, "version" | "codename"> {
  const byName = Object.entries(CODENAMES[id] ?? {}).find(([, codename]) => codename === given);
  if (byName !== undefined) return { version: byName[0], codename: byName[1] };
  return given === "sid"
    ? { version: "", codename: "sid" }
    : { version: given, codename: codenameOf(id, given) };
}

/**
 * Facts of a node that has this operating system, as far as the name tells: what `--os` takes. The name is an id and,
 * after a dash, a version or code name: `debian-12`, `ubuntu-noble`, `rocky-9`, `debian`.
 *
 * @throws {PalletError} of kind `usage` for a name that is not known, with the nearest one that is.
 *
 * @example
 * ```ts
 * import { parseOs } from "./parse.ts";
 *
 * const facts = parseOs("debian-12");
 * console.assert(facts.os.codename === "bookworm" && facts.packager === "apt" && facts.init === "systemd");
 * ```
 */
export function parseOs(name: string): Facts {
  // The longest known id that begins the name: "opensuse-leap-15.6" is no "opensuse".
  const id = knownSystems.filter((known) => name === known || name.startsWith(`${known}-`))
    .sort((a, b) => b.length - a.length)[0];
  const given = id === undefined ? "" : name.slice(id.length + 1);
  const { version, codename } = id === undefined ? { version: "", codename: "" } : release(id, given);
  if (id === undefined || !/^(?:\d+(?:\.\d+)*)?$/.test(version)) {
    // A forgotten dash: "debian12".
    const [, word = "", version = ""] = /^(\D*?)-?(\d.*)?$/.exec(name) ?? [];
    const near = id === undefined ? nearest(word.replace(/-.*$/, ""), knownSystems) : undefined;
    const hint = near === undefined ? "" : ` Did you mean "${near}${version && `-${version}`}"?`;
    throw new PalletError(`Cannot tell what operating system "${name}" is.${hint}`, {
      kind: "usage",
      help: `Write an id and a version, such as ${EXAMPLES.join(", ")}. Known: ${knownSystems.join(", ")}.`,
    });
  }
  const os: OsFacts = { id, family: familyOf(id), version, codename };
  return {
    os,
    arch: "x86_64",
    packager: packagerOf(os),
    init: initOf(os),
    hostname: "",
    addresses: [],
    bootId: "",
    source: "option",
  };
}
