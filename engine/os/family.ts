// Which operating systems there are, what they derive from, and what Pallet supports.

/** An operating system, as `/etc/os-release` names it. */
interface Os {
  /** What it derives from; its commands, package names and layout are that one's unless told otherwise. */
  readonly parent: string;
  /** Whether its versions are the parent's, so that what is said of "rhel 9" holds for it. */
  readonly sharesVersions?: true;
}

/** Every system derives from `linux` in the end. */
const SYSTEMS: Readonly<Record<string, Os>> = {
  debian: { parent: "linux" },
  ubuntu: { parent: "debian" },
  linuxmint: { parent: "ubuntu" },
  pop: { parent: "ubuntu", sharesVersions: true },
  raspbian: { parent: "debian", sharesVersions: true },
  kali: { parent: "debian" },
  rhel: { parent: "linux" },
  centos: { parent: "rhel", sharesVersions: true },
  rocky: { parent: "rhel", sharesVersions: true },
  almalinux: { parent: "rhel", sharesVersions: true },
  ol: { parent: "rhel", sharesVersions: true },
  fedora: { parent: "rhel" },
  amzn: { parent: "rhel" },
  arch: { parent: "linux" },
  manjaro: { parent: "arch" },
  alpine: { parent: "linux" },
  gentoo: { parent: "linux" },
  void: { parent: "linux" },
  nixos: { parent: "linux" },
  slackware: { parent: "linux" },
  suse: { parent: "linux" },
  sles: { parent: "suse" },
  opensuse: { parent: "suse" },
  "opensuse-leap": { parent: "suse" },
  "opensuse-tumbleweed": { parent: "suse" },
};

/** Families whose nodes Pallet configures. */
const SUPPORTED = ["debian", "rhel"] as const;

/** Ids of all systems that are known, supported or not. */
export const knownSystems: readonly string[] = Object.keys(SYSTEMS);

/**
 * A system and what it derives from, itself first, `linux` last. An id that is not known derives from what its
 * `ID_LIKE` names, as far as that is known.
 *
 * @example
 * ```ts
 * import { lineage } from "./family.ts";
 *
 * console.assert(lineage("ubuntu").join() === "ubuntu,debian,linux");
 * console.assert(lineage("mydistro", ["rhel", "fedora"]).join() === "mydistro,rhel,linux");
 * ```
 */
export function lineage(id: string, like: readonly string[] = []): readonly string[] {
  const own = Object.hasOwn(SYSTEMS, id) ? SYSTEMS[id] : undefined;
  if (id === "linux") return [id];
  const parent = own?.parent ?? like.find((name) => Object.hasOwn(SYSTEMS, name)) ?? "linux";
  return [id, ...lineage(parent)];
}

/** The systems of a lineage whose versions are this system's own, itself first. */
export function versionLineage(id: string): readonly string[] {
  const own = Object.hasOwn(SYSTEMS, id) ? SYSTEMS[id] : undefined;
  return own?.sharesVersions === true ? [id, ...versionLineage(own.parent)] : [id];
}

/** The family whose commands a system takes: `debian` or `rhel`, or its own id when it belongs to neither. */
export function familyOf(id: string, like: readonly string[] = []): string {
  return lineage(id, like).find((name) => SUPPORTED.some((family) => family === name)) ?? id;
}

/** Whether Pallet configures nodes of a family. */
export function isSupported(family: string): boolean {
  return SUPPORTED.some((name) => name === family);
}
