import type { PlannedAction } from "../actions/action.ts";
import { failureOf } from "../failure.ts";
import type { Json } from "../json.ts";
import type { PhaseCall, TargetPlan } from "../plan/types.ts";
import type { Target } from "../spec/node.ts";
import { loginsOf } from "./admin_user.ts";
import type { Wiring } from "./begin.ts";
import { operate } from "./operate.ts";
import type { Work } from "./outcome.ts";
import { BOOTSTRAP, unbootstrapped } from "./bootstrap.ts";
import { configure, guessFacts, limiting, type Preparation, prepareCounts } from "./converge.ts";
import { isMade, ready } from "./actions.ts";
import { evaluate } from "./evaluate.ts";
import { groupsFor, targetOf } from "./group_phase.ts";
import { inGroupOrder } from "./jobs.ts";
import { requestedPhases } from "./names.ts";
import type { PlanOptions } from "./options.ts";
import { phaseSettings } from "./phase_settings.ts";
import { record } from "./record.ts";
import type { CountsPlan, PlannedPhase, PlannedTarget, PlanResult } from "./results.ts";
import { plannedSecrets, resolveSecrets } from "./secrets.ts";
import type { Session } from "./session.ts";
import { onShard } from "./shard.ts";
import { inGroups } from "./targets.ts";

async function plannedTarget(
  session: Session,
  target: Target,
  plan: TargetPlan | undefined,
): Promise<PlannedTarget> {
  const facts = target.facts;
  const known = {
    target: target.name,
    planned: target.planned,
    facts: facts?.source ?? "none" as const,
    ...(facts?.at === undefined ? {} : { factsAt: facts.at }),
  };
  if (plan === undefined) {
    const message = `Nothing is known of ${target.name} yet: no facts, and no image that tells its system`;
    return {
      ...known,
      actions: [],
      problem: { kind: "usage", message, help: "Name its system with --os, or ask it with --check." },
    };
  }
  if (!isMade(plan)) return { ...known, actions: [], problem: plan.problem };
  try {
    return { ...known, actions: await ready(session.tools, plan) };
  } catch (thrown) {
    return { ...known, actions: [], problem: failureOf(thrown) };
  }
}

/** The plans of one phase, of the targets that have it. */
async function plannedPhase(
  session: Session,
  call: PhaseCall,
  targets: readonly Target[],
): Promise<readonly PlannedPhase[]> {
  const having = inGroupOrder(
    targets.filter((target) =>
      target.groups.some((group) => session.group(group)?.phases[call.phase] !== undefined)
    ),
    session.setup.groups,
  );
  if (having.length === 0) return [];
  const known = having.filter((target) => target.facts !== undefined);
  const plans = new Map((await evaluate(session, [call], known)).map((plan) => [plan.target, plan]));
  const planned: PlannedTarget[] = [];
  for (const target of having) planned.push(await plannedTarget(session, target, plans.get(target.name)));
  return [{ phase: call.phase, targets: planned }];
}

async function plannedGroupPhase(
  session: Session,
  phase: "create-group" | "destroy-group",
  { counts }: Preparation,
): Promise<readonly PlannedPhase[]> {
  const targets = groupsFor(phase, counts.groups).map(targetOf);
  for (const target of targets) session.roster.put(target);
  const planned = await plannedPhase(session, { phase, args: {} }, targets);
  for (const target of targets) session.roster.remove(target.name);
  return planned;
}

/** All that converge would run, in its order. */
async function allPlans(
  session: Session,
  calls: readonly PhaseCall[],
  preparation: Preparation,
  chosen: (targets: readonly Target[]) => readonly Target[],
): Promise<readonly PlannedPhase[]> {
  const { roster } = session;
  const leaving = preparation.counts.groups
    .flatMap((group) => group.remove.flatMap((name) => roster.get(name) ?? []));
  const plans: PlannedPhase[] = [
    ...await plannedPhase(session, { phase: "destroy-server", args: {} }, leaving),
    ...await plannedGroupPhase(session, "destroy-group", preparation),
    ...await plannedGroupPhase(session, "create-group", preparation),
  ];
  for (const target of leaving) roster.remove(target.name);
  const staying = chosen(inGroups(roster.targets(), session.setup.selected));
  const named = calls.some((call) => call.phase === BOOTSTRAP.phase);
  if (!named) plans.push(...await plannedPhase(session, BOOTSTRAP, unbootstrapped(staying)));
  for (const call of calls) plans.push(...await plannedPhase(session, call, staying));
  return plans;
}

/** What only this operation answers with. */
type Shown = "counts" | "plans" | "secrets" | "logins";

/** Actions that nodes are asked about: those of phases that were named, of nodes that are there. */
function checkedActions(
  plans: readonly PlannedPhase[],
  calls: readonly PhaseCall[],
  names: readonly string[],
): readonly PlannedAction[] {
  return plans.filter(({ phase }) => calls.some((call) => call.phase === phase))
    .flatMap(({ targets }) => targets.filter(({ target }) => names.includes(target)))
    .flatMap(({ actions }) => actions);
}

/** A result without its types: what an event may carry. */
function plainData(value: Pick<PlanResult, Shown | "pending">): Json {
  return JSON.parse(JSON.stringify(value));
}

function changesCounts(counts: CountsPlan): boolean {
  return counts.groups.some((group) => group.create.length + group.start.length + group.remove.length > 0);
}

/**
 * Says what converge would do: nodes to make and remove, and the actions of each phase. It opens no connection, unless
 * asked to check: then the nodes there are say what would change.
 */
export async function plan(wiring: Wiring, options: PlanOptions): Promise<PlanResult> {
  const check = options.check ?? false;
  const limited = limiting(options.limit);
  const { result, work } = await operate(
    wiring,
    options,
    {
      operation: "plan",
      phases: (selected) => requestedPhases(selected, options),
      check,
      changes: false,
      leftovers: "tell",
      record: record(options),
    },
    async (
      session,
      calls,
    ): Promise<Work & Pick<PlanResult, Shown> & { readonly any: boolean }> => {
      const preparation = await prepareCounts(session, options.counts ?? {}, options.limit);
      await guessFacts(session, session.roster.targets(), preparation.specs, options.os);
      const existing = inGroups(session.roster.targets(), session.setup.selected)
        .filter((target) => target.node?.state === "running" || target.node?.state === "unknown");
      const own = (targets: readonly Target[]) => onShard(session, targets, options.shard);
      const going = new Set(preparation.counts.groups.flatMap((group) => group.remove));
      const plans = options.noPhases === true ? [] : await allPlans(
        session,
        calls,
        preparation,
        (targets) => own(limited(targets)),
      );
      const secrets = await plannedSecrets(session, plans);
      const staying = limited(existing).filter((target) => !going.has(target.name));
      const names = own(staying).map((target) => target.name);
      for (
        const problem of plans.flatMap((phase) => phase.targets.flatMap((target) => target.problem ?? []))
      ) {
        if (problem.kind !== "usage" || !check) session.fail(problem);
      }
      if (check) {
        const actions = checkedActions(plans, calls, names);
        await resolveSecrets(session, actions).catch((thrown) => session.fail(failureOf(thrown)));
      }
      if (check && options.noPhases !== true && session.failures.length === 0) {
        const current = () => names.flatMap((name) => session.roster.get(name) ?? []);
        await configure(session, calls, current, phaseSettings(options, true), true);
      }
      const reports = session.roster.reports.flatMap((phase) => phase.targets);
      const any = changesCounts(preparation.counts) ||
        reports.some(({ counts }) => counts.wouldChange + counts.cannotKnow > 0);
      const { counts } = preparation;
      const logins = loginsOf(session.setup.selected.map((group) => group.name), session.setup.userOf);
      const data = plainData({ counts, plans, secrets, logins, pending: any });
      return { counts, plans, secrets, logins, any, pending: any && options.detailedExitCode === true, data };
    },
  );
  return {
    ...result,
    counts: work?.counts ?? { groups: [] },
    plans: work?.plans ?? [],
    secrets: work?.secrets ?? [],
    logins: work?.logins ?? [],
    pending: work?.any ?? false,
  };
}
