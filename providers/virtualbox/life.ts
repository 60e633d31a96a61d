// Starts, stops and removes machines that are there.
import { messageOf, PalletError } from "../../engine/errors.ts";
import { needSome } from "../../engine/provider/need_some.ts";
import type { Node } from "../../engine/spec/node.ts";
import { eachAsItComes } from "../lab/concurrent.ts";
import { buildMachine, startMachine } from "./build.ts";
import { destroyMachine } from "./destroy.ts";
import { kept } from "./folder.ts";
import type { OwnMachine } from "./machines.ts";
import type { Own } from "./own.ts";
import { shutDown } from "./power.ts";

/** Works on machines, some at one time; all failures together are the error. */
async function each<T>(
  items: readonly T[],
  { options }: Own,
  work: (item: T) => Promise<void>,
  { what, nameOf }: { readonly what: string; readonly nameOf: (item: T) => string },
): Promise<void> {
  const failures: string[] = [];
  for await (const { item, result } of eachAsItComes(items, options.parallel, work)) {
    if (result.status === "rejected") failures.push(`${nameOf(item)}: ${messageOf(result.reason)}`);
  }
  if (failures.length > 0) {
    throw new PalletError(`Cannot ${what} ${failures.join("; ")}`, { kind: "provider" });
  }
}

/** Makes a machine again that was half made, of the plan in its folder. */
async function remake(own: Own, { record, registered }: OwnMachine, signal?: AbortSignal): Promise<void> {
  const before = await kept(record.folder);
  if (before === undefined) {
    throw new PalletError(`Machine "${record.name}" was half made, and its plan is gone`, {
      kind: "provider",
      help: "Remove it with pallet destroy; the next converge makes it anew.",
    });
  }
  const shop = await own.workshop(signal);
  await destroyMachine(shop.vbox, record, registered);
  await buildMachine(shop, before.plan);
}

/** Starts a machine in whatever state it is. */
export async function startOne(own: Own, machine: OwnMachine, signal?: AbortSignal): Promise<void> {
  const { record, state } = machine;
  const { uuid } = record;
  if (state === "half-made") return await remake(own, machine, signal);
  if (state === "running" || state === "starting" || state === "restoring") return;
  const shop = await own.workshop(signal);
  if (state === "paused") {
    await shop.vbox.change(uuid, ["controlvm", uuid, "resume"], { signal });
    return;
  }
  if (state === "gurumeditation") await shop.vbox.change(uuid, ["controlvm", uuid, "poweroff"], { signal });
  await startMachine(shop, { record });
}

/** Starts the machines of nodes. */
export async function startAll(own: Own, nodes: readonly Node[], signal?: AbortSignal): Promise<void> {
  needSome(nodes, "start");
  const start = async (node: Node) => await startOne(own, await own.machineOf(node, signal), signal);
  await each(nodes, own, start, { what: "start", nameOf: ({ name }) => name });
}

/** Asks a machine to power off, and cuts its power where it does not in time. */
async function stopOne(own: Own, { record, state }: OwnMachine, signal?: AbortSignal): Promise<void> {
  if (state !== "running" && state !== "paused") return;
  const { vbox } = await own.storeroom.box();
  if (state === "paused") await vbox.change(record.uuid, ["controlvm", record.uuid, "resume"], { signal });
  await shutDown(vbox, record, own.options.stopTimeout, signal);
}

/** Stops the machines of nodes, all at once. */
export async function stopAll(own: Own, nodes: readonly Node[], signal?: AbortSignal): Promise<void> {
  needSome(nodes, "stop");
  await Promise.all(
    nodes.map(async (node) => await stopOne(own, await own.machineOf(node, signal), signal)),
  );
}

/** Removes the machines of nodes; those that are gone already count as removed. */
export async function destroyAll(own: Own, nodes: readonly Node[]): Promise<void> {
  needSome(nodes, "destroy");
  const { vbox } = await own.storeroom.box();
  const ids = new Set(nodes.map(({ id }) => id));
  const ours = (await own.machines()).filter(({ record }) => ids.has(record.uuid));
  const destroy = ({ record, registered }: OwnMachine) => destroyMachine(vbox, record, registered);
  await each(ours, own, destroy, { what: "destroy", nameOf: ({ record }) => record.name });
}
