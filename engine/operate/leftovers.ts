// Nodes of groups that the infra file has no more: they run on, and cost, until somebody names their group to remove it.
import { unknownOrigin } from "../origin.ts";
import type { Node, Target } from "../spec/node.ts";
import type { GroupSummary } from "../spec/types.ts";
import { lastFolder } from "../state/lock.ts";
import { shorten } from "./names.ts";
import { otherProject } from "./other_projects.ts";
import type { Past } from "./past.ts";
import type { Session } from "./session.ts";
import { targetsOf } from "./targets.ts";
import type { Tools } from "./tools.ts";

/** Nodes that were made for groups which the infra file does not have, and that none of its groups takes. */
export function leftovers(
  nodes: readonly Node[],
  targets: readonly Target[],
  groups: readonly GroupSummary[],
): readonly Target[] {
  const taken = new Set(targets.map(({ name }) => name));
  const known = new Set(groups.map(({ name }) => name));
  return nodes.flatMap((node) =>
    node.group === undefined || known.has(node.group) || taken.has(node.name)
      ? []
      : [{ name: node.name, groups: [node.group], planned: false, node }]
  );
}

/** A group of which no more is known than its name. */
function nameOnly(name: string): GroupSummary {
  const nothing = { nodeSpec: {}, roles: [], defaultPhases: [], after: [], phases: {}, hooks: {} };
  return { name, ...nothing, origin: unknownOrigin };
}

/**
 * Groups of the service that the infra file does not have, where one of the names may mean such a group.
 *
 * @param usable rejects when the provider cannot be asked
 */
export async function leftoverGroups(
  { provider, sandbox }: Tools,
  groups: readonly GroupSummary[],
  names: readonly string[],
  { usable, signal, past }: {
    readonly usable: Promise<void>;
    readonly signal: AbortSignal;
    readonly past: Past | undefined;
  },
): Promise<readonly GroupSummary[]> {
  const known = new Set(groups.flatMap(({ name, cluster }) => [name, cluster ?? name]));
  if (names.every((name) => known.has(name))) return [];
  await usable;
  const nodes = await provider.nodes(signal);
  const targets = await targetsOf(nodes, groups, sandbox, signal);
  const found = leftovers(nodes, targets, groups).flatMap((target) => target.groups);
  // The last of the nodes may have gone before the run was killed.
  const before = past?.run.header.groups.filter((name) => !known.has(name)) ?? [];
  return [...new Set([...found, ...before])].map(nameOnly);
}

/** Says which nodes the service has of groups that neither the infra file nor another project has. */
export async function tellOfLeftovers(session: Session, stateDir: string, folder: string): Promise<void> {
  if (!session.tools.provider.capabilities.destroy) return;
  const { service } = session.setup;
  const names: string[] = [];
  for (const name of new Set(session.roster.leftovers.flatMap(({ groups }) => groups))) {
    const other = await otherProject(lastFolder(stateDir, service, name), folder);
    if (other === undefined) names.push(name);
  }
  if (names.length === 0) return;
  const counted = names.map((name) =>
    `${name} (${session.roster.leftovers.filter(({ groups }) => groups.includes(name)).length})`
  );
  session.message(
    "info",
    `Service "${service}" has nodes of groups that the infra file does not have: ${shorten(counted)}. ` +
      `To remove them: pallet destroy ${names.join(" ")}`,
  );
}
