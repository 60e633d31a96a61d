// Settings of all targets: each `settings` phase runs once, when it is first asked for.
import { PalletError } from "../errors.ts";
import type { Json } from "../json.ts";
import { v, validate } from "../schema.ts";
import { deepMerge } from "../spec/merge.ts";
import { SETTINGS } from "../spec/phases.ts";
import { frozenCopy, plainProblem, refusePlain } from "../spec/plain.ts";
import type { PhasePart } from "../spec/types.ts";
import { didYouMean } from "../suggest.ts";
import { flatten, isThenable } from "./flatten.ts";
import { messageIn } from "./problems.ts";
import type { Setting } from "./settings.ts";
import type { PlanTarget, Targets } from "./targets.ts";
import { foreign } from "./tokens.ts";
import type { SettingEntry } from "./types.ts";

/** Which settings are asked for. */
export interface SettingsQuery {
  readonly target: PlanTarget;
  readonly facility: string;
  readonly instance: string;
}

/** One target's `settings` phase on its way. */
interface State {
  readonly target: PlanTarget;
  readonly parts: readonly PhasePart[];
  /** Index of the part that runs next. */
  next: number;
  /** Facility -> instance -> value: what the parts that ended have given. */
  readonly values: Map<string, Map<string, Json>>;
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

const shape = v.object({
  type: v.literal("setting"),
  facility: v.pipe(v.string(), v.nonEmpty()),
  instance: v.pipe(v.string(), v.nonEmpty()),
});

function asSetting(value: object, part: PhasePart): Setting {
  if (Reflect.get(value, "type") === "action") {
    throw new PalletError(`Phase "${SETTINGS}" returned an action: it makes settings and nothing else`, {
      kind: "infra",
      origin: part.origin,
      help: 'Return actions from another phase, such as "configure".',
    });
  }
  const subject = { what: "setting", kind: "infra", origin: part.origin } as const;
  validate(shape, value, subject);
  const setting = value as Setting;
  const problem = plainProblem(setting.value);
  if (problem !== undefined) refusePlain(problem, subject);
  return setting;
}

/** What is asked for. */
function lookUp(state: State, query: SettingsQuery): Json | undefined {
  return state.values.get(query.facility)?.get(query.instance);
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
    values: new Map(),
    status: "new",
  }]));

  const stateOf = (target: PlanTarget): State => {
    const state = states.get(target);
    if (state === undefined) throw new Error(`No state of ${target.view.name}`);
    return state;
  };

  const keepSettings = (state: State, part: PhasePart, result: unknown): void => {
    for (const value of flatten(result, { phase: SETTINGS, origin: part.origin }, limit)) {
      const { facility, instance, value: given } = asSetting(value, part);
      const instances = state.values.get(facility) ?? new Map<string, Json>();
      const merged = deepMerge(instances.get(instance), foreign(given, state.target.view.name)) as Json;
      state.values.set(facility, instances.set(instance, frozenCopy(merged)));
    }
  };

  const fail = (state: State, problem: unknown): void => {
    state.status = "failed";
    state.problem = problem;
  };

  /** After a part ended one way or the other: goes on, fails, or waits to run it again. */
  const ended = (state: State, how: () => void): Promise<void> | undefined => {
    const { waitsFor, circle } = state;
    if (circle !== undefined) return void fail(state, circle);
    if (waitsFor !== undefined) {
      state.waitsFor = undefined;
      return (waitsFor.pending ?? Promise.resolve()).then(() => {
        state.reading = undefined;
        return advance(state);
      });
    }
    try {
      how();
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
      let result: unknown;
      let rethrow: (() => never) | undefined;
      try {
        result = run(state.target, current, (query) => read(state, query));
        if (isThenable(result)) {
          const promise = Promise.resolve(result);
          return promise.then(
            (value) => ended(state, () => keepSettings(state, current, value)),
            (thrown: unknown) => ended(state, () => rethrown(thrown)),
          ).then(() => state.status === "running" ? advance(state) : undefined);
        }
      } catch (thrown) {
        rethrow = () => rethrown(thrown);
      }
      const wait = ended(state, rethrow ?? (() => keepSettings(state, current, result)));
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
    return lookUp(state, query);
  };

  /** A read from within a `settings` phase. */
  const read = (reader: State, query: SettingsQuery): Json | undefined => {
    const state = stateOf(query.target);
    if (state === reader) return lookUp(state, query);
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
    entries: () =>
      [...states.values()].flatMap(({ target, values }) =>
        [...values].flatMap(([facility, instances]) =>
          [...instances].map(([instance, value]) => ({ target: target.view.name, facility, instance, value }))
        )
      ),
    known: (query) => {
      const values = stateOf(query.target).values;
      const names = [...values].flatMap(([facility, instances]) =>
        [...instances.keys()].map((instance) =>
          instance === "default" ? facility : `${facility} (${instance})`
        )
      );
      const hint = values.has(query.facility) ? "" : didYouMean(query.facility, values.keys());
      return `${hint} ${names.length === 0 ? "It has none." : `It has: ${names.join(", ")}.`}`;
    },
  };
}

/** Asked anew after a call that may have changed it, which the type system does not expect. */
function isRunning(state: State): boolean {
  return state.status === "running";
}

function rethrown(thrown: unknown): never {
  throw thrown;
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
