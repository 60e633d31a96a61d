import type { Target } from "../spec/node.ts";
import type { GroupSummary } from "../spec/types.ts";
import type { Amount } from "./options.ts";
import type { Job } from "./schedule.ts";

/** A number of targets from a number or a percentage; a percentage of something is never less than `least`. */
export function amountOf(amount: Amount, total: number, least: number): number {
  if (typeof amount === "number") return Math.max(least, amount);
  return Math.max(least, Math.floor((total * Number(amount.slice(0, -1))) / 100));
}

/** Cuts a list into pieces of a size. */
export function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const pieces: T[][] = [];
  for (let at = 0; at < items.length; at += size) pieces.push(items.slice(at, at + size));
  return pieces;
}

/** Names of all targets that a target comes after: those of other groups that one of its own names in `after`. */
function predecessors(
  target: Target,
  targets: readonly Target[],
  groups: ReadonlyMap<string, GroupSummary>,
): readonly string[] {
  const own = new Set(target.groups);
  const after = new Set(
    target.groups.flatMap((name) => groups.get(name)?.after ?? []).filter((name) => !own.has(name)),
  );
  if (after.size === 0) return [];
  return targets.filter((other) => other.name !== target.name && other.groups.some((name) => after.has(name)))
    .map((other) => other.name);
}

/** Targets so that those of a group come after those of the groups before it; otherwise as given. */
export function inGroupOrder(
  targets: readonly Target[],
  groups: readonly GroupSummary[],
): readonly Target[] {
  const byName = new Map(groups.map((group) => [group.name, group]));
  const depths = new Map<string, number>();
  const depth = (name: string, path: readonly string[]): number => {
    // A circle is told of by the schedule, which sees the targets that make it.
    if (path.includes(name)) return 0;
    const known = depths.get(name);
    if (known !== undefined) return known;
    const own = Math.max(
      0,
      ...(byName.get(name)?.after ?? []).map((other) => 1 + depth(other, [...path, name])),
    );
    depths.set(name, own);
    return own;
  };
  const of = (target: Target) => Math.max(...target.groups.map((name) => depth(name, [])));
  return targets.toSorted((a, b) => of(a) - of(b));
}

/**
 * Who waits for whom in a phase.
 *
 * @param all Targets that others may come after, with those that are lost already.
 * @param rounds Batches that run one after the other; several lists run beside each other.
 */
export function jobsOf(
  targets: readonly Target[],
  all: readonly Target[],
  groups: readonly GroupSummary[],
  rounds: readonly (readonly (readonly string[])[])[],
): readonly Job[] {
  const byName = new Map(groups.map((group) => [group.name, group]));
  const follows = new Map<string, string[]>();
  for (const batches of rounds) {
    for (const [at, batch] of batches.entries()) {
      for (const name of batch) follows.set(name, [...follows.get(name) ?? [], ...batches[at - 1] ?? []]);
    }
  }
  return targets.map((target) => ({
    name: target.name,
    needs: predecessors(target, all, byName),
    follows: follows.get(target.name) ?? [],
  }));
}
