import type { Json } from "../json.ts";

/** The operating system of a node. */
export interface OsFacts {
  /** As in `/etc/os-release`'s ID: `debian`, `ubuntu`, `rocky`, ... */
  readonly id: string;
  /** The family whose commands it takes: `debian` or `rhel`, or its own id when it belongs to neither. */
  readonly family: string;
  /** `12`, `24.04`; empty when the system has none (Debian sid). */
  readonly version: string;
  /** `bookworm`; empty when the system has none. */
  readonly codename: string;
}

/** What a node says of itself when a connection opens, or what its image tells before it exists. */
export interface Facts {
  readonly os: OsFacts;
  /** `x86_64`, `aarch64`, as `uname -m` prints it. */
  readonly arch: string;
  /** `apt`, `dnf`, or `unknown`. */
  readonly packager: string;
  /** `systemd`, `sysvinit`, `runit`, or `none`. */
  readonly init: string;
  readonly hostname: string;
  /** Addresses of the node's interfaces, without loopback. */
  readonly addresses: readonly string[];
  /** The same until the node, or the container that it is, starts again. */
  readonly bootId: string;
  /** Tags that are kept on the node itself, where its provider keeps none. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Where these came from: the node itself, a cache with its age, the image, or `--os`. */
  readonly source: "node" | "cache" | "image" | "option";
  /** Milliseconds since the epoch at which the node told them; for `cache`, when they were cached. */
  readonly at?: number;
}

/** States of a node, as its provider sees it. Anything not running is still known. */
export type NodeState = "pending" | "running" | "stopped" | "failed" | "unknown";

/** One machine, as a provider sees it: plain data. */
export interface Node {
  /** Unique and stable within the service. */
  readonly id: string;
  /** `<group>-<index>`, 1-based. */
  readonly name: string;
  readonly service: string;
  readonly provider: string;
  /** Group that it was made for; absent when the provider does not know one. */
  readonly group?: string;
  readonly state: NodeState;
  readonly primaryIp?: string;
  readonly privateIp?: string;
  readonly sshPort?: number;
  readonly image?: string;
  /** Whether its provider could not give it its name as its host name: the start of its bootstrap does. */
  readonly unnamed?: true;
  readonly hardware?: { readonly cores?: number; readonly ram?: number; readonly disk?: number };
  /** What the image tells of the operating system, where the provider knows it. */
  readonly os?: OsFacts;
  readonly tags: Readonly<Record<string, string>>;
  /** ISO 8601, UTC. */
  readonly createdAt?: string;
  /** Name of a node that was there first: this one was made under it by somebody who did not see that, and is one too many. */
  readonly doubleOf?: string;
  /** Provider extras for display. */
  readonly extra?: Readonly<Record<string, Json>>;
}

/** A node joined with the groups it belongs to. A planned target has a name and no machine yet. */
export interface Target {
  readonly name: string;
  /** Group names, the merged spec's order; at least one. */
  readonly groups: readonly string[];
  readonly planned: boolean;
  /** Absent when planned. */
  readonly node?: Node;
  readonly facts?: Facts;
}
