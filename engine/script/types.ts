import type { BlobReference } from "../actions/contents.ts";
import type { PlannedAction } from "../actions/action.ts";

/** Names a script on a node: claimed there once, whoever sends it again follows. */
export interface ScriptId {
  readonly run: string;
  readonly target: string;
  readonly phase: string;
  /** 0-based; a phase is cut into more than one only where it must be. */
  readonly segment: number;
}

/** A phase, or a segment of it, for one target: one bash script. Byte-identical for the same plan, facts and mode. */
export interface CompiledScript {
  readonly id: ScriptId;
  /** The whole script, run-time library included. */
  readonly text: string;
  /** Lower-case hexadecimal SHA-256 of `text` in UTF-8. */
  readonly sha256: string;
  /** Its actions; status records speak of them by index. */
  readonly actions: readonly PlannedAction[];
  readonly blobs: readonly BlobReference[];
  readonly check: boolean;
}

/** Result of an action. The last two are answers of check mode only. */
export type ActionResult = "ok" | "changed" | "failed" | "skipped" | "would-change" | "cannot-know";

/**
 * What a script reports while it runs. `output` is the byte offset in the script's output at that moment, so that
 * output can be attributed to actions; `at` is the node's clock, in seconds since the epoch with fractions.
 */
export type StatusRecord =
  | { readonly type: "script-started"; readonly at: number; readonly bootId: string }
  | { readonly type: "action-started"; readonly index: number; readonly at: number; readonly output: number }
  | {
    readonly type: "action-finished";
    readonly index: number;
    readonly result: ActionResult;
    readonly exit: number;
    readonly at: number;
    readonly output: number;
    /** Indexes of the earlier actions because of which check mode cannot know. */
    readonly because?: readonly number[];
    /** Why it failed or was skipped, where it said so. */
    readonly message?: string;
  }
  /** What was, or in check mode would be, done: one line each. */
  | { readonly type: "change"; readonly index: number; readonly text: string }
  | { readonly type: "diff"; readonly index: number; readonly text: string }
  | { readonly type: "captured"; readonly index: number; readonly value: string }
  | {
    readonly type: "script-finished";
    readonly result: "ok" | "failed";
    readonly at: number;
    readonly output: number;
    /** Bytes of output that were not kept because of the cap. */
    readonly dropped: number;
    /** Why it failed: `action 3 failed`, `ended by SIGTERM`. */
    readonly message?: string;
  };

/** How far a follower has read: bytes of records and of output. */
export interface Offsets {
  readonly records: number;
  readonly output: number;
}

/** Where a script begins. */
export const START: Offsets = { records: 0, output: 0 };
