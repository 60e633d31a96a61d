import type { Json, JsonObject } from "./json.ts";
import type { ErrorKind, Origin } from "./errors.ts";
import type { ActionResult } from "./script/types.ts";

/** What every event has: `at` is the workstation's clock, ISO 8601, UTC. */
interface EventBase {
  readonly at: string;
  readonly run: string;
}

/** Result of a target in a phase. `unknown` is never success. */
export type PhaseResult = "ok" | "failed" | "skipped" | "unreachable" | "unknown" | "interrupted";

/** Counts of action results. */
export interface ActionCounts {
  readonly ok: number;
  readonly changed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly wouldChange: number;
  readonly cannotKnow: number;
}

/** What failed, for people and programs. */
export interface Failure {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly help?: string;
  readonly origin?: Origin;
  /** The line of the source with marks under the text in question. */
  readonly excerpt?: string;
}

/** Who logs in to nodes of some groups once they are set up. */
export interface Login {
  /** Absent: each node's own first user. */
  readonly username?: string;
  /** Of the public key: `SHA256:...`; absent when the key is not known. */
  readonly fingerprint?: string;
  /** The private key's file; absent: the keys that are tried without one being named. */
  readonly keyFile?: string;
  /** The place of the configuration that says so. */
  readonly origin?: Origin;
  /** What says so where no file does: `--user`. */
  readonly from?: string;
  readonly groups: readonly string[];
}

/** What will be made, started and removed of one group; names of nodes throughout. */
export interface GroupCounts {
  readonly group: string;
  /** Nodes that stay. */
  readonly existing: readonly string[];
  readonly create: readonly string[];
  /** Stopped nodes that count and are started. */
  readonly start: readonly string[];
  /** Newest first. */
  readonly remove: readonly string[];
  readonly image?: string;
  readonly hardware?: string;
  /** US dollars an hour for what is made; absent when unknown. */
  readonly pricePerHour?: number;
  /** When that was the price: `2025-01`. */
  readonly pricesOf?: string;
}

/** What one target did in one run. */
export interface TargetSummary {
  readonly target: string;
  readonly group: string;
  readonly result: PhaseResult;
  readonly counts: ActionCounts;
  readonly failure?: Failure;
}

/** What one action did on one target. */
export interface ActionReport {
  readonly id: string;
  readonly title: string;
  readonly result: ActionResult;
  readonly exit: number;
  /** Milliseconds by the node's clock. */
  readonly duration: number;
  readonly changes: readonly string[];
  readonly diff?: string;
  /** Last output, capped. */
  readonly output?: string;
  readonly origin: Origin;
  readonly because?: readonly string[];
}

/** What one target did in one phase. */
export interface TargetReport {
  readonly target: string;
  readonly result: PhaseResult;
  readonly counts: ActionCounts;
  readonly actions: readonly ActionReport[];
  readonly failure?: Failure;
  /** It ended before the run was gone on with: nothing was done again. */
  readonly recalled?: boolean;
}

/** Events of a run, in order: the journal, `--json` and all reporters read the same. Plain data. */
export type Event =
  & EventBase
  & (
    | {
      readonly type: "run-started";
      readonly operation: "converge" | "lift" | "destroy" | "plan" | "exec";
      readonly infra: string;
      readonly service: string;
      readonly phases: readonly string[];
      readonly check: boolean;
      /** The part of the nodes that fell to this runner: `2/3`. */
      readonly shard?: string;
      /** Who logs in; empty where nobody said, and each node's own first user does. */
      readonly logins?: readonly Login[];
      /** When the run began that this one goes on with, ISO 8601, UTC. */
      readonly resumed?: string;
    }
    | {
      readonly type: "message";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly text: string;
      readonly target?: string;
    }
    /** What will be made and removed. */
    | {
      readonly type: "counts-planned";
      readonly groups: readonly GroupCounts[];
    }
    | { readonly type: "node-creating"; readonly target: string; readonly group: string }
    | {
      readonly type: "node-progress";
      readonly target: string;
      readonly step: string;
      readonly message: string;
    }
    | {
      readonly type: "node-created";
      readonly target: string;
      readonly group: string;
      readonly id: string;
      readonly address?: string;
    }
    | {
      readonly type: "node-failed";
      readonly target: string;
      readonly group: string;
      readonly failure: Failure;
    }
    | { readonly type: "node-removing"; readonly target: string; readonly group: string }
    | { readonly type: "node-removed"; readonly target: string; readonly group: string }
    | { readonly type: "node-connected"; readonly target: string; readonly facts: JsonObject }
    | { readonly type: "node-reconnecting"; readonly target: string; readonly reason: string }
    /** What holds between groups, once plans were made: told at the end. */
    | {
      readonly type: "groups-related";
      /** All groups that plans see, those they come after, and the names of their nodes. */
      readonly groups: readonly {
        readonly name: string;
        readonly after: readonly string[];
        readonly nodes: readonly string[];
      }[];
      /** Which targets' plans read settings of which others. */
      readonly reads: readonly { readonly reader: string; readonly of: string; readonly facility: string }[];
    }
    | { readonly type: "phase-started"; readonly phase: string; readonly targets: readonly string[] }
    | { readonly type: "phase-finished"; readonly phase: string; readonly result: "ok" | "failed" }
    | {
      readonly type: "target-started";
      readonly phase: string;
      readonly target: string;
      readonly actions: number;
    }
    | {
      readonly type: "target-finished";
      readonly phase: string;
      readonly target: string;
      readonly result: PhaseResult;
      readonly counts: ActionCounts;
      readonly failure?: Failure;
      /** It ended before the run was gone on with: nothing was done again. */
      readonly recalled?: boolean;
    }
    | {
      readonly type: "action-started";
      readonly phase: string;
      readonly target: string;
      readonly id: string;
      readonly index: number;
      readonly title: string;
    }
    | {
      readonly type: "action-finished";
      readonly phase: string;
      readonly target: string;
      readonly id: string;
      readonly index: number;
      readonly title: string;
      readonly result: ActionResult;
      readonly exit: number;
      /** Milliseconds by the node's clock. */
      readonly duration: number;
      readonly changes: readonly string[];
      readonly diff?: string;
      /** Last output, capped; given when it failed or when output was asked for. */
      readonly output?: string;
      readonly origin: Origin;
      /** Ids of the actions because of which check mode cannot know. */
      readonly because?: readonly string[];
    }
    /** Output of a script as it comes, when asked for; a text may end in the middle of a line. */
    | { readonly type: "output"; readonly phase: string; readonly target: string; readonly text: string }
    /** Output in the middle of much that is not told, between the `output` before and after it. */
    | {
      readonly type: "output-omitted";
      readonly phase: string;
      readonly target: string;
      readonly bytes: number;
      /** How many of them the node does not keep either. */
      readonly lost: number;
      /** File on the node with all that was written but for those; absent: there is none. */
      readonly path?: string;
    }
    /** What ended a command outside a run: a usage or configuration error, say. */
    | { readonly type: "error"; readonly failure: Failure }
    | {
      readonly type: "run-finished";
      readonly result: "ok" | "failed";
      readonly exitCode: number;
      readonly targets: readonly TargetSummary[];
      readonly failure?: Failure;
      readonly duration: number;
      readonly data?: Json;
    }
  );

/** An event before the run stamps it with `at` and `run`. */
export type EventBody = Event extends infer E ? E extends Event ? Omit<E, "at" | "run"> : never : never;
