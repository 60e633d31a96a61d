// The steps until a login to an instance would work, each with its own limit.
import type { Instance } from "@aws-sdk/client-ec2";
import { PalletError } from "../../engine/errors.ts";
import { pause } from "../../engine/pause.ts";
import { greeting } from "../../engine/provider/greeting.ts";
import type { Readiness } from "../../engine/provider/provider.ts";
import type { Node } from "../../engine/spec/node.ts";
import type { Ec2Api } from "./api.ts";
import { consoleText, hostKeysOf } from "./console.ts";
import { isNotFound } from "./errors.ts";
import { isGone } from "./nodes.ts";
import type { Ec2Options } from "./options.ts";
import type { Watch } from "./watch.ts";

/** What waiting takes. */
export interface Waiting {
  readonly api: Ec2Api;
  readonly watch: Watch;
  readonly options: Ec2Options;
  readonly node: Node;
  /** Host keys that are known of it already. */
  readonly hostKeys: readonly string[];
  readonly keepHostKeys: (keys: readonly string[]) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** Seconds between two looks: short at first, as most things are quick. */
function* intervals(): Generator<number> {
  for (let wait = 0.25;; wait = Math.min(wait * 1.5, 3)) yield wait;
}

function fail(node: Node, what: string, help?: string): PalletError {
  return new PalletError(`Node "${node.name}" (${node.id}) is not ready: ${what}`, {
    kind: "provider",
    ...(help === undefined ? {} : { help }),
  });
}

function reasonOf(instance: Instance): string {
  const { Code: code = "", Message: message = "" } = instance.StateReason ?? {};
  if (message === "") return code === "" ? "without a reason" : code;
  return message.startsWith(code) || code === "" ? message : `${code}: ${message}`;
}

/** @throws {PalletError} for an instance that will never run. */
function requireAlive(node: Node, instance: Instance | undefined): void {
  if (instance === undefined || !isGone(instance)) return;
  throw fail(
    node,
    `EC2 ended it: ${reasonOf(instance)}`,
    "Run the command again for another in its place, or choose another type, zone or price.",
  );
}

/** Looks until something holds, or the step's time is over. */
async function until<T>(
  waiting: Waiting,
  seconds: number,
  late: (last: Instance | undefined) => PalletError,
  look: (instance: Instance) => T | undefined,
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (const wait of intervals()) {
    const instance = await waiting.watch.see(waiting.node.id);
    waiting.signal?.throwIfAborted();
    requireAlive(waiting.node, instance);
    const found = instance === undefined ? undefined : look(instance);
    if (found !== undefined) return found;
    if (performance.now() > end) throw late(instance);
    await pause(wait, waiting.signal);
  }
  throw new TypeError("unreachable");
}

function untilRunning(waiting: Waiting): Promise<Instance> {
  const { node, options: { limits } } = waiting;
  return until(waiting, limits.running, (last) => {
    if (last === undefined) {
      return fail(
        node,
        `EC2 did not show it within ${limits.running} seconds`,
        "Run the command again: it is known, and no other is made.",
      );
    }
    return fail(
      node,
      `it is still ${last.State?.Name ?? "unknown"} after ${limits.running} seconds`,
      "It exists and is billed. Run the command again to go on waiting, or destroy it.",
    );
  }, (instance) => instance.State?.Name === "running" ? instance : undefined);
}

function untilAddress(waiting: Waiting): Promise<string> {
  const { node, options: { limits, address } } = waiting;
  if (address === "id") return Promise.resolve(node.id);
  return until(
    waiting,
    limits.address,
    () =>
      fail(
        node,
        `it has no ${address} address after ${limits.address} seconds`,
        address === "public"
          ? "Its subnet gives none: name another subnet, or reach nodes inside of it (address: private, with jump)."
          : "See the instance in the console of AWS.",
      ),
    ({ PublicIpAddress: open, PrivateIpAddress: inner }) => address === "public" ? open : inner,
  );
}

/** What EC2's own checks of the machine and of its host say. */
async function checksOf({ watch, node, signal }: Waiting): Promise<"ok" | "impaired" | "under way"> {
  const status = await watch.check(node.id);
  signal?.throwIfAborted();
  const checks = [status?.SystemStatus?.Status, status?.InstanceStatus?.Status];
  if (checks.includes("impaired")) return "impaired";
  return checks.every((check) => check === "ok") ? "ok" : "under way";
}

function impaired(node: Node): PalletError {
  return fail(
    node,
    "EC2's status checks say that it is impaired",
    "Destroy it and run the command again: another is made.",
  );
}

/** Waits until sshd answers. */
async function untilPort(waiting: Waiting, address: string): Promise<void> {
  const { node, options: { limits }, signal } = waiting;
  const end = performance.now() + limits.port * 1000;
  for (const wait of intervals()) {
    const line = await greeting(address, 22, 5, signal);
    if (line?.startsWith("SSH-") === true) return;
    signal?.throwIfAborted();
    requireAlive(node, await waiting.watch.see(node.id));
    if (performance.now() > end) {
      // Who may not read them is told of the port alone.
      if (await checksOf(waiting).catch(() => undefined) === "impaired") throw impaired(node);
      throw fail(
        node,
        `sshd did not answer on ${address} port 22 within ${limits.port} seconds`,
        "Security groups, routes and network ACLs decide who reaches it; from inside of its VPC alone: address: private, with jump.",
      );
    }
    await pause(wait, signal);
  }
}

/** Where only others reach it: EC2's own checks tell that it has started. */
async function untilChecked(waiting: Waiting): Promise<void> {
  const { node, options: { limits }, signal } = waiting;
  const end = performance.now() + limits.port * 1000;
  for (const wait of intervals()) {
    const checks = await checksOf(waiting);
    if (checks === "ok") return;
    requireAlive(node, await waiting.watch.see(node.id));
    if (performance.now() > end) {
      if (checks === "impaired") throw impaired(node);
      throw fail(
        node,
        `EC2's status checks did not pass within ${limits.port} seconds`,
        "Run the command again to go on waiting.",
      );
    }
    await pause(wait * 3, signal);
  }
}

/** Host keys from the console, where it shows them in time. */
async function consoleKeys(waiting: Waiting): Promise<readonly string[]> {
  const { options: { limits }, api, node, signal } = waiting;
  const end = performance.now() + limits.console * 1000;
  for (const wait of intervals()) {
    try {
      const { Output: output } = await api.consoleOutput({ InstanceId: node.id, Latest: true }, signal);
      const keys = hostKeysOf(consoleText(output));
      if (keys.length > 0) return keys;
    } catch (thrown) {
      signal?.throwIfAborted();
      // Types of an older kind have no latest output, and some roles may not read it: ssh decides then.
      if (!isNotFound(thrown)) return [];
    }
    if (performance.now() + wait * 4000 > end) return [];
    await pause(wait * 4, signal);
  }
  return [];
}

/**
 * Steps until sshd of an instance answers.
 *
 * @throws {PalletError} when a step's time is over, naming it, or EC2 ends the instance, with its reason.
 */
export async function* readiness(waiting: Waiting): AsyncGenerator<Readiness> {
  const { options } = waiting;
  yield { step: "running", message: "waiting until EC2 runs it" };
  await untilRunning(waiting);
  yield { step: "address", message: "waiting for its address" };
  const address = await untilAddress(waiting);
  if (options.address === "id" || (options.jump !== undefined && options.jump.length > 0)) {
    yield {
      step: "port",
      message: `waiting for EC2's status checks, as ${address} is not reached from here`,
    };
    await untilChecked(waiting);
  } else {
    yield { step: "port", message: `waiting for sshd on ${address} port 22` };
    await untilPort(waiting, address);
  }
  const known = waiting.hostKeys.length > 0 || options.limits.console === 0;
  if (!known) yield { step: "host-key", message: "looking for its host keys on the console" };
  const keys = known ? waiting.hostKeys : await consoleKeys(waiting);
  if (!known && keys.length > 0) await waiting.keepHostKeys(keys);
  yield {
    step: "host-key",
    message: keys.length > 0
      ? "told by the console"
      : "not told by the console; ssh decides by what it knows",
  };
  yield { step: "done", message: "ready" };
}
