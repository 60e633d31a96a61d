import { createHash } from "node:crypto";
import type { PlannedAction } from "../actions/action.ts";
import { PalletError } from "../errors.ts";

/** A reaction, what triggers it, and the marker on the node that stands for "still to run". */
export interface Reaction {
  /** Indexes of the actions in the plan. */
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
function markerName(pending: PendingReaction): string {
  const parts = [pending.group, pending.phase, pending.trigger, pending.reaction];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}

/**
 * All pairs of trigger and reaction of a plan, in the order of the reactions.
 *
 * @throws {PalletError} for a trigger that is no earlier action of the plan: its reaction would run always, or never.
 *
 * @example
 * ```ts
 * import { pairReactions } from "./reactions.ts";
 *
 * const origin = { file: "infra.ts", line: 1, column: 1 };
 * const conf = { kind: "remoteFile", args: {}, id: "conf", title: "conf", origin };
 * const restart = { kind: "service", args: {}, id: "restart", title: "restart", origin, triggers: ["conf"] };
 * const [pair] = pairReactions({ group: "web", phase: "configure", actions: [conf, restart] });
 * console.assert(pair?.trigger === 0 && pair.reaction === 1);
 * ```
 */
export function pairReactions(
  plan: { readonly group: string; readonly phase: string; readonly actions: readonly PlannedAction[] },
): readonly Reaction[] {
  return plan.actions.flatMap((action, reaction) =>
    (action.triggers ?? []).map((id) => {
      const trigger = plan.actions.findIndex((other) => other.id === id);
      if (trigger < 0 || trigger >= reaction) {
        throw new PalletError(
          `Cannot compile ${action.id}: its trigger ${id} is no earlier action of the plan`,
          {
            kind: "internal",
            origin: action.origin,
          },
        );
      }
      const pending = { group: plan.group, phase: plan.phase, trigger: id, reaction: action.id };
      return { reaction, trigger, marker: markerName(pending), content: JSON.stringify(pending) };
    })
  );
}
