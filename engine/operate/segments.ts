// A phase of one target, cut where one script cannot go on: at a restart of the node, and around guarded actions.
import type { PlannedAction } from "../actions/action.ts";
import { guardAction, keepAction } from "../actions/guarded.ts";
import { rebootAction } from "../actions/reboot.ts";
import { inTurn } from "../script/guards.ts";

/** What one script runs. */
export interface Segment {
  /** With those that undo, behind their guard. */
  readonly actions: readonly PlannedAction[];
  /** Place in the phase of the first action, of those that run in their turn. */
  readonly first: number;
  /** What follows its end: the node starts again; or it waits for the run to come back, or undoes what was done. */
  readonly then?: {
    readonly what: "restart" | "guard";
    /** Seconds. */
    readonly within: number;
  };
}

function seconds(action: PlannedAction | undefined): number {
  const within = action?.args["within"];
  return typeof within === "number" ? within : 60;
}

/**
 * Cuts a phase's actions: behind each restart, before a guard, and before the end of what is guarded.
 *
 * @example
 * ```ts
 * import { segmentsOf } from "./segments.ts";
 *
 * const origin = { file: "infra.ts", line: 1, column: 1 };
 * const action = (kind: string) => ({ kind, args: {}, id: kind, title: kind, origin });
 * const segments = segmentsOf([action("packages"), action("reboot"), action("service")]);
 * console.assert(segments.length === 2 && segments[1]?.first === 2);
 * ```
 */
export function segmentsOf(actions: readonly PlannedAction[]): readonly Segment[] {
  const cuts: PlannedAction[][] = [[]];
  for (const action of actions) {
    const last = cuts.at(-1) ?? [];
    const before = action.kind === guardAction.kind || action.kind === keepAction.kind ||
      last.at(-1)?.kind === rebootAction.kind;
    if (before && last.length > 0) cuts.push([action]);
    else last.push(action);
  }
  let first = 0;
  return cuts.filter((cut) => cut.length > 0).map((cut): Segment => {
    const at = first;
    first += inTurn(cut).length;
    const [head] = cut;
    const last = cut.at(-1);
    if (head?.kind === guardAction.kind) {
      return { actions: cut, first: at, then: { what: "guard", within: seconds(head) } };
    }
    if (last?.kind === rebootAction.kind) {
      return { actions: cut, first: at, then: { what: "restart", within: seconds(last) } };
    }
    return { actions: cut, first: at };
  });
}

/** Of a segment that has not gone well, what must be said to the node nevertheless: nothing, or the guard's end. */
export function closing(next: Segment | undefined): Segment | undefined {
  const [keep] = next?.actions ?? [];
  if (next === undefined || keep?.kind !== keepAction.kind) return undefined;
  return { actions: [keep], first: next.first };
}
