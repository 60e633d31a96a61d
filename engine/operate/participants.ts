// Targets that have a phase, with what each is to run.
import type { PlannedAction } from "../actions/action.ts";
import type { Failure } from "../events.ts";
import { failureOf } from "../failure.ts";
import type { PhaseCall, TargetPlan } from "../plan/types.ts";
import type { Target } from "../spec/node.ts";
import { isMade, ready } from "./actions.ts";
import { evaluate } from "./evaluate.ts";
import { failureOfProblem } from "./failures.ts";
import { inGroupOrder } from "./jobs.ts";
import type { Session } from "./session.ts";

/** A target with the actions that it is to run, or why there are none. */
export interface Participant {
  readonly target: Target;
  readonly plan: readonly PlannedAction[] | Failure;
}

/** Actions of the engine's own, before and after those of a plan. */
export interface Extra {
  readonly first?: readonly PlannedAction[];
  readonly last?: readonly PlannedAction[];
}

/** Whether there is no plan. */
export function isFailure(plan: readonly PlannedAction[] | Failure): plan is Failure {
  return "kind" in plan;
}

async function participant(
  session: Session,
  target: Target,
  plan: TargetPlan,
): Promise<Participant | undefined> {
  if (!isMade(plan)) return { target, plan: failureOfProblem(plan.problem) };
  if (!plan.defined) return undefined;
  try {
    return { target, plan: await ready(session.tools, plan) };
  } catch (thrown) {
    return { target, plan: failureOf(thrown) };
  }
}

/** Targets that have the phase, with their plans, in the order in which they are best begun. */
export async function participants(
  session: Session,
  call: PhaseCall,
  targets: readonly Target[],
  extra: (target: Target) => Extra,
): Promise<readonly Participant[]> {
  const ordered = inGroupOrder(targets, session.setup.groups);
  const plans = new Map((await evaluate(session, [call], ordered)).map((plan) => [plan.target, plan]));
  const found: Participant[] = [];
  for (const target of ordered) {
    const plan = plans.get(target.name);
    const one = plan === undefined ? undefined : await participant(session, target, plan);
    const { first = [], last = [] } = extra(target);
    if (one === undefined && first.length === 0) continue;
    const own = one?.plan ?? [];
    found.push({ target, plan: isFailure(own) ? own : [...first, ...own, ...last] });
  }
  return found;
}
