// Evaluates an infra file: its groups, and the plans of its phases. Pure: what it depends on is given to it.
import { libraryOf, type ScriptOptions } from "../actions/definition.ts";
import { formatOrigin, type Origin, PalletError } from "../errors.ts";
import type { Json, JsonObject } from "../json.ts";
import { validate } from "../schema.ts";
import { collectEnvironments, collectGroups, collectSchedules } from "../spec/infrastructure.ts";
import { scheduleSummaries } from "../spec/schedule_spec.ts";
import type { Facts } from "../spec/node.ts";
import { canonicalPhase, SETTINGS } from "../spec/phases.ts";
import { frozenCopy } from "../spec/plain.ts";
import type { PhasePart } from "../spec/types.ts";
import { assemble } from "./assemble.ts";
import { flatten, MAX_ACTIONS } from "./flatten.ts";
import type { EvaluatorHost } from "./host.ts";
import { callExport, callHook, EXPORT, hookOrigin, nameHooks } from "./hooks.ts";
import { infrastructureOf, type Loaded } from "./infrastructure.ts";
import { type Kinds, makeKinds } from "./kinds.ts";
import { type Evaluation, makeContext, type Situation } from "./make_context.ts";
import { errorOf, type Place, problemOf, relativeTo } from "./problems.ts";
import { makeSettings, type SettingsOfAll } from "./settle.ts";
import { makeTargets, type PlanTarget } from "./targets.ts";
import type {
  Infrastructure,
  PhaseCall,
  PlanProblem,
  PlanReply,
  PlanRequest,
  SettingsRead,
  TargetPlan,
} from "./types.ts";

/** An evaluated infra file. */
export interface Evaluator {
  /**
   * Its groups, as plain data.
   *
   * @throws {PalletError} of kind `infra` when its exports do not make an infrastructure.
   */
  infrastructure(): Infrastructure;
  /** Makes plans. What goes wrong in a phase is a problem in the place of that plan. */
  plan(request: PlanRequest): Promise<PlanReply>;
  /**
   * Calls a hook that {@linkcode infrastructure} named, or a function that the infra file exports, as `export NAME`.
   *
   * @throws {PalletError} of kind `infra` for what the hook threw, or an answer that makes no sense.
   */
  call(hook: string, data: Json): Promise<Json>;
  /**
   * Bash of an action whose kind is a crate's own.
   *
   * @throws {PalletError} of kind `infra` for a kind that is not known or arguments that do not fit.
   */
  script(
    kind: string,
    args: JsonObject,
    facts: Facts,
    options: ScriptOptions,
  ): Promise<{ text: string; library: string }>;
}

/** What one evaluation works with. */
interface Work {
  readonly evaluation: Evaluation;
  readonly settings: SettingsOfAll;
  /** Which targets' plans read settings of which others so far, each once. */
  readonly reads: () => readonly SettingsRead[];
  readonly kinds: Kinds;
  readonly place: Place;
  readonly host: EvaluatorHost;
  readonly limit: number;
}

/**
 * Makes an evaluator of a module's exports.
 *
 * @example
 * ```ts
 * import { directory, groupSpec } from "pallet";
 * import { makeEvaluator } from "./evaluate.ts";
 *
 * const web = groupSpec("web", { count: 1, phases: { configure: () => directory("/srv/web") } });
 * const evaluator = makeEvaluator({ web }, { baseUrl: import.meta.url, readProjectFile: () => Promise.resolve("") });
 * const reply = await evaluator.plan({
 *   world: {
 *     targets: [{ name: "web-1", groups: ["web"], planned: true }],
 *     environment: {},
 *     captured: {},
 *     clock: 0,
 *     seed: 0,
 *   },
 *   phases: [{ phase: "configure", args: {} }],
 *   targets: ["web-1"],
 * });
 * const [plan] = reply.plans;
 * console.assert(plan !== undefined && "actions" in plan && plan.actions[0]?.id === "directory:/srv/web");
 * ```
 */
export function makeEvaluator(exports: Readonly<Record<string, unknown>>, host: EvaluatorHost): Evaluator {
  const place = relativeTo(host.baseUrl);
  const kinds = makeKinds();
  const limit = host.maxActions ?? MAX_ACTIONS;
  let loaded: Loaded | undefined;

  const loadGroups = (): Loaded => {
    if (loaded !== undefined) return loaded;
    try {
      const spell = (origin: Origin) => formatOrigin(place(origin));
      const all = collectGroups(exports, spell);
      const groups = new Map(all.map((group) => [group.name, group]));
      loaded = {
        groups,
        environments: collectEnvironments(exports, groups.keys(), spell),
        schedules: scheduleSummaries(collectSchedules(exports), place),
        hooks: nameHooks(all),
      };
      return loaded;
    } catch (thrown) {
      throw errorOf(problemOf(thrown, "The infra file", place), thrown);
    }
  };

  return {
    infrastructure: () => infrastructureOf(loadGroups(), place),
    plan: async (request) => {
      const work = begin(request, loadGroups(), { kinds, place, host, limit });
      await work.settings.settle();
      const plans: TargetPlan[] = [];
      for (const call of request.phases) {
        const args = frozenCopy(call.args);
        // One after the other: what they draw on (files, randomness) is then drawn on in the same order each time.
        for (const name of request.targets) plans.push(await planOne(work, { ...call, args }, name));
      }
      return { plans, settings: work.settings.entries(), reads: work.reads(), console: [] };
    },
    call: async (hook, data) => {
      const { hooks } = loadGroups();
      try {
        if (hook.startsWith(EXPORT)) return await callExport(exports, hook.slice(EXPORT.length), data);
        return await callHook(hooks, hook, data);
      } catch (thrown) {
        throw errorOf(problemOf(thrown, `Hook "${hook}"`, place, hookOrigin(hooks, hook)), thrown);
      }
    },
    // Async, so that what it throws arrives as a rejection like everything from a sandbox.
    // deno-lint-ignore require-await
    script: async (kind, args, facts, options) => {
      const definition = kinds.find(kind);
      if (definition === undefined) {
        throw new PalletError(`There is no action "${kind}"`, { kind: "infra" });
      }
      const checked = validate(definition.schema, args, { what: `${kind} action`, kind: "infra" });
      try {
        return {
          text: definition.script(checked, facts, options).text,
          library: libraryOf(definition).join("\n"),
        };
      } catch (thrown) {
        throw errorOf(problemOf(thrown, `Action "${kind}"`, place), thrown);
      }
    },
  };
}

function begin(
  request: PlanRequest,
  { groups, environments }: Loaded,
  fixed: Pick<Work, "kinds" | "place" | "host" | "limit">,
): Work {
  const { host, limit } = fixed;
  const files = new Map<string, Promise<string>>();
  const reads = new Map<string, SettingsRead>();
  const evaluation: Evaluation = {
    targets: makeTargets(request.world, groups, environments.get(request.world.selected ?? "")),
    executed: new Set(request.executed ?? request.targets),
    settings: () => settings,
    onRead: (read) => void reads.set(JSON.stringify([read.reader, read.of, read.facility]), read),
    readProjectFile: (path) => {
      const file = files.get(path) ?? host.readProjectFile(path);
      files.set(path, file);
      return file;
    },
  };
  const settings = makeSettings(
    evaluation.targets,
    (target, part, read) =>
      evaluatePart(host, evaluation, { target, phase: SETTINGS, args: NO_ARGS, part, read }),
    limit,
  );
  return { ...fixed, evaluation, settings, reads: () => [...reads.values()] };
}

const NO_ARGS: JsonObject = Object.freeze({});

/** Runs one part of a phase. */
function evaluatePart(host: EvaluatorHost, evaluation: Evaluation, situation: Situation): unknown {
  const { target, phase, part } = situation;
  host.evaluating?.({ phase, target: target.view.name, group: target.view.group, origin: part.origin });
  return part.run(makeContext(evaluation, situation));
}

async function planOne(work: Work, call: PhaseCall, name: string): Promise<TargetPlan> {
  const phase = canonicalPhase(call.phase);
  const target = work.evaluation.targets.named(name);
  const of = { target: name, phase: call.phase };
  if (target === undefined) {
    const missing = new PalletError(`There is no target "${name}"`, { kind: "internal" });
    return { ...of, problem: problemOf(missing, "", work.place) };
  }
  const problem = problemBefore(work, target);
  if (problem !== undefined) return { ...of, problem };
  const parts = target.parts(phase);
  if (phase === SETTINGS) return { ...of, defined: parts.length > 0, actions: [] };
  let part: PhasePart | undefined;
  try {
    const actions = [];
    for (part of parts) {
      const situation: Situation = { target, phase, args: call.args, part, read: work.settings.read };
      const result = await evaluatePart(work.host, work.evaluation, situation);
      const resultOf = { phase, origin: part.origin };
      for (const value of flatten(result, resultOf, work.limit, actions.length)) {
        actions.push(work.kinds.accept(value, resultOf));
      }
    }
    part = undefined;
    const assembly = { target: name, kinds: work.kinds, place: work.place };
    const facts = target.facts === undefined ? {} : { facts: target.facts };
    return { ...of, defined: parts.length > 0, actions: assemble(actions, { ...assembly, ...facts }) };
  } catch (thrown) {
    return { ...of, problem: problemOf(thrown, `Phase "${phase}"`, work.place, part?.origin) };
  }
}

/** Why a target has no plan, whatever the phase. */
function problemBefore(work: Work, target: PlanTarget): PlanProblem | undefined {
  if (target.problem !== undefined) return problemOf(target.problem, "", work.place);
  const failure = work.settings.failure(target);
  if (failure === undefined) return undefined;
  return problemOf(failure.thrown, `Phase "${SETTINGS}"`, work.place, target.parts(SETTINGS)[0]?.origin);
}
