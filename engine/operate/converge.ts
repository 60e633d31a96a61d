import type { PhaseCall } from "../plan/types.ts";
import type { Node, Target } from "../spec/node.ts";
import type { NodeSpec } from "../spec/types.ts";
import { SETTINGS } from "../spec/phases.ts";
import type { Wiring } from "./begin.ts";
import { operate } from "./operate.ts";
import type { Work } from "./outcome.ts";
import { BOOTSTRAP, bootstrap, unbootstrapped } from "./bootstrap.ts";
import { connectAll } from "./connect.ts";
import { adjustments, estimated, nodeSpecs, requireConsent, requireHonoured } from "./counting.ts";
import { targetsAfter } from "./counts.ts";
import { comeUp, createNodes, ensureGroups, requireCreate } from "./create.ts";
import { rehearse } from "./evaluate.ts";
import { FactsLookup } from "./facts.ts";
import { emptiedGroups, groupsFor, rehearseGroupPhase, runGroupPhase } from "./group_phase.ts";
import { limitNames, requestedPhases } from "./names.ts";
import type { ConvergeOptions } from "./options.ts";
import { mayGoOn, runPhase } from "./phase.ts";
import { type PhaseSettings, phaseSettings } from "./phase_settings.ts";
import { record } from "./record.ts";
import { requireOpenFiles } from "./open_files.ts";
import { removeNodes, requireDestroy } from "./remove.ts";
import type { CountsPlan, GroupCounts, RunResult } from "./results.ts";
import type { Session } from "./session.ts";
import { onShard, requireCounts } from "./shard.ts";
import { inGroups } from "./targets.ts";

/** Gives targets without facts those that can be known without asking them. */
export async function guessFacts(
  session: Session,
  targets: readonly Target[],
  specs: ReadonlyMap<string, NodeSpec>,
  os?: string,
): Promise<void> {
  const { factsCache } = session.setup;
  const lookup = new FactsLookup({
    provider: session.tools.provider,
    ...(factsCache === undefined ? {} : { cache: factsCache }),
    ...(os === undefined ? {} : { os }),
  });
  for (const target of targets) {
    const facts = await lookup.of(target, specs.get(target.groups[0] ?? "") ?? {});
    // Not `learn`: what a cache says of tags is not what the node says.
    if (facts !== undefined) session.roster.put({ ...target, facts });
  }
}

/** Runs phases in order, each after all targets finished the one before it; a failure ends that. */
async function runPhases(
  session: Session,
  calls: readonly PhaseCall[],
  targets: () => readonly Target[],
  settings: PhaseSettings,
): Promise<void> {
  for (const call of calls) {
    if (call.phase === SETTINGS) continue;
    const ready = targets().filter((target) =>
      session.roster.lossOf(target.name) === undefined && session.roster.connections.has(target.name)
    );
    const report = call.phase === BOOTSTRAP.phase
      ? await bootstrap(session, ready, settings, call)
      : await runPhase(session, call, ready, settings);
    if (!mayGoOn(session, report, settings)) return;
  }
}

/**
 * Connects, evaluates what could not be evaluated before, bootstraps what is not, and runs the phases.
 *
 * @param firsts Whether `bootstrap` runs on nodes that lack it.
 */
export async function configure(
  session: Session,
  calls: readonly PhaseCall[],
  targets: () => readonly Target[],
  settings: PhaseSettings,
  firsts: boolean,
): Promise<void> {
  const unknown = new Set(
    targets().filter((target) => target.facts === undefined).map((target) => target.name),
  );
  await connectAll(
    session,
    targets().filter((target) => session.roster.lossOf(target.name) === undefined),
    firsts && session.tools.provider.capabilities.create ? comeUp : undefined,
  );
  await rehearse(session, calls, targets().filter((target) => unknown.has(target.name)));
  if (session.soft.aborted) return;
  if (firsts && !calls.some((call) => call.phase === BOOTSTRAP.phase)) {
    const fresh = unbootstrapped(targets()).filter((target) => session.roster.connections.has(target.name));
    const report = await bootstrap(session, fresh, settings);
    if (!mayGoOn(session, report, settings)) return;
  }
  await runPhases(session, calls, targets, settings);
}

/** What converge is about to do, all of it checked. */
export interface Preparation {
  readonly counts: CountsPlan;
  readonly specs: ReadonlyMap<string, NodeSpec>;
}

/** Works out what is made and removed, and refuses what the provider cannot do. */
export async function prepareCounts(
  session: Session,
  overrides: Readonly<Record<string, number>>,
  limit: readonly string[] | undefined,
): Promise<Preparation> {
  const { provider } = session.tools;
  const specs = nodeSpecs(session);
  const changes = adjustments(session, overrides, limit);
  requireCreate(provider, changes);
  requireDestroy(provider, changes);
  await requireHonoured(session, specs);
  const counts = await estimated(session, changes, specs);
  session.emit({ type: "counts-planned", groups: counts.groups });
  for (const target of targetsAfter([], counts.groups)) session.roster.put(target);
  return { counts, specs };
}

/** Evaluates all that will run, with what is known of the nodes by now. */
async function rehearseAll(
  session: Session,
  calls: readonly PhaseCall[],
  { counts, specs }: Preparation,
  chosen: (targets: readonly Target[]) => readonly Target[],
): Promise<void> {
  const { roster } = session;
  await guessFacts(session, roster.targets(), specs);
  await rehearseGroupPhase(session, "destroy-group", emptiedGroups(session, counts.groups));
  await rehearseGroupPhase(session, "create-group", groupsFor("create-group", counts.groups));
  const leaving = counts.groups.flatMap((group) => group.remove.flatMap((name) => roster.get(name) ?? []));
  await rehearse(session, [{ phase: "destroy-server", args: {} }], leaving);
  // What runs later runs when they have gone.
  for (const target of leaving) roster.remove(target.name);
  const staying = chosen(inGroups(roster.targets(), session.setup.selected));
  await rehearse(session, [BOOTSTRAP], unbootstrapped(staying));
  await rehearse(session, calls, staying);
  for (const target of leaving) roster.put(target);
}

async function adjust(
  session: Session,
  { counts, specs }: Preparation,
  settings: PhaseSettings | undefined,
): Promise<{ readonly removed: readonly Node[]; readonly created: readonly Node[] }> {
  const groups: readonly GroupCounts[] = counts.groups;
  const removed = await removeNodes(session, groups, settings);
  if (session.soft.aborted) return { removed, created: [] };
  if (settings !== undefined) {
    const emptied = emptiedGroups(session, groups).filter((name) => isGone(session, groups, name));
    await runGroupPhase(session, "destroy-group", emptied, settings);
  }
  for (const name of emptiedGroups(session, groups)) {
    if (isGone(session, groups, name)) await session.tools.provider.removeGroup(name, session.soft);
  }
  if (settings !== undefined) {
    await runGroupPhase(session, "create-group", groupsFor("create-group", groups), settings);
  }
  if (session.soft.aborted) return { removed, created: [] };
  await ensureGroups(session, groups, specs);
  return { removed, created: await createNodes(session, groups, specs) };
}

/** Whether all nodes of a group that were to go have gone. */
export function isGone(session: Session, groups: readonly GroupCounts[], name: string): boolean {
  const going = groups.find((group) => group.group === name)?.remove ?? [];
  return going.every((node) => session.roster.get(node) === undefined);
}

/** Names that an operation's limit leaves of targets. */
export function limiting(
  limit: readonly string[] | undefined,
): (targets: readonly Target[]) => readonly Target[] {
  return (targets) => {
    if (limit === undefined) return targets;
    const chosen = new Set(limitNames(targets.map((target) => target.name), limit));
    return targets.filter((target) => chosen.has(target.name));
  };
}

/** Adjusts the numbers of nodes, and runs phases on all of them. */
export async function converge(wiring: Wiring, options: ConvergeOptions): Promise<RunResult> {
  const settings = phaseSettings(options, false);
  const limited = limiting(options.limit);
  const { result } = await operate(wiring, options, {
    operation: "converge",
    phases: (selected) => requestedPhases(selected, options),
    check: false,
    changes: true,
    leftovers: "tell",
    record: record(options),
  }, async (session, calls): Promise<Work> => {
    const preparation = await prepareCounts(session, options.counts ?? {}, options.limit);
    requireCounts(preparation.counts, options.shard);
    const chosen = (targets: readonly Target[]) => onShard(session, limited(targets), options.shard);
    const hooks = options.noPhases === true ? undefined : settings;
    if (hooks !== undefined) await rehearseAll(session, calls, preparation, chosen);
    if (hooks !== undefined) {
      await requireOpenFiles(chosen(inGroups(session.roster.targets(), session.setup.selected)).length);
    }
    await requireConsent(preparation.counts, options);
    const { created, removed } = await adjust(session, preparation, hooks);
    const targets = () => chosen(inGroups(session.roster.targets(), session.setup.selected));
    if (hooks !== undefined && !session.soft.aborted) {
      await configure(session, calls, targets, settings, true);
    }
    return { created, removed };
  });
  return result;
}
