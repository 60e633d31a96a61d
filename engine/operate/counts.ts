import { PalletError } from "../errors.ts";
import type { Node, Target } from "../spec/node.ts";
import type { GroupSummary } from "../spec/types.ts";
import type { GroupCounts } from "./results.ts";

/** The number that a node's name ends with, when the rest is its group's name. */
function indexOf(name: string, group: string): number | undefined {
  const digits = name.startsWith(`${group}-`) ? name.slice(group.length + 1) : "";
  return /^[1-9]\d*$/.test(digits) ? Number(digits) : undefined;
}

/** Oldest first: by index, then by time. Names that follow no rule count as the oldest, doubles as the newest. */
function byAge(group: string): (a: Node, b: Node) => number {
  return (a, b) =>
    Number(a.doubleOf !== undefined) - Number(b.doubleOf !== undefined) ||
    (indexOf(a.name, group) ?? 0) - (indexOf(b.name, group) ?? 0) ||
    (a.createdAt ?? "").localeCompare(b.createdAt ?? "") || a.name.localeCompare(b.name);
}

/** The next `wanted` names of a group that nobody has, gaps first. */
export function freeNames(group: string, wanted: number, taken: ReadonlySet<string>): readonly string[] {
  const names: string[] = [];
  for (let index = 1; names.length < wanted; index++) {
    const name = `${group}-${index}`;
    if (!taken.has(name)) names.push(name);
  }
  return names;
}

/**
 * What a count makes of a group's nodes: missing ones are made in the gaps first, and those too many are removed, the
 * newest first. Nodes that do not run count, and are started.
 *
 * @param taken Names of all nodes of the service, the group's own and others'.
 *
 * @example
 * ```ts
 * import { countsOf } from "./counts.ts";
 *
 * console.assert(String(countsOf("web", 2, [], new Set()).create) === "web-1,web-2");
 * ```
 */
export function countsOf(
  group: string,
  count: number,
  nodes: readonly Node[],
  taken: ReadonlySet<string>,
): GroupCounts {
  const sorted = nodes.toSorted(byAge(group));
  const kept = sorted.slice(0, count);
  return {
    group,
    existing: kept.map((node) => node.name),
    create: freeNames(group, Math.max(0, count - sorted.length), taken),
    start: kept.filter((node) => node.state === "stopped" || node.state === "failed").map((node) =>
      node.name
    ),
    remove: sorted.slice(count).reverse().map((node) => node.name),
  };
}

/**
 * How many nodes a group should have: what was asked for, else what its spec and the environment tell. What is asked
 * for a cluster multiplies the counts of its groups.
 *
 * @throws {PalletError} for a group without a count.
 */
export function wantedCount(group: GroupSummary, overrides: Readonly<Record<string, number>>): number {
  const { cluster } = group;
  const factor = cluster === undefined || cluster === group.name ? undefined : overrides[cluster];
  const count = overrides[group.name] ??
    (group.count === undefined ? undefined : group.count * (factor ?? 1));
  if (count === undefined) {
    throw new PalletError(`Group "${group.name}" has no count`, {
      kind: "usage",
      help: `Give it one in its spec (count: 1) or for this call (${group.name}=1).`,
      origin: group.origin,
    });
  }
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new PalletError(`The count of group "${group.name}" must be a whole number from 0, not ${count}`, {
      kind: "usage",
    });
  }
  return count;
}

/** Targets that would be there if the counts were met: those that stay, and planned ones. */
export function targetsAfter(targets: readonly Target[], counts: readonly GroupCounts[]): readonly Target[] {
  const removed = new Set(counts.flatMap((group) => group.remove));
  return [
    ...targets.filter((target) => !removed.has(target.name)),
    ...counts.flatMap((group) =>
      group.create.map((name): Target => ({ name, groups: [group.group], planned: true }))
    ),
  ];
}
