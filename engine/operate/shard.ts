// A run's part of the nodes, where several runners share them out without knowing of each other.
import { createHash } from "node:crypto";
import { PalletError } from "../errors.ts";
import type { Target } from "../spec/node.ts";
import type { Shard } from "./options.ts";
import type { CountsPlan } from "./results.ts";
import type { Session } from "./session.ts";

/**
 * Which of so many shards a node falls to, 1-based: by the beginning of the SHA-256 of its name, so that all runners
 * agree, also when other nodes come and go.
 *
 * @example
 * ```ts
 * import { shardOf } from "./shard.ts";
 *
 * console.assert(shardOf("web-1", 4) === shardOf("web-1", 4) && shardOf("web-1", 1) === 1);
 * ```
 */
export function shardOf(name: string, count: number): number {
  return createHash("sha256").update(name).digest().readUIntBE(0, 6) % count + 1;
}

/** A shard as it is written: `2/3`. */
export function shardText({ index, count }: Shard): string {
  return `${index}/${count}`;
}

/** What a lock on a group is named: shards of one group do not exclude each other. */
export function lockName(group: string, shard: Shard | undefined): string {
  return shard === undefined ? group : `${group}, shard ${shardText(shard)}`;
}

/**
 * The targets that fall to this runner. The others are noted as those on which other runners do the same, so that
 * what is for one node of many is for the same one everywhere.
 */
export function onShard(
  session: Session,
  targets: readonly Target[],
  shard: Shard | undefined,
): readonly Target[] {
  if (shard === undefined) return targets;
  const own = targets.filter((target) => shardOf(target.name, shard.count) === shard.index);
  session.roster.elsewhere = targets.filter((target) => !own.includes(target)).map((target) => target.name);
  return own;
}

/** @throws {PalletError} for a shard that there is none of. */
export function requireShard(shard: Shard | undefined): void {
  if (shard === undefined) return;
  const { index, count } = shard;
  if (Number.isInteger(index) && Number.isInteger(count) && index >= 1 && index <= count) return;
  throw new PalletError(`There is no shard ${shardText(shard)}`, {
    kind: "usage",
    help: "The first of three is 1/3, the last 3/3.",
  });
}

/** @throws {PalletError} when nodes would be made or removed: runners that do not know of each other cannot agree on that. */
export function requireCounts({ groups }: CountsPlan, shard: Shard | undefined): void {
  if (shard === undefined) return;
  const { group, create, start, remove } =
    groups.find((one) => one.create.length + one.start.length + one.remove.length > 0) ?? {};
  if (group === undefined) return;
  const what = [
    ...(create?.length === 0 ? [] : [`make ${create?.join(", ")}`]),
    ...(start?.length === 0 ? [] : [`start ${start?.join(", ")}`]),
    ...(remove?.length === 0 ? [] : [`remove ${remove?.join(", ")}`]),
  ];
  throw new PalletError(`Group "${group}" has not its count: it would have to ${what.join(", ")}`, {
    kind: "usage",
    help: "Shards make and remove no nodes. Let one runner do that first: pallet converge --no-phases",
  });
}
