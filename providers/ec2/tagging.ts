import { PalletError } from "../../engine/errors.ts";
import type { Node } from "../../engine/spec/node.ts";
import { isNotFound } from "./errors.ts";
import { insist } from "./insist.ts";
import { type Hand, seen } from "./life.ts";
import { stateKey, stateTags } from "./tags.ts";

/** Seconds for which EC2 may not know an instance that it has just made. */
const newTime = 60;

/** Sets tags of a node, and removes those that are `null`. @throws {PalletError} for what is not ours. */
export async function tagNode(
  { api, watch }: Hand,
  node: Node,
  tags: Readonly<Record<string, string | null>>,
  signal?: AbortSignal,
): Promise<void> {
  if (await seen(watch, node, signal) === undefined) {
    throw new PalletError(
      `Cannot tag "${node.name}" (${node.id}): EC2 shows no instance of ours by that id`,
      { kind: "provider" },
    );
  }
  const set = Object.entries(tags).filter((entry): entry is [string, string] => entry[1] !== null);
  const removed = Object.keys(tags).filter((key) => tags[key] === null);
  const Resources = [node.id];
  const patience = { seconds: newTime, passes: isNotFound, signal };
  if (set.length > 0) {
    const input = { Resources, Tags: stateTags(Object.fromEntries(set)) };
    await insist(() => api.createTags(input, signal), patience);
  }
  if (removed.length > 0) {
    const input = { Resources, Tags: removed.map((key) => ({ Key: stateKey(key) })) };
    await insist(() => api.deleteTags(input, signal), patience);
  }
}
