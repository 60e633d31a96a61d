import type { Wiring } from "./begin.ts";
import { operate } from "./operate.ts";
import type { Work } from "./outcome.ts";
import { removals, requireConsent } from "./counting.ts";
import { guessFacts, isGone } from "./converge.ts";
import { rehearse } from "./evaluate.ts";
import { emptiedGroups, rehearseGroupPhase, runGroupPhase } from "./group_phase.ts";
import type { DestroyOptions } from "./options.ts";
import { phaseSettings } from "./phase_settings.ts";
import { record } from "./record.ts";
import { removeNodes, requireDestroy } from "./remove.ts";
import type { RunResult } from "./results.ts";

/** Removes all nodes of the selected groups, running or not, and looks whether they are gone. */
export async function destroy(wiring: Wiring, options: DestroyOptions): Promise<RunResult> {
  const settings = options.noPhases === true ? undefined : phaseSettings(options, false);
  const { result } = await operate(wiring, options, {
    operation: "destroy",
    phases: () => [],
    check: false,
    changes: true,
    leftovers: "take",
    record: record(options),
  }, async (session): Promise<Work> => {
    const { provider } = session.tools;
    const counts = { groups: removals(session, options.limit) };
    session.emit({ type: "counts-planned", groups: counts.groups });
    const known = counts.groups.filter(({ group }) => session.group(group) !== undefined);
    const lost = counts.groups.filter((group) => group.remove.length > 0 && !known.includes(group));
    for (const { group } of settings === undefined ? [] : lost) {
      session.message(
        "warn",
        `The infra file has no group "${group}": its nodes go without "destroy-server" and "destroy-group"`,
      );
    }
    const emptied = emptiedGroups(session, counts.groups);
    // Of a group that is empty already what its nodes shared may be left: whoever removed them was killed, or was not us.
    const bare = counts.groups.filter(({ existing }) => existing.length === 0).map(({ group }) => group);
    if (emptied.length === 0 && counts.groups.every((group) => group.remove.length === 0)) {
      session.message("info", "There is no node to remove");
      for (const name of bare) await provider.removeGroup(name, session.soft);
      return {};
    }
    requireDestroy(provider, counts.groups);
    if (settings !== undefined) {
      await guessFacts(session, session.roster.targets(), new Map());
      await rehearseGroupPhase(session, "destroy-group", emptied);
      const leaving = known.flatMap((group) =>
        group.remove.flatMap((name) => session.roster.get(name) ?? [])
      );
      await rehearse(session, [{ phase: "destroy-server", args: {} }], leaving);
    }
    await requireConsent(counts, options);
    const removed = await removeNodes(session, counts.groups, settings);
    const gone = (names: readonly string[]) => names.filter((name) => isGone(session, counts.groups, name));
    if (session.soft.aborted) return { removed };
    if (settings !== undefined) await runGroupPhase(session, "destroy-group", gone(emptied), settings);
    for (const name of gone(bare)) await provider.removeGroup(name, session.soft);
    return { removed };
  });
  return result;
}
