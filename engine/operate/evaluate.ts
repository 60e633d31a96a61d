import { errorOf } from "../failure.ts";
import type { PhaseCall, PlanReply, TargetPlan } from "../plan/types.ts";
import type { Failure } from "../events.ts";
import type { Target } from "../spec/node.ts";
import { isMade, type MadePlan, ready } from "./actions.ts";
import { failureOfProblem } from "./failures.ts";
import { warnOfRoot } from "./rootless.ts";
import { resolveSecrets } from "./secrets.ts";
import type { Session } from "./session.ts";

/**
 * Makes the plans of phases for targets; all targets of the run are visible to them. A plan's failure is a problem in
 * its place.
 */
export async function evaluate(
  session: Session,
  phases: readonly PhaseCall[],
  targets: readonly Target[],
  executed: readonly Target[] = targets,
): Promise<readonly TargetPlan[]> {
  if (phases.length === 0 || targets.length === 0) return [];
  const { setup, roster, tools } = session;
  const reply: PlanReply = await tools.sandbox.plan({
    world: {
      targets: roster.targets(),
      environment: setup.environment,
      ...(setup.selectedEnvironment === undefined ? {} : { selected: setup.selectedEnvironment }),
      captured: roster.captured(),
      clock: setup.clock,
      seed: setup.seed,
    },
    phases,
    targets: targets.map((target) => target.name),
    executed: [...executed.map((target) => target.name), ...roster.elsewhere],
  }, session.hard);
  roster.settings = reply.settings;
  roster.remember(reply.reads);
  for (const { level, text } of reply.console) session.message(level, text);
  await warnOfRoot(session, reply.plans);
  return reply.plans;
}

/**
 * Evaluates all phases before anything is touched, and reads the workstation's files that they name. Targets of which
 * nothing is known yet are left for {@linkcode rehearse} once they told their facts.
 *
 * @throws {PalletError} for the first plan that cannot be made, and for secrets that there are not.
 */
export async function rehearse(
  session: Session,
  phases: readonly PhaseCall[],
  targets: readonly Target[],
): Promise<readonly TargetPlan[]> {
  const known = targets.filter((target) => target.facts !== undefined);
  const plans: MadePlan[] = [];
  const unplanned = (name: string) => session.roster.get(name)?.facts === undefined;
  for (const round of rounds(phases)) {
    const made: MadePlan[] = [];
    for (const plan of await evaluate(session, round, known, targets)) {
      if (!isMade(plan)) throw errorOf(about(plan.target, failureOfProblem(plan.problem)));
      await ready(session.tools, plan);
      made.push(plan);
    }
    for (const { phase } of round) {
      session.captures.add(made.filter((plan) => plan.phase === phase), unplanned);
    }
    plans.push(...made);
  }
  await resolveSecrets(session, plans.flatMap(({ actions }) => actions));
  return plans;
}

/** One target of many may be the only one whose plan fails. */
function about(target: string, failure: Failure): Failure {
  return { ...failure, message: `${target}: ${failure.message}` };
}

/** Calls so that no phase stands twice in one round: it may be asked for more than once, with other arguments. */
function rounds(calls: readonly PhaseCall[]): readonly (readonly PhaseCall[])[] {
  if (calls.length === 0) return [];
  const first = calls.filter((call, at) => calls.findIndex((other) => other.phase === call.phase) === at);
  return [first, ...rounds(calls.filter((call) => !first.includes(call)))];
}
