import { join } from "node:path";
import { PalletError } from "../../engine/errors.ts";
import type { Problem, Provider, ProviderContext, ServiceConfig } from "../../engine/provider/provider.ts";
import type { Node } from "../../engine/spec/node.ts";
import type { NodeSpec } from "../../engine/spec/types.ts";
import { addressOf } from "./address.ts";
import { checkBox, missingModels } from "./check.ts";
import { createNodes } from "./create.ts";
import { locked } from "./folder.ts";
import { listedSize } from "./hardware.ts";
import { rangeProblems } from "./host_networks.ts";
import { destroyAll, startAll, stopAll } from "./life.ts";
import { fewAtOnce, nodeOf, type OwnMachine } from "./machines.ts";
import { describeNetwork } from "./network.ts";
import type { BoxOptions } from "./options.ts";
import { noNode, openOwn } from "./own.ts";
import { parseExtraData } from "./parse.ts";
import { RECORD_KEY, recordOf } from "./plan.ts";
import { readiness } from "./ready.ts";
import { select, selectImage, type Selection } from "./selection.ts";

/** Refuses what speaks against nodes, before anything of them is made. */
function refuse(problems: readonly Problem[]): never {
  throw new PalletError(
    `VirtualBox cannot make nodes: ${problems.map(({ path, message }) => `${path}: ${message}`).join("; ")}`,
    { kind: "provider", help: problems.flatMap(({ help }) => help ?? []).join(" ") },
  );
}

function isProblems(value: object): value is readonly Problem[] {
  return Array.isArray(value);
}

/** The machines of a service. */
export function makeBox(service: ServiceConfig, options: BoxOptions, context: ProviderContext): Provider {
  const own = openOwn(service, options, context);
  const { folder, storeroom } = own;

  const asNode = async (machine: OwnMachine, signal?: AbortSignal): Promise<Node> => {
    const { vbox } = await storeroom.box();
    const address = machine.state === "running" ? await addressOf(vbox, machine.record, signal) : undefined;
    return nodeOf(machine, service.name, address);
  };

  const selection = async (spec: NodeSpec): Promise<Selection | readonly Problem[]> => {
    const missing = await missingModels(options);
    if (missing.length > 0) return missing;
    const stock = await storeroom.stock();
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

  return {
    name: "virtualbox",
    capabilities: { create: true, destroy: true, stop: true, tag: true },
    check: (signal) => checkBox(storeroom, options, signal),
    images: async () => (await storeroom.models()).images.map(({ image }) => image),
    async hardware() {
      const { sizes } = await storeroom.models();
      return sizes.map((size) => listedSize(size, sizes));
    },
    async validate(spec) {
      const chosen = await selection(spec);
      return isProblems(chosen) ? chosen : [];
    },
    async imageFor(spec) {
      const chosen = selectImage(spec, await storeroom.models());
      return isProblems(chosen) ? undefined : chosen.image;
    },
    async nodes(signal) {
      return await fewAtOnce(await own.machines(signal), (machine) => asNode(machine, signal));
    },
    async estimate(request) {
      const chosen = await selection(request.nodeSpec);
      if (isProblems(chosen)) return { image: "none", hardware: "none", pricePerHour: 0 };
      const { machine: { cores, ram }, size, adapters } = chosen;
      const room = `${cores} ${cores === 1 ? "core" : "cores"}, ${ram} MB`;
      return {
        image: chosen.image.image.id,
        hardware: `${size}: ${room}, ${describeNetwork(adapters)}`,
        pricePerHour: 0,
      };
    },
    async *create(request, signal) {
      const chosen = await selection(request.nodeSpec);
      if (isProblems(chosen)) refuse(chosen);
      const parts = { selection: chosen, asNode: (machine: OwnMachine) => asNode(machine, signal) };
      yield* createNodes(own, request, parts, signal);
    },
    async *ready(node, signal) {
      const { record } = await own.machineOf(node, signal);
      const { vbox } = await storeroom.box();
      const pictures = join(folder, "screenshots");
      yield* readiness({ vbox, record, bootTimeout: options.bootTimeout, pictures, signal });
    },
    start: (nodes, signal) => startAll(own, nodes, signal),
    stop: (nodes, signal) => stopAll(own, nodes, signal),
    async reboot(nodes, signal) {
      await stopAll(own, nodes, signal);
      await startAll(own, nodes, signal);
    },
    destroy: (nodes) => destroyAll(own, nodes),
    async tag(node, tags, signal) {
      const { vbox } = await storeroom.box();
      await locked(folder, `tags-${node.id}`, async () => {
        const record = recordOf(
          parseExtraData(await vbox.look(["getextradata", node.id, RECORD_KEY], { signal })),
        );
        if (record === undefined || record.service !== options.name) {
          throw noNode(service, node);
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
      const { record } = await own.machineOf(node, signal);
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
