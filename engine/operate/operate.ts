import { exitCodeOf, failureOf } from "../failure.ts";
import type { PhaseCall } from "../plan/types.ts";
import { type Lock, lockGroups } from "../state/lock.ts";
import { holderName } from "../state/owner.ts";
import { begin, type Kind, type Wiring } from "./begin.ts";
import { requireLogins } from "./logins.ts";
import { disconnectAll } from "./connect.ts";
import { leftovers, tellOfLeftovers } from "./leftovers.ts";
import { elapsed, finish, resultOf, type Work } from "./outcome.ts";
import { warnOfOthers } from "./other_projects.ts";
import type { OperationOptions, Selection } from "./options.ts";
import type { RunResult } from "./results.ts";
import { nodesBack } from "./restarting.ts";
import type { Session } from "./session.ts";
import { lockName } from "./shard.ts";
import { inGroups, targetsOf } from "./targets.ts";

/** Lists nodes and joins them with all groups of the infra file, and with those selected that it does not have. */
async function takeInventory(session: Session): Promise<void> {
  const { tools, setup } = session;
  const nodes = await nodesBack(session);
  session.roster.names = nodes.map((node) => node.name);
  const targets = await targetsOf(nodes, setup.groups, tools.sandbox, session.soft);
  session.roster.leftovers = leftovers(nodes, targets, setup.groups);
  for (const target of [...targets, ...inGroups(session.roster.leftovers, setup.selected)]) {
    session.roster.put(target);
  }
}

/**
 * Does an operation's work between its beginning (specs, journal, lock, inventory) and its end (connections and lock
 * given back, the result told).
 *
 * @throws whatever ends the work before anything was made, removed or run; after that an error is part of the result.
 */
export async function operate<W extends Work>(
  wiring: Wiring,
  options: OperationOptions & Selection,
  kind: Kind,
  work: (session: Session, phases: readonly PhaseCall[]) => Promise<W>,
): Promise<{ readonly result: RunResult; readonly work: W | undefined }> {
  const { session, phases, journal, startedAt, began, usable } = await begin(wiring, options, kind);
  let lock: Lock | undefined;
  let done: W | undefined;
  let refused = false;
  try {
    await usable;
    if (kind.changes) {
      const since = new Date(startedAt).toISOString();
      const who = holderName();
      const what = [kind.operation, ...phases.map(({ phase }) => phase)].join(" ");
      const groups = session.setup.selected.map((group) => lockName(group.name, options.shard));
      lock = await lockGroups(
        wiring.directories.state,
        options.service.name,
        groups,
        { run: session.setup.run, what, who, pid: Deno.pid, since, folder: wiring.folder },
        { wait: session.setup.timings.leaseWait, signal: session.soft },
      );
    }
    await takeInventory(session);
    if (lock !== undefined) await warnOfOthers(session, lock, wiring.folder);
    if (phases.length > 0 && (kind.changes || kind.check)) await requireLogins(session, options.limit);
    done = await work(session, phases);
    if (kind.leftovers !== undefined && options.groups === undefined) {
      await tellOfLeftovers(session, wiring.directories.state, wiring.folder);
    }
  } catch (thrown) {
    const failure = failureOf(thrown);
    refused = !session.touched && session.stopped === undefined;
    if (refused) {
      const exitCode = exitCodeOf(thrown);
      finish(session, { result: "failed", exitCode, targets: [], failure, duration: elapsed(began) });
      throw thrown;
    }
    // What stops because it was asked to is no error: the reason to stop comes back from whatever was waited for.
    if (thrown !== session.soft.reason && thrown !== session.hard.reason) session.fail(failure);
  } finally {
    // No more is evaluated: its process ends while the nodes are left.
    await Promise.all([disconnectAll(session), wiring.tools.sandbox.close()]);
    lock?.release(session.touched);
    if (refused) await journal?.close(wiring.past?.run.header);
  }
  session.keep();
  const result = resultOf(session, kind.operation, done ?? {}, began);
  finish(session, result, done?.data);
  await journal?.close().catch((thrown) => {
    if (!session.unkept) throw thrown;
  });
  if (session.broken !== undefined) throw session.broken.thrown;
  return { result, work: done };
}
