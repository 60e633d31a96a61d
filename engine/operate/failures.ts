import type { Failure, PhaseResult } from "../events.ts";
import { exitCodes } from "../failure.ts";
import type { PlanProblem } from "../plan/types.ts";

/** A plan's problem as a failure. */
export function failureOfProblem(problem: PlanProblem): Failure {
  return {
    kind: problem.kind,
    message: problem.message,
    ...(problem.help === undefined ? {} : { help: problem.help }),
    ...(problem.origin === undefined ? {} : { origin: problem.origin }),
  };
}

/** What decides the exit status of a run. */
export interface Outcome {
  readonly results: readonly PhaseResult[];
  /** Something else than a target that failed: a creation, a hook, a plan. */
  readonly failures: readonly Failure[];
  /** Whether a node was made, removed, or sent anything. */
  readonly touched: boolean;
  /** Why it was stopped early. */
  readonly stopped?: string;
  readonly pending?: boolean;
}

/** Exit status of a run: 129, 130 and 143 when it was interrupted, 2 when nothing could be begun, else 1 before 4 before 3. */
export function exitCodeOfRun(outcome: Outcome): number {
  if (outcome.stopped === "SIGINT") return 130;
  if (outcome.stopped === "SIGTERM") return 143;
  if (outcome.stopped === "SIGHUP") return 129;
  const { results, failures } = outcome;
  if (outcome.stopped !== undefined) return 1;
  if (results.some((result) => result === "failed" || result === "interrupted")) return 1;
  const statuses = failures.map((failure) => exitCodes[failure.kind]);
  if (!outcome.touched && statuses.length > 0 && statuses.every((status) => status === 2)) return 2;
  if (statuses.some((status) => status !== 4)) return 1;
  if (failures.length > 0 || results.some((result) => result === "unreachable" || result === "unknown")) {
    return 4;
  }
  // A target is skipped because of another's failure, or because of a stop; alone it is none.
  return outcome.pending === true ? 3 : 0;
}
