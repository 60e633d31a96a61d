import { join } from "node:path";
import { messageOf, PalletError } from "../../engine/errors.ts";
import type {
  CreateRequest,
  CreateResult,
  Problem,
  Provider,
  ProviderContext,
  ServiceConfig,
} from "../../engine/provider/provider.ts";
import type { Node } from "../../engine/spec/node.ts";
import type { NodeSpec } from "../../engine/spec/types.ts";
import { eachAsItComes } from "../lab/concurrent.ts";
import { addressOf } from "./address.ts";
import { buildMachine, startMachine, type Workshop } from "./build.ts";
import { checkBox } from "./check.ts";
import { destroyMachine, waitUntilOff } from "./destroy.ts";
import { kept, locked, serviceKey } from "./folder.ts";
import { listedSize } from "./hardware.ts";
import { ensureHostOnly, rangeProblems } from "./host_networks.ts";
import { fewAtOnce, nodeOf, type OwnMachine, ownMachines } from "./machines.ts";
import type { BoxOptions } from "./options.ts";
import { parseExtraData } from "./parse.ts";
import { type Plan, RECORD_KEY, recordOf } from "./plan.ts";
import { planOf, Ports } from "./planning.ts";
import { readiness } from "./ready.ts";
import { select, selectImage, type Selection } from "./selection.ts";
import { openStoreroom } from "./stock.ts";

/** Refuses what speaks against nodes, before anything of them is made. */
function refuse(problems: readonly Problem[]): never {
  throw new PalletError(
    `VirtualBox cannot make nodes: ${problems.map(({ path, message }) => `${path}: ${message}`).join("; ")}`,
    { kind: "provider", help: problems.flatMap(({ help }) => help ?? []).join(" ") },
  );
}

function needSome(nodes: readonly Node[], what: string): void {
  if (nodes.length > 0) return;
  throw new PalletError(`Cannot ${what} nodes: none was given`, { kind: "provider" });
}

function isProblems(value: object): value is readonly Problem[] {
  return Array.isArray(value);
}

/** The machines of a service. */
export function makeBox(service: ServiceConfig, options: BoxOptions, context: ProviderContext): Provider {
  const folder = join(context.stateDir, options.name);
  const storeroom = openStoreroom(service, options, context);

  const machines = async (signal?: AbortSignal): Promise<readonly OwnMachine[]> =>
    await ownMachines((await storeroom.box()).vbox, options.name, options.nodePath, signal);

  const workshop = async (signal?: AbortSignal): Promise<Workshop> => ({
    ...await storeroom.box(),
    folder,
    signal,
  });

  const machineOf = async (node: Node, signal?: AbortSignal): Promise<OwnMachine> => {
    const found = (await machines(signal)).find(({ record }) => record.uuid === node.id);
    if (found !== undefined) return found;
    throw new PalletError(`Service "${service.name}" has no node "${node.name}" (${node.id})`, {
      kind: "provider",
    });
  };

  const asNode = async (machine: OwnMachine, signal?: AbortSignal): Promise<Node> => {
    const { vbox } = await storeroom.box();
    const address = machine.state === "running" ? await addressOf(vbox, machine.record, signal) : undefined;
    return nodeOf(machine, service.name, address);
  };

  const selection = async (spec: NodeSpec, signal?: AbortSignal): Promise<Selection | readonly Problem[]> => {
    const stock = await storeroom.stock(signal);
    const chosen = select(spec, stock);
    if (isProblems(chosen)) return chosen;
    const toMake = chosen.adapters.some(({ attach, target }) =>
      attach.startsWith("host-only") && target === undefined
    );
    const problems = toMake && stock.networks.hostOnlyNetworks === undefined
      ? await rangeProblems(options.localRange)
      : [];
    return problems.length > 0 ? problems : chosen;
  };

  /** The host-only network that adapters without a name get; made where there is none. */
  const hostOnly = async ({ adapters }: Selection, signal?: AbortSignal): Promise<string | undefined> => {
    const one = adapters.find(({ attach }) => attach.startsWith("host-only"));
    if (one === undefined) return undefined;
    const { vbox, features } = await storeroom.box();
    return await locked(
      folder,
      "networks",
      () => ensureHostOnly(vbox, features, options.localRange, one.target, signal),
    );
  };

  /** Makes a machine; one that cannot be made is kept or removed, as the service says. */
  const build = async (shop: Workshop, plan: Plan): Promise<CreateResult> => {
    const { record } = plan;
    try {
      await buildMachine(shop, plan);
      return {
        name: record.name,
        node: nodeOf({ record, state: "running", registered: true }, service.name, undefined),
      };
    } catch (error) {
      const help = error instanceof PalletError ? error.help ?? "" : "";
      return {
        name: record.name,
        error: messageOf(error),
        help: `${help} ${await afterwards(shop, plan)}`.trim(),
      };
    }
  };

  const afterwards = async ({ vbox }: Workshop, { record }: Plan): Promise<string> => {
    if (options.keepFailed) {
      return `What was made of it is kept: VBoxManage showvminfo ${record.uuid}, and in ${record.folder}. The next converge makes it anew.`;
    }
    try {
      const found = (await machines()).find((one) => one.record.uuid === record.uuid);
      if (found !== undefined) await destroyMachine(vbox, record, found.registered);
      return "What was made of it is removed; option keep-failed keeps it for a look.";
    } catch (error) {
      return `What was made of it could not be removed: ${messageOf(error)}. pallet destroy removes it.`;
    }
  };

  async function* create(request: CreateRequest, signal?: AbortSignal): AsyncGenerator<CreateResult> {
    const chosen = await selection(request.nodeSpec, signal);
    if (isProblems(chosen)) refuse(chosen);
    const all = await machines(signal);
    const known = new Map(all.map((machine) => [machine.record.name, machine]));
    for (const name of request.names) {
      const other = known.get(name)?.record;
      if (other === undefined || other.group === request.group) continue;
      throw new PalletError(
        `Cannot make node "${name}" of group "${request.group}": group "${other.group}" has a node of that name`,
        { kind: "provider" },
      );
    }
    const shop = await workshop(signal);
    const key = await locked(folder, "key", () => serviceKey(folder));
    const mold = {
      request,
      selection: chosen,
      service: options.name,
      nodePath: options.nodePath,
      key,
      ports: new Ports(all.flatMap(({ record }) => record.forwards.map(({ hostPort }) => hostPort))),
      hostOnly: await hostOnly(chosen, signal),
    };
    const make = async (name: string): Promise<CreateResult> => {
      signal?.throwIfAborted();
      const existing = known.get(name);
      if (existing?.state === "half-made") {
        await destroyMachine(shop.vbox, existing.record, existing.registered);
      } else if (existing !== undefined) return { name, node: await adopt(existing, signal) };
      return await build(shop, planOf(mold, name));
    };
    for await (const { item, result } of eachAsItComes(request.names, options.parallel, make)) {
      if (result.status === "fulfilled") yield result.value;
      else yield { name: item, error: messageOf(result.reason) };
    }
  }

  /** A machine that is there already, running. */
  const adopt = async (machine: OwnMachine, signal?: AbortSignal): Promise<Node> => {
    await startOne(machine, signal);
    return await asNode({ ...machine, state: "running" }, signal);
  };

  const startOne = async ({ record, state }: OwnMachine, signal?: AbortSignal): Promise<void> => {
    const shop = await workshop(signal);
    const { uuid, name } = record;
    if (state === "running" || state === "starting" || state === "restoring") return;
    if (state === "paused") {
      await shop.vbox.change(uuid, ["controlvm", uuid, "resume"], { signal });
      return;
    }
    if (state === "gurumeditation") await shop.vbox.change(uuid, ["controlvm", uuid, "poweroff"], { signal });
    if (state !== "half-made") return await startMachine(shop, { record });
    const before = await kept(record.folder);
    if (before === undefined) {
      throw new PalletError(`Machine "${name}" was half made, and its plan is gone`, {
        kind: "provider",
        help: "Remove it with pallet destroy; the next converge makes it anew.",
      });
    }
    await destroyMachine(
      shop.vbox,
      record,
      (await machines(signal)).some((one) => one.record.uuid === uuid && one.registered),
    );
    await buildMachine(shop, before.plan);
  };

  const startAll = async (nodes: readonly Node[], signal?: AbortSignal): Promise<void> => {
    needSome(nodes, "start");
    const failures: string[] = [];
    const results = eachAsItComes(nodes, options.parallel, async (node) => {
      await startOne(await machineOf(node, signal), signal);
    });
    for await (const { item, result } of results) {
      if (result.status === "rejected") failures.push(`${item.name}: ${messageOf(result.reason)}`);
    }
    if (failures.length > 0) {
      throw new PalletError(`Cannot start ${failures.join("; ")}`, { kind: "provider" });
    }
  };

  /** Asks a machine to power off, and cuts its power where it does not in time. */
  const stopOne = async ({ record, state }: OwnMachine, signal?: AbortSignal): Promise<void> => {
    if (state !== "running" && state !== "paused") return;
    const { vbox } = await storeroom.box();
    const control = (word: string) => vbox.change(record.uuid, ["controlvm", record.uuid, word], { signal });
    if (state === "paused") await control("resume");
    await control("acpipowerbutton");
    if (await waitUntilOff(vbox, record.uuid, options.stopTimeout)) return;
    await control("poweroff");
    await waitUntilOff(vbox, record.uuid, options.stopTimeout);
  };

  const stopAll = async (nodes: readonly Node[], signal?: AbortSignal): Promise<void> => {
    needSome(nodes, "stop");
    await Promise.all(nodes.map(async (node) => await stopOne(await machineOf(node, signal), signal)));
  };

  return {
    name: "virtualbox",
    capabilities: { create: true, destroy: true, stop: true, tag: true },
    check: (signal) => checkBox(storeroom.program, options, signal),
    images: async () => (await storeroom.models()).images.map(({ image }) => image),
    async hardware() {
      const { sizes } = await storeroom.models();
      return sizes.map((size) => listedSize(size, sizes));
    },
    async validate(spec, signal) {
      const chosen = await selection(spec, signal);
      return isProblems(chosen) ? chosen : [];
    },
    async imageFor(spec) {
      const chosen = selectImage(spec, await storeroom.models());
      return isProblems(chosen) ? undefined : chosen.image;
    },
    async nodes(signal) {
      return await fewAtOnce(await machines(signal), (machine) => asNode(machine, signal));
    },
    async estimate(request, signal) {
      const chosen = await selection(request.nodeSpec, signal);
      if (isProblems(chosen)) return { image: "none", hardware: "none", pricePerHour: 0 };
      const { machine: { cores, ram }, size } = chosen;
      return {
        image: chosen.image.image.id,
        hardware: `${size}: ${cores} ${cores === 1 ? "core" : "cores"}, ${ram} MB`,
        pricePerHour: 0,
      };
    },
    create,
    async *ready(node, signal) {
      const { record } = await machineOf(node, signal);
      const { vbox } = await storeroom.box();
      const pictures = join(folder, "screenshots");
      yield* readiness({ vbox, record, bootTimeout: options.bootTimeout, pictures, signal });
    },
    start: startAll,
    stop: stopAll,
    async reboot(nodes, signal) {
      await stopAll(nodes, signal);
      await startAll(nodes, signal);
    },
    async destroy(nodes) {
      needSome(nodes, "destroy");
      const { vbox } = await storeroom.box();
      const all = await machines();
      const ids = new Set(nodes.map(({ id }) => id));
      const failures: string[] = [];
      const ours = all.filter(({ record }) => ids.has(record.uuid));
      const results = eachAsItComes(ours, options.parallel, async ({ record, registered }) => {
        await destroyMachine(vbox, record, registered);
      });
      for await (const { item, result } of results) {
        if (result.status === "rejected") failures.push(`${item.record.name}: ${messageOf(result.reason)}`);
      }
      if (failures.length > 0) {
        throw new PalletError(`Cannot destroy ${failures.join("; ")}`, { kind: "provider" });
      }
    },
    async tag(node, tags, signal) {
      const { vbox } = await storeroom.box();
      await locked(folder, `tags-${node.id}`, async () => {
        const record = recordOf(
          parseExtraData(await vbox.look(["getextradata", node.id, RECORD_KEY], { signal })),
        );
        if (record === undefined || record.service !== options.name) {
          throw new PalletError(`Service "${service.name}" has no node "${node.name}" (${node.id})`, {
            kind: "provider",
          });
        }
        const merged = Object.entries({ ...record.tags, ...tags });
        const left = merged.filter((entry): entry is [string, string] => entry[1] !== null);
        const text = JSON.stringify({ ...record, tags: Object.fromEntries(left) });
        await vbox.change(node.id, ["setextradata", node.id, RECORD_KEY, text], { signal });
      });
    },
    // Networks are common to all groups, and kept: other machines may use them.
    ensureGroup: () => Promise.resolve(),
    removeGroup: () => Promise.resolve(),
    async route(node, signal) {
      const { record } = await machineOf(node, signal);
      const { vbox } = await storeroom.box();
      const address = await addressOf(vbox, record, signal);
      if (address === undefined) {
        throw new PalletError(`Nobody knows an address of node "${node.name}"`, {
          kind: "provider",
          help:
            `Is it running, and its adapter ${record.management.mac} connected? VBoxManage guestproperty enumerate ${record.uuid}`,
        });
      }
      return {
        kind: "ssh",
        address: address.address,
        port: address.port,
        user: record.user,
        hostKeyAlias: record.uuid,
        name: record.name,
        hostKeys: record.hostKey === undefined ? [] : [record.hostKey],
        identities: record.identity === undefined ? [] : [record.identity],
        ...(record.password === undefined ? {} : { password: record.password }),
        // Where its keys are ours, what the user says of other hosts is not about it.
        ...(record.hostKey === undefined ? {} : { sshConfig: false as const }),
        // Between this machine and a node that was just made on it there is nobody but on a bridge.
        ...(record.hostKey === undefined && record.management.attach !== "bridged"
          ? { hostKeyChoice: "accept-new" as const }
          : {}),
      };
    },
    close: () => Promise.resolve(),
  };
}
