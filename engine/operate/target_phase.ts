// A phase on one target: its segments in their order, and what has to happen between them.
import type { PlannedAction } from "../actions/action.ts";
import { rebootAction } from "../actions/reboot.ts";
import { PalletError } from "../errors.ts";
import { failureOf } from "../failure.ts";
import { inTurn } from "../script/guards.ts";
import type { Target } from "../spec/node.ts";
import { routeOf } from "./connect.ts";
import { withFate } from "./fate.ts";
import { countsOfReports } from "./records.ts";
import { regain } from "./regain.ts";
import type { ActionReport, TargetReport } from "./results.ts";
import { runScript, type ScriptRun } from "./script.ts";
import { closing, type Segment, segmentsOf } from "./segments.ts";
import type { Session } from "./session.ts";

/** A phase's actions for one target. */
export interface TargetJob {
  readonly target: Target;
  readonly phase: string;
  readonly actions: readonly PlannedAction[];
  readonly check: boolean;
  /** Gives the output of scripts as events. */
  readonly output: boolean;
}

/** Segments of a job: a check changes nothing, so nothing has to happen in between. */
function cut(job: TargetJob): readonly Segment[] {
  const actions = inTurn(job.actions);
  if (actions.length === 0) return [];
  return job.check ? [{ actions, first: 0 }] : segmentsOf(job.actions);
}

/** One report of what several scripts did. */
function joined(target: string, reports: readonly TargetReport[]): TargetReport {
  const actions: readonly ActionReport[] = reports.flatMap((report) => report.actions);
  const bad = reports.find((report) => report.result !== "ok");
  return {
    target,
    result: bad?.result ?? "ok",
    counts: countsOfReports(actions),
    actions,
    ...(bad?.failure === undefined ? {} : { failure: bad.failure }),
    ...(reports.length > 0 && reports.every((report) => report.recalled) ? { recalled: true } : {}),
  };
}

/** Whether a script did, or may have done, anything. */
function mayHaveChanged(report: TargetReport): boolean {
  return report.result !== "ok" || report.actions.some(({ result }) => result === "changed");
}

/** @throws {PalletError} when the node that would be restarted is the one on which this runs. */
async function refuseRestartHere(session: Session, job: TargetJob): Promise<void> {
  const action = job.actions.find(({ kind }) => kind === rebootAction.kind);
  if (action === undefined || (await routeOf(session, job.target)).kind !== "local") return;
  throw new PalletError(
    `Cannot restart ${job.target.name}: it is this workstation, where the run itself is`,
    {
      kind: "infra",
      help: "Leave the action out for this node, and restart it yourself.",
      origin: action.origin,
    },
  );
}

/** Waits until the node has started again, if the last action of a segment restarts it. */
async function awaitRestart(session: Session, name: string, run: ScriptRun, within: number): Promise<void> {
  if (run.report.actions.at(-1)?.result !== "changed" || run.bootId === undefined) return;
  // A run that is gone on with may come to a node that has started since.
  if (session.roster.connections.get(name)?.facts.bootId === run.bootId) {
    session.emit({ type: "node-reconnecting", target: name, reason: "it starts again" });
    await regain(session, name, { within, afterBoot: run.bootId });
  }
}

/** Comes back to a node whose line may have been cut, over another connection than the one that is there. */
async function comeBack(session: Session, name: string, run: ScriptRun, within: number): Promise<void> {
  // Nothing was changed; or the connection was made after the changes, by the run that goes on with this one.
  if (!mayHaveChanged(run.report) || run.report.recalled === true) return;
  session.emit({ type: "node-reconnecting", target: name, reason: "to see that it can be reached" });
  // When it cannot be in time, it can be once the node has undone what it has to.
  await regain(session, name, { within: within + session.setup.timings.reconnect });
}

/** A report that says why a target could not go on between two scripts. */
function stopped(session: Session, name: string, thrown: unknown): TargetReport {
  const failure = session.hard.aborted
    ? { kind: "unreachable" as const, message: `Left ${name} between two scripts of its phase` }
    : failureOf(thrown);
  const result = failure.kind === "unreachable" ? "unknown" : "failed";
  return { target: name, result, counts: countsOfReports([]), actions: [], failure };
}

/**
 * Runs a target's actions on its node, and reports. It never throws: what goes wrong is the report's failure; a script
 * of which nothing is known any more is `unknown`, never a success.
 */
export async function runTarget(session: Session, job: TargetJob): Promise<TargetReport> {
  const { name } = job.target;
  const segments = cut(job);
  const reports: TargetReport[] = [];
  const run = async (segment: Segment): Promise<ScriptRun> => {
    const { actions, first, then } = segment;
    const patience = then === undefined ? {} : { patience: then.within + session.setup.timings.reconnect };
    const done = await runScript(session, { ...job, actions, first, plan: job.actions, ...patience });
    reports.push(done.report);
    return done;
  };
  try {
    if (!job.check) await refuseRestartHere(session, job);
    for (const [at, segment] of segments.entries()) {
      const done = await run(segment);
      const good = done.report.result === "ok";
      if (done.report.result === "unknown") break;
      const { then } = segment;
      if (good && then?.what === "restart") await awaitRestart(session, name, done, then.within);
      if (then?.what === "guard" && !session.hard.aborted) await comeBack(session, name, done, then.within);
      if (good) continue;
      const end = closing(segments[at + 1]);
      if (end !== undefined && !session.hard.aborted) await run(end);
      break;
    }
  } catch (thrown) {
    reports.push(stopped(session, name, thrown));
  }
  return await withFate(session, job.target.node, joined(name, reports));
}
