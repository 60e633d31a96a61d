import type { Origin } from "../errors.ts";
import type { Json, JsonObject } from "../json.ts";
import type { Node, OsFacts } from "../spec/node.ts";
import type { NodeSpec } from "../spec/types.ts";
import type { Models } from "./models.ts";
import type { Route } from "../transport/connection.ts";

/** An image that nodes can be made from. */
export interface Image {
  readonly id: string;
  readonly os: OsFacts;
  readonly arch: string;
  readonly description: string;
  /** Where it is defined: `built in`, a file, a service. */
  readonly origin: string;
  /** Where others of its id are defined that it hides, the nearest first. */
  readonly shadows?: readonly string[];
  /** Path of its disk, where that is on this machine. */
  readonly disk?: string;
  readonly loginUser: string;
}

/** A size that nodes can have. */
export interface Hardware {
  readonly id: string;
  readonly cores: number;
  /** Megabytes. */
  readonly ram: number;
  /** Gigabytes; absent when it is not limited. */
  readonly disk?: number;
  readonly description: string;
  readonly origin: string;
  /** Where others of its id are defined that it hides, the nearest first. */
  readonly shadows?: readonly string[];
}

/** Something a provider cannot honour in a node spec. */
export interface Problem {
  /** `hardware.minRam` */
  readonly path: string;
  readonly message: string;
  readonly help?: string;
}

/** What a close look at a service found. */
export interface Diagnosis {
  /** What is well: who we are there, what there is room for. */
  readonly found: readonly string[];
  readonly problems: readonly Problem[];
}

/** Nodes of a service in one of several regions. */
export interface RegionNodes {
  /** Absent for what is in none, beside others that are. */
  readonly region?: string;
  readonly nodes: readonly Node[];
  /** Why they could not be listed. */
  readonly error?: string;
}

/** Nodes to make, all of one group. Names are the caller's; a name that exists already is adopted, not made twice. */
export interface CreateRequest {
  readonly group: string;
  readonly names: readonly string[];
  readonly nodeSpec: NodeSpec;
  /** Put on each node in the step that makes it. */
  readonly tags: Readonly<Record<string, string>>;
  /** The same for a retry: makes creation idempotent. */
  readonly token: string;
}

/** One node of a {@linkcode CreateRequest}, as it comes. */
export type CreateResult =
  | { readonly name: string; readonly node: Node }
  | { readonly name: string; readonly error: string; readonly help?: string };

/** What a {@linkcode CreateRequest} would make. */
export interface Estimate {
  readonly image: string;
  readonly hardware: string;
  /** US dollars an hour for all nodes of the request; absent when unknown, 0 when free. */
  readonly pricePerHour?: number;
  /** When that was the price: `2025-01`; absent when it is today's. */
  readonly pricesOf?: string;
}

/** A step on the way to a node that can be used; `done` is the last. */
export interface Readiness {
  readonly step: "running" | "address" | "port" | "host-key" | "login" | "done";
  readonly message: string;
}

/** What a provider can do; the CLI says so instead of failing late. */
export interface Capabilities {
  readonly create: boolean;
  readonly destroy: boolean;
  readonly stop: boolean;
  /** Whether tags are kept, e.g. the `bootstrapped` flag. */
  readonly tag: boolean;
  /** Where tags are kept when not by the provider: on the node, read and written over the run's own connection. */
  readonly tagStore?: "node";
}

/**
 * A configured source of machines. Every implementation passes the contract test in
 * `engine/provider/contract.ts`. All calls take an AbortSignal; failures are `PalletError`s of kind `provider`.
 */
export interface Provider {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Lines that say what is missing on this machine and what to do; empty when it can work. */
  check(signal?: AbortSignal): Promise<readonly Problem[]>;
  /** Looks closer than `check`, by asking whoever gives the machines; changes nothing. Absent, or of a plugin: `check` sees all. */
  diagnose?(signal?: AbortSignal): Promise<Diagnosis>;
  images(signal?: AbortSignal): Promise<readonly Image[]>;
  hardware(signal?: AbortSignal): Promise<readonly Hardware[]>;
  /** What it cannot honour, it refuses, before anything is touched. `group` tells whose spec it is, where that is known. */
  validate(spec: NodeSpec, signal?: AbortSignal, group?: string): Promise<readonly Problem[]>;
  /** Image that a spec selects; what plans for nodes that do not exist yet go by. `group` is as in `validate`. */
  imageFor(spec: NodeSpec, signal?: AbortSignal, group?: string): Promise<Image | undefined>;
  /** All that is ours, running or not, and nothing else. */
  nodes(signal?: AbortSignal): Promise<readonly Node[]>;
  /**
   * The same by region: those with nodes, and those that could not be listed. Absent where there are no regions; plugins
   * are not asked.
   */
  nodesByRegion?(signal?: AbortSignal): Promise<readonly RegionNodes[]>;
  estimate(request: CreateRequest, signal?: AbortSignal): Promise<Estimate>;
  create(request: CreateRequest, signal?: AbortSignal): AsyncIterable<CreateResult>;
  /** Steps until a login would work; throws when a step's time limit ends, naming it. */
  ready(node: Node, signal?: AbortSignal): AsyncIterable<Readiness>;
  start(nodes: readonly Node[], signal?: AbortSignal): Promise<void>;
  stop(nodes: readonly Node[], signal?: AbortSignal): Promise<void>;
  reboot(nodes: readonly Node[], signal?: AbortSignal): Promise<void>;
  /** Resolves when they are gone. An empty list is an error, never "all". */
  destroy(nodes: readonly Node[], signal?: AbortSignal): Promise<void>;
  /** Sets tags; `null` removes one. Others stay. */
  tag(node: Node, tags: Readonly<Record<string, string | null>>, signal?: AbortSignal): Promise<void>;
  /**
   * What a group's nodes share (a security group, a network): made before the first and removed after the last, and
   * brought in line with the spec by each converge.
   */
  ensureGroup(group: string, spec: NodeSpec, signal?: AbortSignal): Promise<void>;
  removeGroup(group: string, signal?: AbortSignal): Promise<void>;
  route(node: Node, signal?: AbortSignal): Promise<Route>;
  close(): Promise<void>;
}

/** A service of the configuration: a name, a provider, its options. */
export interface ServiceConfig {
  readonly name: string;
  readonly provider: string;
  readonly options: JsonObject;
  /** Folder that relative paths in the options are relative to. */
  readonly baseDir?: string;
  /** Where the service is defined, for messages. */
  readonly origin?: Origin;
  /** Where an option stands, or a part of one, by the keys that lead to it: `["nodes", 0, "identities", 1]`. */
  readonly originOf?: (keys: readonly (string | number)[]) => Origin | undefined;
}

/** How a provider is made from a service; one a folder in `providers/`. */
export interface ProviderKind {
  readonly name: string;
  readonly summary: string;
  /** @throws {PalletError} of kind `config` that names service, key and value. */
  open(service: ServiceConfig, context: ProviderContext): Promise<Provider>;
}

/** What a provider may know of its surroundings. */
export interface ProviderContext {
  /** Folder for its own state, made on demand. */
  readonly stateDir: string;
  /** Folder for what can be made again. */
  readonly cacheDir: string;
  /** Progress of long work: one line each. */
  readonly progress: (message: string) => void;
  /** Images and sizes that the configuration defines; none unless told. */
  readonly models?: Models;
  /** Reads images and sizes from the files of a folder, which may not be there; what is left out is told as progress. */
  readonly readModels?: (folder: string) => Promise<Models>;
  /** Key of the admin user, as absolute paths: who makes nodes can let it log in to them from the first on. */
  readonly adminKey?: { readonly privateKey?: string; readonly publicKey?: string };
  /** Opens another service of the configuration; whoever opens it closes it. */
  readonly openService?: (name: string) => Promise<Provider>;
  /** Calls a function that the infra file exports, with plain data; absent where there is no infra file. */
  readonly call?: (name: string, data: Json) => Promise<Json>;
}
