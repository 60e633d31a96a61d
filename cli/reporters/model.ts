// A run as one piece of plain data, from its events: what reports that are made at its end are drawn from.
import type { Event, Failure } from "../../engine/events.ts";
import type { EventOf } from "./words.ts";

/** One action on one target. */
export type ActionRow = EventOf<"action-finished"> & {
  /** Milliseconds since the run began, by the workstation's clock. */
  readonly endedAt: number;
};

/** One target's part of a phase. */
export interface TargetRow {
  readonly target: string;
  readonly result: EventOf<"target-finished">["result"] | "unfinished";
  readonly failure?: Failure;
  /** Milliseconds since the run began. */
  readonly from: number;
  readonly to: number;
  readonly actions: readonly ActionRow[];
  readonly omitted: readonly EventOf<"output-omitted">[];
  readonly recalled: boolean;
}

/** One phase. */
export interface PhaseRow {
  readonly phase: string;
  readonly from: number;
  readonly to: number;
  readonly targets: readonly TargetRow[];
}

/** A run. */
export interface RunModel {
  readonly started: EventOf<"run-started">;
  /** Absent: it has not ended, or was killed. */
  readonly finished?: EventOf<"run-finished">;
  readonly phases: readonly PhaseRow[];
  readonly nodes: readonly EventOf<"node-created" | "node-removed" | "node-failed">[];
  readonly messages: readonly EventOf<"message">[];
  readonly groups: EventOf<"groups-related">["groups"];
  readonly reads: EventOf<"groups-related">["reads"];
  /** Milliseconds from its beginning to its last event. */
  readonly duration: number;
}

interface OpenTarget {
  target: string;
  result: TargetRow["result"];
  failure?: Failure;
  from: number;
  to: number;
  readonly actions: Map<string, ActionRow>;
  omitted: EventOf<"output-omitted">[];
  recalled: boolean;
}

interface OpenPhase {
  readonly phase: string;
  readonly from: number;
  to: number;
  readonly targets: Map<string, OpenTarget>;
}

/**
 * A run from its events, in the order in which they came. Of a run that was gone on with, what was told twice counts
 * once.
 *
 * @returns nothing when there is no event that begins a run.
 */
export function runModel(events: readonly Event[]): RunModel | undefined {
  const started = events.find((event) => event.type === "run-started");
  if (started === undefined) return undefined;
  const zero = Date.parse(started.at);
  const at = (event: Event) => Math.max(0, Date.parse(event.at) - zero);
  const phases: OpenPhase[] = [];
  const phaseOf = (name: string, event: Event): OpenPhase => {
    const known = phases.findLast(({ phase }) => phase === name);
    if (known !== undefined) return known;
    const phase = { phase: name, from: at(event), to: at(event), targets: new Map() };
    phases.push(phase);
    return phase;
  };
  const targetOf = (event: Event & { readonly phase: string; readonly target: string }): OpenTarget => {
    const { targets } = phaseOf(event.phase, event);
    const known = targets.get(event.target);
    if (known !== undefined) return known;
    const now = at(event);
    const target: OpenTarget = {
      target: event.target,
      result: "unfinished",
      from: now,
      to: now,
      actions: new Map(),
      omitted: [],
      recalled: false,
    };
    targets.set(event.target, target);
    return target;
  };
  for (const event of events) {
    if (event.type === "phase-started") phaseOf(event.phase, event);
    else if (event.type === "phase-finished") phaseOf(event.phase, event).to = at(event);
    else if (event.type === "target-started") targetOf(event).omitted = [];
    else if (event.type === "output-omitted") targetOf(event).omitted.push(event);
    else if (event.type === "action-finished") {
      const target = targetOf(event);
      target.to = at(event);
      target.actions.set(event.id, { ...event, endedAt: at(event) });
    } else if (event.type === "target-finished") {
      const target = targetOf(event);
      if (event.recalled !== true) target.to = at(event);
      target.result = event.result;
      target.recalled = event.recalled === true;
      if (event.failure === undefined) delete target.failure;
      else target.failure = event.failure;
    }
  }
  const relations = events.findLast((event) => event.type === "groups-related");
  const last = events.at(-1) ?? started;
  const finished = last.type === "run-finished" ? last : undefined;
  return {
    started,
    ...(finished === undefined ? {} : { finished }),
    phases: phases.map(({ targets, ...phase }) => ({
      ...phase,
      targets: [...targets.values()].map(({ actions, ...target }) => ({
        ...target,
        actions: [...actions.values()].sort((a, b) => a.index - b.index),
      })),
    })),
    nodes: events.filter((event) =>
      event.type === "node-created" || event.type === "node-removed" || event.type === "node-failed"
    ),
    messages: events.filter((event) => event.type === "message"),
    groups: relations?.groups ?? [],
    reads: relations?.reads ?? [],
    duration: at(last),
  };
}
