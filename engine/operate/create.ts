import { PalletError } from "../errors.ts";
import type { Failure } from "../events.ts";
import { failureOf } from "../failure.ts";
import type { CreateResult, Provider } from "../provider/provider.ts";
import type { Node } from "../spec/node.ts";
import type { NodeSpec } from "../spec/types.ts";
import { settleAll } from "./concurrency.ts";
import type { GroupCounts } from "./results.ts";
import type { Session } from "./session.ts";
import { inGroups } from "./targets.ts";

/** Notes that a node could not be made, started or reached: the run fails, the other nodes go on. */
function lose(session: Session, name: string, group: string, failure: Failure): void {
  session.roster.lose(name, { result: failure.kind === "unreachable" ? "unreachable" : "failed", failure });
  session.emit({ type: "node-failed", target: name, group, failure });
}

function created(session: Session, group: string, node: Node): void {
  session.roster.adopt(node.name, node);
  session.roster.fresh.add(node.name);
  session.emit({
    type: "node-created",
    target: node.name,
    group,
    id: node.id,
    ...(node.primaryIp === undefined ? {} : { address: node.primaryIp }),
  });
}

function failureOfResult(result: Extract<CreateResult, { readonly error: string }>): Failure {
  return {
    kind: "provider",
    message: `Cannot create ${result.name}: ${result.error}`,
    ...(result.help === undefined ? {} : { help: result.help }),
  };
}

/** Makes a group's missing nodes; answers with those that were made. */
async function createGroup(session: Session, counts: GroupCounts, spec: NodeSpec): Promise<readonly Node[]> {
  const { group, create: names } = counts;
  const { provider } = session.tools;
  const waiting = new Set(names);
  const made: Node[] = [];
  try {
    await provider.ensureGroup(group, spec, session.soft);
    for (const target of names) session.emit({ type: "node-creating", target, group });
    await session.kept();
    const token = `${session.setup.run}.${group}`;
    const request = { group, names, nodeSpec: spec, tags: { run: session.setup.run }, token };
    for await (const result of provider.create(request, session.soft)) {
      if (!waiting.delete(result.name)) continue;
      if ("error" in result) {
        lose(session, result.name, group, failureOfResult(result));
      } else {
        created(session, group, result.node);
        made.push(result.node);
      }
    }
  } catch (thrown) {
    for (const name of waiting) lose(session, name, group, failureOf(thrown));
    waiting.clear();
  }
  // Fewer nodes than were asked for, without a word, is a failure all the same.
  for (const name of waiting) {
    lose(session, name, group, {
      kind: "provider",
      message: `Cannot create ${name}: the provider ended without making it`,
    });
  }
  return made;
}

async function startNodes(session: Session, group: string, nodes: readonly Node[]): Promise<readonly Node[]> {
  if (nodes.length === 0) return [];
  try {
    for (const node of nodes) {
      session.emit({ type: "node-progress", target: node.name, step: "start", message: "starting" });
    }
    await session.tools.provider.start(nodes, session.soft);
    return nodes;
  } catch (thrown) {
    for (const node of nodes) lose(session, node.name, group, failureOf(thrown));
    return [];
  }
}

/**
 * Waits until a login would work, step by step.
 *
 * @throws {PalletError} when a step's time limit ends.
 */
export async function comeUp(session: Session, node: Node): Promise<void> {
  for await (const { step, message } of session.tools.provider.ready(node, session.soft)) {
    session.emit({ type: "node-progress", target: node.name, step, message });
  }
}

/** Waits for a node, which is lost when it does not come up. */
async function awaitReady(session: Session, group: string, node: Node): Promise<void> {
  try {
    await comeUp(session, node);
  } catch (thrown) {
    lose(session, node.name, group, failureOf(thrown));
  }
}

/** Looks nodes up again: an address may be known only now. */
async function refresh(session: Session, provider: Provider): Promise<void> {
  for (const node of await provider.nodes(session.soft)) session.roster.adopt(node.name, node);
}

/** @throws {PalletError} when nodes are wanted of a provider that has what it has. */
export function requireCreate(provider: Provider, counts: readonly GroupCounts[]): void {
  const group = counts.find((one) => one.create.length > 0);
  if (group === undefined || provider.capabilities.create) return;
  const wanted = group.existing.length + group.create.length;
  throw new PalletError(
    `Cannot create nodes of group "${group.group}": ${provider.name} has existing machines only; ${wanted} are wanted, there are ${group.existing.length}`,
    {
      kind: "usage",
      help:
        `Lower the count (${group.group}=${group.existing.length}), or name more machines in the service.`,
    },
  );
}

/**
 * Brings what the nodes of a group share in line with its spec where no node is made, as making one does that too: a
 * port that the spec opens is open afterwards.
 */
export async function ensureGroups(
  session: Session,
  counts: readonly GroupCounts[],
  specs: ReadonlyMap<string, NodeSpec>,
): Promise<void> {
  const { provider } = session.tools;
  if (!provider.capabilities.create) return;
  const standing = counts.filter(({ create, existing }) => create.length === 0 && existing.length > 0);
  await settleAll(standing.map(async ({ group }) => {
    try {
      await provider.ensureGroup(group, specs.get(group) ?? {}, session.soft);
    } catch (thrown) {
      session.fail(failureOf(thrown));
    }
  }));
}

/**
 * Makes the nodes that are missing and starts those that do not run, all groups at once, and waits until a login to
 * each would work. What fails is a failure of its node and of the run; the others are used.
 *
 * @param specs Node specs by group.
 */
export async function createNodes(
  session: Session,
  counts: readonly GroupCounts[],
  specs: ReadonlyMap<string, NodeSpec>,
): Promise<readonly Node[]> {
  const work = counts.filter((group) => group.create.length + group.start.length > 0);
  // Of a run that ended while it made them.
  const pending = inGroups(session.roster.targets(), session.setup.selected)
    .filter((target) => target.node?.state === "pending");
  if (work.length === 0 && pending.length === 0) return [];
  session.touch();
  const made: Node[] = [];
  await settleAll(work.map(async (group) => {
    const stopped = group.start.flatMap((name) => session.roster.get(name)?.node ?? []);
    const [fresh, started] = await settleAll([
      group.create.length === 0
        ? Promise.resolve([])
        : createGroup(session, group, specs.get(group.group) ?? {}),
      startNodes(session, group.group, stopped),
    ]);
    made.push(...fresh ?? []);
    await settleAll([...fresh ?? [], ...started ?? []].map((node) => awaitReady(session, group.group, node)));
  }));
  await settleAll(pending.map(async (target) => {
    session.roster.fresh.add(target.name);
    if (target.node !== undefined) await awaitReady(session, target.groups[0] ?? "", target.node);
  }));
  await refresh(session, session.tools.provider);
  return made.map((node) => session.roster.get(node.name)?.node ?? node);
}
