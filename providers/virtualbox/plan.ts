// What a machine is made of, whole: kept beside it, so that one that was half made can be made again.
import { object, type Schema, v } from "../../engine/schema.ts";
import { credential } from "../../engine/secrets/credential.ts";
import type { Machine } from "./hardware.ts";
import type { Layout } from "./storage.ts";

/** What is known of a node, kept with its machine in VirtualBox. */
const recordSchema = object({
  format: v.literal(1),
  service: v.string(),
  name: v.string(),
  group: v.string(),
  uuid: v.string(),
  /** All that belongs to the node, and nothing else, is in this folder. */
  folder: v.string(),
  image: v.string(),
  /** The disk that nodes of the image share. */
  base: v.string(),
  os: object({ id: v.string(), family: v.string(), version: v.string(), codename: v.string() }),
  size: v.string(),
  cores: v.number(),
  ram: v.number(),
  user: v.string(),
  /** Absolute path of the key that logs in; absent: the image has it, or takes a password. */
  identity: v.optional(v.string()),
  /** Where the password is that logs in. */
  password: v.optional(credential),
  /** The key that the node shows, where we made it. */
  hostKey: v.optional(v.string()),
  /** The adapter that the node is reached by. */
  management: object({
    mac: v.string(),
    attach: v.string(),
    target: v.optional(v.string()),
    /** Where it is told, or is that of a forward. */
    address: v.optional(v.string()),
    port: v.number(),
  }),
  /** Ports of this machine that lead to the node's. */
  forwards: v.array(object({ hostPort: v.number(), guestPort: v.number(), protocol: v.string() })),
  /** Disks that were made with the machine. */
  disks: v.array(v.string()),
  start: v.string(),
  token: v.string(),
  tags: v.record(v.string(), v.string()),
  createdAt: v.string(),
});

/** What is known of a node. */
export type NodeRecord = v.InferOutput<typeof recordSchema>;

/** The schema of a {@linkcode NodeRecord}. */
export const nodeRecord: Schema<NodeRecord> = recordSchema as Schema<NodeRecord>;

/** An adapter, settled. */
export interface PlannedAdapter {
  readonly attach: string;
  readonly target?: string;
  readonly mac: string;
  readonly type?: string | undefined;
  readonly speed?: number | undefined;
  readonly connected?: boolean | undefined;
  readonly promiscuous?: string | undefined;
  readonly address?: string | undefined;
  readonly gateway?: string | undefined;
  readonly forwards: readonly PlannedForward[];
}

/** A rule of an adapter behind NAT. */
export interface PlannedForward {
  readonly name: string;
  readonly protocol: string;
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly guestPort: number;
}

/** Everything that making a machine takes. Plain data. */
export interface Plan {
  readonly record: NodeRecord;
  readonly machine: Machine;
  readonly osType: string;
  readonly arm: boolean;
  readonly adapters: readonly PlannedAdapter[];
  readonly layout: Layout;
  /** Keys that the seed carries; absent: the image is set up already. */
  readonly seed?: {
    readonly authorizedKey: string;
    readonly hostKey: { readonly privateKey: string; readonly publicKey: string };
  };
}

/** Key of a machine's extra data that holds its record. */
export const RECORD_KEY = "pallet/node";

/** The record in a machine's extra data; nothing where it is not ours. */
export function recordOf(value: string | undefined): NodeRecord | undefined {
  if (value === undefined) return undefined;
  try {
    const result = v.safeParse(nodeRecord, JSON.parse(value));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}
