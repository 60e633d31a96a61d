// Starting, stopping, rebooting and destroying instances: only those that EC2 shows with our tag, and never none.
import type { Instance } from "@aws-sdk/client-ec2";
import { messageOf, PalletError } from "../../engine/errors.ts";
import { pause } from "../../engine/pause.ts";
import { needSome } from "../../engine/provider/need_some.ts";
import type { Node } from "../../engine/spec/node.ts";
import type { Ec2Api } from "./api.ts";
import { codeOf, isNotFound } from "./errors.ts";
import type { Limits } from "./options.ts";
import type { Watch } from "./watch.ts";

/** Seconds for which an instance that was just made may be unknown to EC2. */
const newTime = 90;

/** What instances are changed with. */
export interface Hand {
  readonly api: Ec2Api;
  readonly watch: Watch;
  readonly limits: Limits;
}

/** Our instance of a node; waits for one that was just made. Nothing when there is none that is ours. */
export async function seen(watch: Watch, node: Node, signal?: AbortSignal): Promise<Instance | undefined> {
  const age = node.createdAt === undefined ? Infinity : Date.now() - Date.parse(node.createdAt);
  // By two clocks, which may differ, it may be yet to be made.
  const end = performance.now() + newTime * 1000 - Math.max(0, age);
  for (let wait = 0.5;; wait = Math.min(wait * 2, 5)) {
    const instance = await watch.see(node.id);
    if (instance !== undefined || performance.now() >= end) return instance;
    await pause(wait, signal);
  }
}

/** @throws {PalletError} naming nodes that are not there, or not ours. */
async function ours(
  hand: Hand,
  nodes: readonly Node[],
  what: string,
  signal?: AbortSignal,
): Promise<readonly Instance[]> {
  needSome(nodes, what);
  const found = await Promise.all(nodes.map((node) => seen(hand.watch, node, signal)));
  const missing = nodes.filter((_, at) => found[at] === undefined);
  if (missing.length > 0) {
    const names = missing.map(({ name, id }) => `"${name}" (${id})`).join(", ");
    throw new PalletError(`Cannot ${what} ${names}: EC2 shows no instance of ours by that id`, {
      kind: "provider",
    });
  }
  return found.flatMap((instance) => instance ?? []);
}

const idsOf = (instances: readonly Instance[]) => instances.map(({ InstanceId }) => InstanceId ?? "");

/** Waits until all instances are in one of some states. */
async function settle(
  hand: Hand,
  nodes: readonly Node[],
  wanted: readonly string[],
  seconds: number,
  signal?: AbortSignal,
): Promise<readonly Node[]> {
  const end = performance.now() + seconds * 1000;
  let left = nodes;
  for (let wait = 0.25;; wait = Math.min(wait * 1.5, 5)) {
    const found = await Promise.all(left.map(({ id }) => hand.watch.see(id)));
    // One that EC2 does not show any more is as gone as can be.
    left = left.filter((_, at) => found[at] !== undefined && !wanted.includes(found[at].State?.Name ?? ""));
    if (left.length === 0 || performance.now() > end) return left;
    await pause(wait, signal);
  }
}

const nameAll = (nodes: readonly Node[]) => nodes.map(({ name, id }) => `"${name}" (${id})`).join(", ");

/** Starts those that are stopped; one that is just stopping is waited for first. */
export async function startNodes(hand: Hand, nodes: readonly Node[], signal?: AbortSignal): Promise<void> {
  const instances = await ours(hand, nodes, "start", signal);
  const stopping = nodes.filter((_, at) => instances[at]?.State?.Name === "stopping");
  if (stopping.length > 0) await settle(hand, stopping, ["stopped"], hand.limits.stop, signal);
  const still = instances.filter(({ State }) => State?.Name === "stopped" || State?.Name === "stopping");
  if (still.length > 0) await hand.api.startInstances({ InstanceIds: idsOf(still) }, signal);
}

/** Stops nodes; resolves when they have stopped. */
export async function stopNodes(hand: Hand, nodes: readonly Node[], signal?: AbortSignal): Promise<void> {
  const instances = await ours(hand, nodes, "stop", signal);
  const running = instances.filter(({ State }) => State?.Name !== "stopped" && State?.Name !== "stopping");
  if (running.length > 0) await hand.api.stopInstances({ InstanceIds: idsOf(running) }, signal);
  const left = await settle(hand, nodes, ["stopped", "terminated"], hand.limits.stop, signal);
  if (left.length === 0) return;
  throw new PalletError(`Cannot stop ${nameAll(left)}: still not stopped after ${hand.limits.stop} seconds`, {
    kind: "provider",
    help: "See the instances in the console of AWS; a stop can be forced there.",
  });
}

/** Reboots nodes. */
export async function rebootNodes(hand: Hand, nodes: readonly Node[], signal?: AbortSignal): Promise<void> {
  const instances = await ours(hand, nodes, "reboot", signal);
  await hand.api.rebootInstances({ InstanceIds: idsOf(instances) }, signal);
}

/** Why an instance was not terminated, for people. */
function refusal(node: Node, thrown: unknown): string {
  if (codeOf(thrown) === "OperationNotPermitted" && /disableApiTermination/i.test(messageOf(thrown))) {
    return `"${node.name}" (${node.id}): it is protected against termination`;
  }
  return `"${node.name}" (${node.id}): ${messageOf(thrown)}`;
}

/** Terminates instances in one call; one by one where that is refused, so that one does not keep the others. */
async function terminate(
  hand: Hand,
  nodes: readonly Node[],
  signal?: AbortSignal,
): Promise<readonly { readonly node: Node; readonly thrown: unknown }[]> {
  if (nodes.length === 0) return [];
  const [first] = nodes;
  try {
    await hand.api.terminateInstances({ InstanceIds: nodes.map(({ id }) => id) }, signal);
    return [];
  } catch (thrown) {
    signal?.throwIfAborted();
    if (nodes.length === 1 && first !== undefined) return isNotFound(thrown) ? [] : [{ node: first, thrown }];
    if (!isNotFound(thrown) && !/^OperationNotPermitted/.test(codeOf(thrown))) throw thrown;
  }
  const failures: { readonly node: Node; readonly thrown: unknown }[] = [];
  for (const node of nodes) failures.push(...await terminate(hand, [node], signal));
  return failures;
}

/**
 * Destroys nodes; resolves when EC2 shows them as terminated. Instances without our tag are not touched: they are not
 * seen.
 *
 * @throws {PalletError} that names those which are left, and why.
 */
export async function destroyNodes(hand: Hand, nodes: readonly Node[], signal?: AbortSignal): Promise<void> {
  needSome(nodes, "destroy");
  const found = await Promise.all(nodes.map((node) => seen(hand.watch, node, signal)));
  const alive = nodes.filter((_, at) => found[at] !== undefined && found[at].State?.Name !== "terminated");
  const failures = await terminate(hand, alive, signal);
  const kept = new Set(failures.map(({ node }) => node.id));
  const going = alive.filter(({ id }) => !kept.has(id));
  const left = await settle(hand, going, ["terminated"], hand.limits.gone, signal);
  const problems = [
    ...failures.map(({ node, thrown }) => refusal(node, thrown)),
    ...left.map(({ name, id }) => `"${name}" (${id}): it is not gone after ${hand.limits.gone} seconds`),
  ];
  if (problems.length === 0) return;
  const isProtected = problems.some((problem) => problem.endsWith("is protected against termination"));
  throw new PalletError(`Cannot destroy ${problems.join("; ")}`, {
    kind: "provider",
    help: isProtected
      ? "Somebody protected it: take disableApiTermination off it in AWS, then destroy it again. It is billed until then."
      : "They are billed until they are gone: see the console of AWS, and destroy them again.",
    ...(failures[0] === undefined ? {} : { cause: failures[0].thrown }),
  });
}
