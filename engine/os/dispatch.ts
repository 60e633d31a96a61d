import { PalletError } from "../errors.ts";
import type { Facts, OsFacts } from "../spec/node.ts";
import { knownSystems, lineage, versionLineage } from "./family.ts";
import { inRange, narrowerFirst, parseRange, parseVersion, type VersionRange } from "./version.ts";

/** One entry of a table: an operating system, which of its versions, and the value for them. */
interface Entry<T> {
  readonly os: string;
  readonly range: VersionRange | undefined;
  readonly value: T;
}

function parseKey<T>(what: string, key: string, value: T): Entry<T> {
  const [os = "", range, ...rest] = key.split(" ");
  const parsed = range === undefined ? undefined : parseRange(range);
  if (os === "" || rest.length > 0 || (range !== undefined && parsed === undefined)) {
    throw new PalletError(
      `Cannot use "${key}" as an operating system of ${what}: it is no name and version range`,
      {
        kind: "infra",
        help: 'Write it as "debian", "debian 12", "debian 10..12", "debian 11.." or "debian ..11".',
      },
    );
  }
  return { os, range: parsed, value };
}

function fits(entry: Entry<unknown>, os: OsFacts): boolean {
  if (entry.range === undefined) return true;
  // A derived system with its own numbering (Ubuntu 24.04 is no Debian 24) is not measured by its parent's versions.
  return versionLineage(os.id).includes(entry.os) && inRange(parseVersion(os.version), entry.range);
}

/** A version in a range comes before any version, a narrow range before a wide one. */
function narrowestFirst(a: Entry<unknown>, b: Entry<unknown>): number {
  if (a.range === undefined || b.range === undefined) {
    return Number(a.range === undefined) - Number(b.range === undefined);
  }
  return narrowerFirst(a.range, b.range);
}

/** An operating system as messages name it: `debian 12`. */
export function osTitle(os: OsFacts): string {
  return os.version === "" ? os.id : `${os.id} ${os.version}`;
}

/** What a family's systems derive from, for systems that are known by their family alone. */
function systemsOf(os: OsFacts): readonly string[] {
  return lineage(os.id, [os.family]);
}

/**
 * A choice by operating system and version. Keys are a system and, after a space, a version or a range of versions with
 * both ends included: `debian`, `debian 12`, `rhel 8..9`, `ubuntu 22.04..`, `linux`. The most specific system
 * wins (ubuntu before debian before linux), then the narrowest range. Rocky, AlmaLinux, CentOS and Oracle Linux are
 * measured by versions of `rhel`; systems with their own numbering only by their own.
 *
 * @param what What is chosen, for the message when nothing fits: `the package of nginx`.
 * @throws {PalletError} of kind `infra` for a key that cannot be read; the function it returns throws one that names the
 * operating system when no entry fits.
 *
 * @example
 * ```ts
 * import { osMap } from "pallet";
 *
 * const configFile = osMap("the file of MariaDB's options", {
 *   "debian": "/etc/mysql/mariadb.conf.d/50-server.cnf",
 *   "debian ..8": "/etc/mysql/my.cnf",
 *   "rhel": "/etc/my.cnf.d/mariadb-server.cnf",
 * });
 * const facts = { os: { id: "rocky", family: "rhel", version: "9.4", codename: "" } };
 * console.assert(configFile(facts) === "/etc/my.cnf.d/mariadb-server.cnf");
 * ```
 */
export function osMap<T>(
  what: string,
  table: Readonly<Record<string, T>>,
): (facts: Pick<Facts, "os">) => T {
  const entries = Object.entries(table).map(([key, value]) => parseKey(what, key, value));
  return ({ os }) => {
    for (const system of systemsOf(os)) {
      const [best] = entries.filter((entry) => entry.os === system && fits(entry, os)).sort(narrowestFirst);
      if (best !== undefined) return best.value;
    }
    throw new PalletError(
      `Cannot choose ${what} for ${osTitle(os)}: there is an entry for ${listOf(entries)} only`,
      {
        kind: "infra",
        help: knownSystems.includes(os.id)
          ? `Add one for "${os.id}".`
          : `"${os.id}" is not known; "linux" stands for every system.`,
      },
    );
  };
}

function listOf(entries: readonly Entry<unknown>[]): string {
  const names = [...new Set(entries.map((entry) => entry.os))];
  return names.length === 0 ? "no system" : names.join(", ");
}
