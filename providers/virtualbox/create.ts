// Makes the nodes of a request, some at one time.
import { messageOf, PalletError } from "../../engine/errors.ts";
import type { CreateRequest, CreateResult } from "../../engine/provider/provider.ts";
import type { Node } from "../../engine/spec/node.ts";
import { eachAsItComes } from "../lab/concurrent.ts";
import { buildMachine, type Workshop } from "./build.ts";
import { destroyMachine } from "./destroy.ts";
import { locked, serviceKey } from "./folder.ts";
import { ensureHostOnly } from "./host_networks.ts";
import { startOne } from "./life.ts";
import { nodeOf, type OwnMachine } from "./machines.ts";
import type { Own } from "./own.ts";
import type { Plan } from "./plan.ts";
import { planOf, Ports } from "./planning.ts";
import type { Selection } from "./selection.ts";

/** The host-only network that adapters without a name get; made where there is none. */
async function hostOnly(
  { storeroom, folder, options }: Own,
  { adapters }: Selection,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const one = adapters.find(({ attach }) => attach.startsWith("host-only"));
  if (one === undefined) return undefined;
  const { vbox, features } = await storeroom.box();
  return await locked(
    folder,
    "networks",
    () => ensureHostOnly(vbox, features, options.localRange, one.target, signal),
  );
}

/** What becomes of a machine that could not be made, in words. */
async function afterwards(own: Own, { vbox }: Workshop, { record }: Plan): Promise<string> {
  if (own.options.keepFailed) {
    return `What was made of it is kept: VBoxManage showvminfo ${record.uuid}, and in ${record.folder}. The next converge makes it anew.`;
  }
  try {
    const found = (await own.machines()).find((one) => one.record.uuid === record.uuid);
    if (found !== undefined) await destroyMachine(vbox, record, found.registered);
    return "What was made of it is removed; option keep-failed keeps it for a look.";
  } catch (error) {
    return `What was made of it could not be removed: ${messageOf(error)}. pallet destroy removes it.`;
  }
}

/** Makes a machine; one that cannot be made is kept or removed, as the service says. */
async function build(own: Own, shop: Workshop, plan: Plan): Promise<CreateResult> {
  const { record } = plan;
  try {
    await buildMachine(shop, plan);
    const machine = { record, state: "running", registered: true };
    return { name: record.name, node: nodeOf(machine, own.service.name, undefined) };
  } catch (error) {
    const help = error instanceof PalletError ? error.help ?? "" : "";
    const end = await afterwards(own, shop, plan);
    return { name: record.name, error: messageOf(error), help: `${help} ${end}`.trim() };
  }
}

/** @throws {PalletError} when a node of another group has a name that is wanted. */
function refuseForeign({ names, group }: CreateRequest, known: ReadonlyMap<string, OwnMachine>): void {
  for (const name of names) {
    const other = known.get(name)?.record;
    if (other === undefined || other.group === group) continue;
    throw new PalletError(
      `Cannot make node "${name}" of group "${group}": group "${other.group}" has a node of that name`,
      { kind: "provider" },
    );
  }
}

/** Makes nodes of what a spec came to; those that are there already are started, and are the result. */
export async function* createNodes(
  own: Own,
  request: CreateRequest,
  { selection, asNode }: {
    readonly selection: Selection;
    readonly asNode: (machine: OwnMachine) => Promise<Node>;
  },
  signal?: AbortSignal,
): AsyncGenerator<CreateResult> {
  const { options, folder } = own;
  const all = await own.machines(signal);
  const known = new Map(all.map((machine) => [machine.record.name, machine]));
  refuseForeign(request, known);
  const shop = await own.workshop(signal);
  const mold = {
    request,
    selection,
    service: options.name,
    nodePath: options.nodePath,
    key: await locked(folder, "key", () => serviceKey(folder)),
    ports: new Ports(all.flatMap(({ record }) => record.forwards.map(({ hostPort }) => hostPort))),
    hostOnly: await hostOnly(own, selection, signal),
  };
  const make = async (name: string): Promise<CreateResult> => {
    signal?.throwIfAborted();
    const existing = known.get(name);
    if (existing !== undefined && existing.state !== "half-made") {
      await startOne(own, existing, signal);
      return { name, node: await asNode({ ...existing, state: "running" }) };
    }
    if (existing !== undefined) await destroyMachine(shop.vbox, existing.record, existing.registered);
    return await build(own, shop, planOf(mold, name));
  };
  for await (const { item, result } of eachAsItComes(request.names, options.parallel, make)) {
    if (result.status === "fulfilled") yield result.value;
    else yield { name: item, error: messageOf(result.reason) };
  }
}
