import type { PlannedAction } from "../actions/action.ts";
import { execScript } from "../actions/list.ts";
import { unknownOrigin } from "../origin.ts";
import { rawScript } from "../script/sh.ts";
import type { Wiring } from "./begin.ts";
import { operate } from "./operate.ts";
import type { Work } from "./outcome.ts";
import { connectAll } from "./connect.ts";
import { ownTargets } from "./lift.ts";
import type { ExecOptions } from "./options.ts";
import { runParticipants } from "./phase.ts";
import { phaseSettings } from "./phase_settings.ts";
import { record } from "./record.ts";
import type { RunResult } from "./results.ts";

/** A command as the one action of a phase named `exec`. */
function actionOf(command: string): PlannedAction {
  const { kind, args } = execScript(rawScript(command));
  return { kind, args, origin: unknownOrigin, id: "exec", title: command };
}

/** Runs a command on nodes there are. */
export async function exec(wiring: Wiring, options: ExecOptions): Promise<RunResult> {
  const settings = phaseSettings({ ...options, output: options.output ?? true }, false);
  const { result } = await operate(wiring, options, {
    operation: "exec",
    phases: () => [{ phase: "exec", args: {} }],
    check: false,
    changes: true,
    record: record(options),
  }, async (session): Promise<Work> => {
    const targets = ownTargets(session, options);
    await connectAll(session, targets);
    if (session.soft.aborted) return {};
    const ready = targets.flatMap((target) =>
      session.roster.connections.has(target.name) ? session.roster.get(target.name) ?? [] : []
    );
    const plan = [actionOf(options.command)];
    await runParticipants(session, "exec", ready.map((target) => ({ target, plan })), settings);
    return {};
  });
  return result;
}
