// What the actions on packages have in common.
import { PalletError } from "../errors.ts";
import { osTitle, requireSupported } from "../os/mod.ts";
import type { Facts } from "../spec/node.ts";
import { aptLibrary } from "./bash_apt.ts";
import { dnfLibrary } from "./bash_dnf.ts";
import { packagesLibrary } from "./bash_packages.ts";

/** Programs that install packages. */
export type Packager = "apt" | "dnf";

/** Both, in the order of the tables. */
export const packagers: readonly Packager[] = ["apt", "dnf"];

/** Bash of both: which is called is known, which is there costs little. */
export const packagersLibrary: readonly string[] = [packagesLibrary, aptLibrary, dnfLibrary];

/**
 * The packager of a node.
 *
 * @throws {PalletError} for an operating system that has none that Pallet knows.
 */
export function packagerFor(what: string, facts: Facts): Packager {
  requireSupported(what, facts.os);
  const found = packagers.find((name) => name === facts.packager);
  if (found !== undefined) return found;
  throw new PalletError(
    `Cannot ${what} on ${osTitle(facts.os)}: its packager is ${facts.packager}, and only ${
      packagers.join(" and ")
    } are supported`,
    { kind: "infra", help: "Set packager in the server spec if it has another one." },
  );
}
