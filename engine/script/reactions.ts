import { createHash } from "node:crypto";
import type { PlannedAction } from "../actions/action.ts";

/** A reaction, what triggers it, and the marker on the node that stands for "still to run". */
export interface Reaction {
  /** Indexes of the actions. */
  readonly reaction: number;
  readonly trigger: number;
  /** File name of the marker. */
  readonly marker: string;
  /** What the marker holds: a line of JSON, for people and for `plan`. */
  readonly content: string;
}

/** Content of a marker. */
export interface PendingReaction {
  readonly group: string;
  readonly phase: string;
  /** Ids of the actions. */
  readonly trigger: string;
  readonly reaction: string;
}

/** The marker's file name: the same for the same group, phase, trigger and reaction, and for nothing else. */
export function markerName(pending: PendingReaction): string {
  const parts = [pending.group, pending.phase, pending.trigger, pending.reaction];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}

/** All pairs of trigger and reaction of a plan, in the order of the reactions. */
export function pairReactions(
  plan: { readonly group: string; readonly phase: string; readonly actions: readonly PlannedAction[] },
): readonly Reaction[] {
  const indexes = new Map(plan.actions.map((action, index) => [action.id, index]));
  return plan.actions.flatMap((action, reaction) =>
    (action.triggers ?? []).flatMap((id) => {
      const trigger = indexes.get(id);
      if (trigger === undefined) return [];
      const pending = { group: plan.group, phase: plan.phase, trigger: id, reaction: action.id };
      return [{ reaction, trigger, marker: markerName(pending), content: JSON.stringify(pending) }];
    })
  );
}
