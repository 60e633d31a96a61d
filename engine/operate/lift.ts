import { PalletError } from "../errors.ts";
import type { PhaseCall } from "../plan/types.ts";
import type { Target } from "../spec/node.ts";
import type { Wiring } from "./begin.ts";
import { operate } from "./operate.ts";
import type { Work } from "./outcome.ts";
import { nodeSpecs } from "./counting.ts";
import { configure, guessFacts, limiting } from "./converge.ts";
import { rehearse } from "./evaluate.ts";
import { requestedPhases, shorten } from "./names.ts";
import type { LiftOptions, Selection } from "./options.ts";
import { phaseSettings } from "./phase_settings.ts";
import { record } from "./record.ts";
import type { RunResult } from "./results.ts";
import type { Session } from "./session.ts";
import { onShard } from "./shard.ts";
import { inGroups } from "./targets.ts";

/**
 * The nodes of the selected groups that run; those that do not are named and left out.
 *
 * @throws {PalletError} when there are none.
 */
function runningTargets(
  session: Session,
  chosen: (targets: readonly Target[]) => readonly Target[],
): readonly Target[] {
  const { selected } = session.setup;
  const all = inGroups(session.roster.targets(), selected);
  const running = chosen(all).filter((target) => {
    const { state } = target.node ?? {};
    if (state !== "stopped" && state !== "failed") return true;
    session.message("warn", `${target.name} is left out: it is ${state}`, target.name);
    return false;
  });
  for (const group of selected) {
    if (inGroups(all, [group]).length === 0) session.message("warn", `Group "${group.name}" has no nodes`);
  }
  if (running.length > 0) return running;
  const names = shorten(selected.map((group) => group.name));
  throw new PalletError(`No node of ${names} is running`, {
    kind: "usage",
    help: `Make nodes first: pallet converge ${selected.map((group) => group.name).join(" ")}`,
  });
}

/** The running nodes that an operation is about, on this runner. @throws {PalletError} when no runner has any. */
export function ownTargets(session: Session, { limit, shard }: Selection): readonly Target[] {
  const own = onShard(session, runningTargets(session, limiting(limit)), shard);
  if (own.length === 0) session.message("info", "None of these nodes falls to this shard");
  return own;
}

/** Runs phases on the nodes there are; makes and removes none. */
export async function lift(wiring: Wiring, options: LiftOptions): Promise<RunResult> {
  const check = options.check ?? false;
  const settings = phaseSettings(options, check);
  const { result } = await operate(wiring, options, {
    operation: "lift",
    phases: (selected) => requestedPhases(selected, options),
    check,
    changes: !check,
    record: record(options),
  }, async (session, calls: readonly PhaseCall[]): Promise<Work> => {
    const targets = ownTargets(session, options);
    await guessFacts(session, session.roster.targets(), nodeSpecs(session));
    const names = targets.map((target) => target.name);
    const current = () => names.flatMap((name) => session.roster.get(name) ?? []);
    await rehearse(session, calls, current());
    await configure(session, calls, current, settings, false);
    const reports = session.roster.reports.flatMap((phase) => phase.targets);
    const pending = reports.some(({ counts }) => counts.wouldChange + counts.cannotKnow > 0);
    return { pending: pending && options.detailedExitCode === true };
  });
  return result;
}
