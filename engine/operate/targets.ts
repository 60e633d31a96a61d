import { PalletError } from "../errors.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Node, Target } from "../spec/node.ts";
import type { GroupSummary, HookNode } from "../spec/types.ts";

/** A node as a node filter sees it. */
function hookNode(
  node: Node,
): HookNode & { readonly [key: string]: string | Readonly<Record<string, string>> } {
  return {
    name: node.name,
    ...(node.group === undefined ? {} : { group: node.group }),
    ...(node.primaryIp === undefined ? {} : { primaryIp: node.primaryIp }),
    tags: node.tags,
  };
}

/** Whether a node belongs to a group: its filter decides, or without one the name it was made for. */
async function belongs(
  node: Node,
  group: GroupSummary,
  sandbox: Sandbox,
  signal?: AbortSignal,
): Promise<boolean> {
  if (group.nodeFilter === undefined) return node.group === group.name;
  const answer = await sandbox.call(group.nodeFilter, hookNode(node), signal);
  if (typeof answer === "boolean") return answer;
  throw new PalletError(
    `The node filter of group "${group.name}" answers ${JSON.stringify(answer)} for ${node.name}`,
    {
      kind: "infra",
      help: "Let it answer true or false.",
      origin: group.origin,
    },
  );
}

/** @throws {PalletError} when two nodes have one name: nothing could tell them apart. */
function requireUniqueNames(nodes: readonly Node[]): void {
  const seen = new Map<string, Node>();
  for (const node of nodes) {
    const other = seen.get(node.name);
    if (other !== undefined) {
      throw new PalletError(
        `Service "${node.service}" has two nodes named "${node.name}": ${other.id} and ${node.id}`,
        {
          kind: "config",
          help: "Give each node a name of its own.",
        },
      );
    }
    seen.set(node.name, node);
  }
}

/** Joins nodes with the groups they belong to, in the groups' order; nodes of no group are none of ours. */
export async function targetsOf(
  nodes: readonly Node[],
  groups: readonly GroupSummary[],
  sandbox: Sandbox,
  signal?: AbortSignal,
): Promise<readonly Target[]> {
  requireUniqueNames(nodes);
  const targets: Target[] = [];
  for (const node of nodes) {
    const own: string[] = [];
    for (const group of groups) {
      if (await belongs(node, group, sandbox, signal)) own.push(group.name);
    }
    if (own.length > 0) targets.push({ name: node.name, groups: own, planned: false, node });
  }
  return targets;
}

/** The targets of at least one of the groups. */
export function inGroups(targets: readonly Target[], groups: readonly GroupSummary[]): readonly Target[] {
  const names = new Set(groups.map((group) => group.name));
  return targets.filter((target) => target.groups.some((group) => names.has(group)));
}
