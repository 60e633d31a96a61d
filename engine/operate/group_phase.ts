import { PalletError } from "../errors.ts";
import type { PhaseCall } from "../plan/types.ts";
import type { Target } from "../spec/node.ts";
import type { GroupCounts } from "./results.ts";
import { open } from "./login.ts";
import { isMade } from "./actions.ts";
import { rehearse } from "./evaluate.ts";
import { factsOfOs } from "./facts.ts";
import { runPhase } from "./phase.ts";
import type { PhaseSettings } from "./phase_settings.ts";
import type { Session } from "./session.ts";

/** The phases of a group as a whole; they have no node and run on the workstation. */
export type GroupPhase = "create-group" | "destroy-group";

/** Groups that begin to have nodes, or end to. */
export function groupsFor(phase: GroupPhase, counts: readonly GroupCounts[]): readonly string[] {
  return counts.filter((group) =>
    phase === "create-group"
      ? group.existing.length + group.remove.length === 0 && group.create.length > 0
      : group.existing.length + group.create.length === 0 && group.remove.length > 0
  ).map((group) => group.group);
}

/**
 * Groups that end to have nodes in this run: also those whose last node went before the run was killed, and that its
 * counts of now do not tell of.
 */
export function emptiedGroups(session: Session, counts: readonly GroupCounts[]): readonly string[] {
  const events = session.setup.past?.run.events ?? [];
  const before = events.flatMap((event) =>
    event.type === "counts-planned" ? groupsFor("destroy-group", event.groups) : []
  );
  const empty = counts.filter(({ existing, create, remove }) =>
    existing.length + create.length + remove.length === 0
  ).map(({ group }) => group);
  return [
    ...new Set([...groupsFor("destroy-group", counts), ...before.filter((name) => empty.includes(name))]),
  ];
}

/** The group itself as a target: it has the group's name and no node. */
export function targetOf(group: string): Target {
  const os = { id: Deno.build.os, family: Deno.build.os, version: "", codename: "" };
  return {
    name: group,
    groups: [group],
    planned: true,
    facts: factsOfOs(os, Deno.build.arch, "option", group),
  };
}

function having(session: Session, phase: string, groups: readonly string[]): readonly Target[] {
  return groups.filter((name) => session.group(name)?.phases[phase] !== undefined).map(targetOf);
}

/**
 * Evaluates a group phase before anything is touched.
 *
 * @throws {PalletError} when it has actions and the workstation is not theirs to use.
 */
export async function rehearseGroupPhase(
  session: Session,
  phase: GroupPhase,
  groups: readonly string[],
): Promise<void> {
  const targets = having(session, phase, groups);
  for (const target of targets) session.roster.put(target);
  const plans = await rehearse(session, [{ phase, args: {} }], targets);
  for (const target of targets) session.roster.remove(target.name);
  const plan = plans.find((one) => isMade(one) && one.actions.length > 0);
  if (plan === undefined || session.setup.allowWorkstation) return;
  throw new PalletError(`Phase "${phase}" of group "${plan.target}" would run actions on this workstation`, {
    kind: "infra",
    help: 'Allow it with "permissions: { workstation: true }" in pallet.yaml, or leave the phase out.',
  });
}

/**
 * Runs a group phase, once a group, on the workstation. The group is a target while it lasts.
 *
 * @throws {PalletError} when it failed: what depends on it must not go on.
 */
export async function runGroupPhase(
  session: Session,
  phase: GroupPhase,
  groups: readonly string[],
  settings: PhaseSettings,
): Promise<void> {
  const call: PhaseCall = { phase, args: {} };
  const { roster } = session;
  for (const target of having(session, phase, groups)) {
    roster.put(target);
    try {
      if (session.setup.allowWorkstation) {
        const connection = await open(session, { kind: "local" });
        roster.connections.set(target.name, connection);
        roster.learn(target.name, connection.facts);
      }
      const report = await runPhase(session, call, [roster.get(target.name) ?? target], settings);
      if (report?.result === "failed") {
        throw new PalletError(`Phase "${phase}" of group "${target.name}" failed`, { kind: "action" });
      }
    } finally {
      const connection = roster.connections.get(target.name);
      roster.connections.delete(target.name);
      roster.remove(target.name);
      await connection?.close();
    }
  }
}
