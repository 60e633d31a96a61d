import type { Failure } from "../events.ts";
import { failureOf } from "../failure.ts";
import type { PhaseCall } from "../plan/types.ts";
import { inTurn } from "../script/guards.ts";
import type { Target } from "../spec/node.ts";
import { rest } from "../pause.ts";
import { type Batches, batchesOf } from "./batches.ts";
import { postPhase } from "./hooks.ts";
import { amountOf, jobsOf } from "./jobs.ts";
import { type Extra, isFailure, type Participant, participants } from "./participants.ts";
import type { PhaseSettings } from "./phase_settings.ts";
import type { PhaseReport, TargetReport } from "./results.ts";
import { noCounts } from "./roster.ts";
import { schedule } from "./schedule.ts";
import { runTarget } from "./target_phase.ts";
import type { Session } from "./session.ts";

/** A report of a target that ran nothing. */
function without(target: string, result: "failed" | "skipped", failure: Failure): TargetReport {
  return { target, result, counts: noCounts, actions: [], failure };
}

/** Whether a target counts as failed for those that come after it, and for limits of failures. */
function isBad(report: TargetReport): boolean {
  return report.result !== "ok" && report.result !== "skipped";
}

/** The state of a phase under way. */
class PhaseRun {
  readonly reports = new Map<string, TargetReport>();
  readonly #session: Session;
  readonly #phase: string;
  readonly #settings: PhaseSettings;
  readonly #total: number;
  readonly #batches: Batches;

  constructor(session: Session, phase: string, settings: PhaseSettings, total: number, batches: Batches) {
    this.#session = session;
    this.#phase = phase;
    this.#settings = settings;
    this.#total = total;
    this.#batches = batches;
  }

  /** Why nothing new may start. */
  gate(): string | undefined {
    if (this.#session.unkept) return "what the run does could not be kept";
    if (this.#session.soft.aborted) return "the run was asked to stop";
    const { maxFail } = this.#settings;
    const { rounds, canaries } = this.#batches;
    const canary = [...this.reports.values()].find((one) => isBad(one) && canaries.has(one.target));
    if (canary !== undefined) return `${canary.target} went first, and did not succeed`;
    // Without batches and a limit everybody gets their turn; a batch that fails is the last.
    if (maxFail === undefined && rounds.length === 0) return undefined;
    const failed = [...this.reports.values()].filter(isBad).length;
    return failed > amountOf(maxFail ?? 0, this.#total, 0) ? `${failed} failed before it` : undefined;
  }

  async run(one: Participant): Promise<boolean> {
    const { target, plan } = one;
    const actions = isFailure(plan) ? 0 : inTurn(plan).length;
    this.#session.emit({ type: "target-started", phase: this.#phase, target: target.name, actions });
    const { check, output } = this.#settings;
    const report = isFailure(plan)
      ? without(target.name, "failed", plan)
      : await runTarget(this.#session, { target, phase: this.#phase, actions: plan, check, output });
    this.#finish(report);
    return !isBad(report);
  }

  skip(name: string, reason: string): void {
    const message = `${name} was left out of phase "${this.#phase}": ${reason}`;
    this.#finish(without(name, "skipped", { kind: "action", message }));
  }

  #finish(report: TargetReport): void {
    this.reports.set(report.target, report);
    const { actions: _, ...summary } = report;
    this.#session.emit({ type: "target-finished", phase: this.#phase, ...summary });
  }
}

/**
 * Runs one phase on targets: all plans are made first, then every target runs its own, as `after`, batches and limits
 * let it. A failed action ends its own target's phase; the others go on. Nothing is told, and nothing returned, of a
 * phase that none of the targets has.
 *
 * @param extra Actions besides a plan's own; those before it are run where there is no plan, too.
 */
export async function runPhase(
  session: Session,
  call: PhaseCall,
  targets: readonly Target[],
  settings: PhaseSettings,
  extra: (target: Target) => Extra = () => ({}),
): Promise<PhaseReport | undefined> {
  const all = await participants(session, call, targets, extra);
  return all.length === 0 ? undefined : await runParticipants(session, call.phase, all, settings);
}

/** Runs what was planned for a phase. */
export async function runParticipants(
  session: Session,
  phase: string,
  all: readonly Participant[],
  settings: PhaseSettings,
): Promise<PhaseReport> {
  const { roster, setup } = session;
  const batches = await batchesOf(session, phase, all.map((one) => one.target), settings);
  const { rounds, omitted } = batches;
  const chosen = all.filter((one) => !omitted.has(one.target.name));
  const byName = new Map(chosen.map((one) => [one.target.name, one]));
  session.emit({ type: "phase-started", phase, targets: [...byName.keys()] });
  const run = new PhaseRun(session, phase, settings, chosen.length, batches);
  const lost = roster.losses();
  const jobs = jobsOf(chosen.map((one) => one.target), roster.targets(), setup.groups, rounds)
    .map((job) => ({
      ...job,
      // A check changes nothing: whoever comes after a failed one can still be asked.
      needs: settings.check ? [] : job.needs.filter((name) => byName.has(name) || lost.has(name)),
    }));
  await schedule(jobs, {
    limit: settings.limit,
    gate: () => run.gate(),
    lost: (name) => lost.has(name),
    run: async (name) => {
      const one = byName.get(name);
      return one === undefined ? true : await run.run(one);
    },
    skip: (name, reason) => run.skip(name, reason),
    ...(settings.pause === undefined ? {} : { between: () => rest(settings.pause ?? 0, session.soft) }),
  });
  const targetReports = [...run.reports.values()];
  for (
    const report of targetReports.filter((one) => isBad(one) && (!settings.check || one.result !== "failed"))
  ) {
    roster.lose(report.target, {
      result: report.result,
      failure: report.failure ??
        { kind: "action", message: `Phase "${phase}" failed on ${report.target}` },
    });
  }
  await runHooks(session, phase, targetReports);
  const result = targetReports.every((report) => report.result === "ok") ? "ok" : "failed";
  const report: PhaseReport = { phase, result, targets: targetReports };
  roster.reports.push(report);
  session.emit({ type: "phase-finished", phase, result });
  return report;
}

/** A post-phase hook that fails is a failure of the run; the phase's own results stand. */
async function runHooks(session: Session, phase: string, reports: readonly TargetReport[]): Promise<void> {
  try {
    await postPhase(session, phase, reports);
  } catch (thrown) {
    const failure = failureOf(thrown);
    session.fail(failure);
    session.message("error", failure.message);
  }
}

/** Whether the next phase may start after one: not when more failed than may. */
export function mayGoOn(session: Session, report: PhaseReport | undefined, settings: PhaseSettings): boolean {
  if (session.soft.aborted || session.failures.some((failure) => failure.kind === "infra")) return false;
  if (report === undefined || settings.check) return true;
  const failed = report.targets.filter(isBad).length;
  return failed <= amountOf(settings.maxFail ?? 0, report.targets.length, 0);
}
