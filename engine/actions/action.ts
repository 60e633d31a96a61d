import type { JsonObject } from "../json.ts";
import type { Origin } from "../errors.ts";

/** Smallest unit executed on a node: plain data, made by the functions of this folder or by a crate's own. */
export interface Action {
  readonly type: "action";
  /** Name of its {@linkcode ActionDefinition}. */
  readonly kind: string;
  /** Validated arguments; strings may hold tokens of deferred values. */
  readonly args: JsonObject;
  /** Given by the user; planning assigns one otherwise. */
  readonly id?: string;
  /** Where in an infra file or crate it was made. */
  readonly origin: Origin;
  /** Run only when one of these actions changed something, or a pending reaction was left by an earlier run. */
  readonly triggers?: readonly Action[];
  /** It undoes guarded actions, and is run by the node alone: it stands behind the guard that it belongs to. */
  readonly undo?: true;
}

/** An {@linkcode Action} in its place in a plan. */
export interface PlannedAction {
  readonly kind: string;
  readonly args: JsonObject;
  /** Unique within target and phase, stable when lines move: `remoteFile:/etc/motd`, `packages:curl#2`. */
  readonly id: string;
  readonly origin: Origin;
  /** One line for people: `packages curl, git`. */
  readonly title: string;
  /** Ids of earlier actions of the same plan. */
  readonly triggers?: readonly string[];
  /** It undoes guarded actions: it belongs to the guard before it, and does not run in its turn. */
  readonly undo?: true;
  /** Ids of earlier actions that would provide what this one needs. */
  readonly needs?: readonly string[];
}
