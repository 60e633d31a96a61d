// Settings of all targets: each `settings` phase runs once, when it is first asked for.
import { PalletError } from "../errors.ts";
import type { Json } from "../json.ts";
import { SETTINGS } from "../spec/phases.ts";
import type { PhasePart } from "../spec/types.ts";
import { isThenable } from "./flatten.ts";
import { messageIn } from "./problems.ts";
import { type SettingsQuery, SettingValues } from "./setting_values.ts";
import type { PlanTarget, Targets } from "./targets.ts";
import type { SettingEntry } from "./types.ts";

/** One target's `settings` phase on its way. */
interface State {
  readonly target: PlanTarget;
  readonly parts: readonly PhasePart[];
  /** Index of the part that runs next. */
  next: number;
  /** What the parts that ended have given. */
  readonly values: SettingValues;
  status: "new" | "running" | "done" | "failed";
  problem?: unknown;
  /** What its running part reads from a target that has not ended. */
  reading?: { readonly state: State; readonly facility: string } | undefined;
  /** Ended with the phase, when that had to wait for something. */
  pending?: Promise<void> | undefined;
  /** The running part read from this one before it had ended: it runs once more when that has. */
  waitsFor?: State | undefined;
  /** The circle that its running part closed. An infra file that catches it has not undone it. */
  circle?: PalletError | undefined;
}

/** How running a part came out. */
type Outcome = { readonly result: unknown } | { readonly thrown: unknown };

/** Ends a part that reads what is not there yet; the part runs again when it is. */
class Suspended extends Error {
  constructor() {
    super("Settings are not there yet");
  }
}

/** Runs one part of a `settings` phase; `read` answers its queries. */
export type RunPart = (
  target: PlanTarget,
  part: PhasePart,
  read: (query: SettingsQuery) => Json | undefined,
) => unknown;

/** Settings of all targets. */
export interface SettingsOfAll {
  /** Runs what has not run. */
  settle(): Promise<void>;
  /** Of targets that ended: the value, or nothing. Throws when their `settings` phase failed. */
  read(query: SettingsQuery): Json | undefined;
  /** What was thrown in a target's `settings` phase. */
  failure(target: PlanTarget): { readonly thrown: unknown } | undefined;
  entries(): readonly SettingEntry[];
  /** ` Known: ...` for a message about something that is missing. */
  known(query: SettingsQuery): string;
}

/** Whether `from` waits, through others, for `to`; then the way. */
function wayTo(from: State, to: State): readonly string[] | undefined {
  const way: string[] = [];
  const seen = new Set<State>();
  for (
    let state: State | undefined = from;
    state !== undefined && !seen.has(state);
    state = state.reading?.state
  ) {
    if (state === to) return way;
    seen.add(state);
    if (state.reading !== undefined) {
      way.push(`${state.reading.state.target.view.name} ${state.reading.facility}`);
    }
  }
  return undefined;
}

/** Prepares the settings of all targets; nothing runs before it is asked for. */
export function makeSettings(targets: Targets, run: RunPart, limit: number): SettingsOfAll {
  const states = new Map<PlanTarget, State>(targets.all.map((target) => [target, {
    target,
    parts: target.parts(SETTINGS),
    next: 0,
    values: new SettingValues(target),
    status: "new",
  }]));

  const stateOf = (target: PlanTarget): State => {
    const state = states.get(target);
    if (state === undefined) throw new Error(`No state of ${target.view.name}`);
    return state;
  };

  const fail = (state: State, problem: unknown): void => {
    state.status = "failed";
    state.problem = problem;
  };

  /** After a part ended one way or the other: goes on, fails, or waits to run it again. */
  const ended = (state: State, part: PhasePart, outcome: Outcome): Promise<void> | undefined => {
    const { waitsFor, circle } = state;
    if (circle !== undefined) return void fail(state, circle);
    if (waitsFor !== undefined) {
      state.waitsFor = undefined;
      return (waitsFor.pending ?? Promise.resolve()).then(() => {
        state.reading = undefined;
        return advance(state);
      });
    }
    if ("thrown" in outcome) return void fail(state, outcome.thrown);
    try {
      state.values.add(part, outcome.result, limit);
      state.next++;
    } catch (thrown) {
      fail(state, thrown);
    }
    return undefined;
  };

  /** Runs parts until the phase ends, or something has to be waited for. */
  const advance = (state: State): Promise<void> | undefined => {
    state.status = "running";
    for (let part = state.parts[state.next]; part !== undefined; part = state.parts[state.next]) {
      const current = part;
      const outcome = attempt(() => run(state.target, current, (query) => read(state, query)));
      if ("result" in outcome && isThenable(outcome.result)) {
        return Promise.resolve(outcome.result).then(
          (result) => ended(state, current, { result }),
          (thrown: unknown) => ended(state, current, { thrown }),
        ).then(() => isRunning(state) ? advance(state) : undefined);
      }
      const wait = ended(state, current, outcome);
      if (wait !== undefined) return wait;
      if (!isRunning(state)) return undefined;
    }
    state.status = "done";
    return undefined;
  };

  const begin = (state: State): void => {
    if (state.status !== "new") return;
    const pending = advance(state);
    if (pending === undefined) return;
    state.pending = pending.finally(() => state.pending = undefined);
  };

  const finished = (state: State, query: SettingsQuery): Json | undefined => {
    if (state.status === "failed") throw cannotRead(state, query);
    return state.values.get(query);
  };

  /** A read from within a `settings` phase. */
  const read = (reader: State, query: SettingsQuery): Json | undefined => {
    const state = stateOf(query.target);
    if (state === reader) return state.values.get(query);
    if (state.status === "new") {
      reader.reading = { state, facility: query.facility };
      begin(state);
      if (!isRunning(state)) reader.reading = undefined;
    }
    if (!isRunning(state)) return finished(state, query);
    const way = wayTo(state, reader);
    if (way !== undefined) {
      const first = `${state.target.view.name} ${query.facility}`;
      reader.circle = new PalletError(
        `Settings need each other in a circle: ${[first, ...way, first].join(" -> ")}`,
        {
          kind: "infra",
          help: "Move what both need into the settings of one of them.",
        },
      );
      throw reader.circle;
    }
    reader.reading = { state, facility: query.facility };
    reader.waitsFor = state;
    throw new Suspended();
  };

  return {
    settle: async () => {
      for (const state of targets.all.map(stateOf)) {
        begin(state);
        await state.pending;
      }
    },
    read: (query) => finished(stateOf(query.target), query),
    failure: (target) => {
      const state = stateOf(target);
      return state.status === "failed" ? { thrown: state.problem } : undefined;
    },
    entries: () => [...states.values()].flatMap(({ values }) => values.entries),
    known: (query) => stateOf(query.target).values.known(query),
  };
}

/** Asked anew after a call that may have changed it, which the type system does not expect. */
function isRunning(state: State): boolean {
  return state.status === "running";
}

function attempt(work: () => unknown): Outcome {
  try {
    return { result: work() };
  } catch (thrown) {
    return { thrown };
  }
}

function cannotRead(state: State, query: SettingsQuery): unknown {
  // Each target on a circle reports the circle itself.
  if (state.problem === state.circle && state.circle !== undefined) return state.circle;
  return new PalletError(
    `Cannot read settings "${query.facility}" of ${state.target.view.name}: its "${SETTINGS}" phase failed: ` +
      messageIn(state.problem),
    { kind: "infra", cause: state.problem },
  );
}
