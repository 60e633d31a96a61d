import { join } from "node:path";
import { messageOf, PalletError } from "../../engine/errors.ts";
import { noModels } from "../../engine/provider/models.ts";
import { needSome } from "../../engine/provider/need_some.ts";
import type {
  CreateRequest,
  CreateResult,
  Provider,
  ProviderContext,
  ServiceConfig,
} from "../../engine/provider/provider.ts";
import type { Node } from "../../engine/spec/node.ts";
import type { NodeSpec } from "../../engine/spec/types.ts";
import { readSystemFile } from "../../engine/system_file.ts";
import { ensureImage } from "./cache.ts";
import { eachAsItComes } from "./concurrent.ts";
import { type Helper, makeHelper } from "./helper.ts";
import { chooseImage, type LabImage, labImages } from "./images.ts";
import { cgroupRoot, checkMachine, imageSource, installMissing, machineRam } from "./machine.ts";
import { labNames } from "./names.ts";
import { openNetwork } from "./network.ts";
import { cgroupOf, finishRemovals, type Ground, recordNodes, startNode } from "./nodes.ts";
import type { LabOptions } from "./options.ts";
import { readiness } from "./ready.ts";
import { labSizes, limitsOf } from "./sizes.ts";
import { specProblems } from "./spec.ts";
import { type NodeRecord, openStore, type Store } from "./store.ts";

/** Nodes that start at one time. */
const startsAtOnce = 6;

/** Seconds that a node gets to power off by itself. */
const stopSeconds = 20;

/** The lab of a service. */
export function makeLab(service: ServiceConfig, options: LabOptions, context: ProviderContext): Provider {
  const uid = Deno.build.os === "linux" ? Deno.uid() : null;
  const folder = join(context.stateDir, options.name);
  const store: Store = openStore(folder);
  const names = labNames(folder);
  const helper: Helper = makeHelper(uid, context.progress);
  const network = openNetwork(names, options, helper, store);
  const arch = Deno.build.arch;
  const { hardware: models } = context.models ?? noModels;
  const size = { cores: navigator.hardwareConcurrency, ram: machineRam(), arch };

  const images = async (): Promise<readonly LabImage[]> =>
    labImages(await imageSource(arch, options.mirrors));
  const imageOf = async (spec: NodeSpec) => chooseImage(spec.image ?? {}, await images(), options.image);

  let root: Promise<string | undefined> | undefined;
  const isRunning = async (id: string): Promise<boolean> => {
    root ??= readSystemFile("/proc/self/mounts").then(cgroupRoot);
    const at = await root;
    if (at === undefined) root = undefined; // it may yet come
    try {
      const events = await readSystemFile(`${at}/${cgroupOf(names, id)}/cgroup.events`);
      return /^populated 1$/m.test(events);
    } catch {
      return false;
    }
  };

  const nodeOf = async (record: NodeRecord): Promise<Node> => ({
    id: record.id,
    name: record.name,
    service: record.service,
    provider: "lab",
    group: record.group,
    state: await isRunning(record.id) ? "running" : "stopped",
    primaryIp: record.address,
    privateIp: record.address,
    sshPort: 22,
    image: record.image,
    hardware: { cores: record.cores || size.cores, ram: record.memory || size.ram },
    os: record.os,
    tags: record.tags,
    createdAt: record.createdAt,
    extra: { folder: store.nodeFolder(record.id) },
  });

  const recordOf = async (node: Node): Promise<NodeRecord> => {
    const record = await store.node(node.id);
    if (record !== undefined) return record;
    throw new PalletError(`The lab has no node "${node.name}" (${node.id})`, { kind: "provider" });
  };

  const remove = async (ids: readonly string[]): Promise<void> => {
    await store.locked(async () => {
      for (const id of ids) await store.markRemoved(id);
    });
    await network.sweep();
  };

  const refuseProblems = async (spec: NodeSpec): Promise<void> => {
    const problems = [...await checkMachine(uid), ...specProblems(spec, await images(), size, models)];
    if (problems.length === 0) return;
    throw new PalletError(
      `The lab cannot make nodes: ${problems.map(({ path, message }) => `${path}: ${message}`).join("; ")}`,
      { kind: "provider", help: problems.flatMap(({ help }) => help ?? []).join(" ") },
    );
  };

  const start = async (record: NodeRecord, ground: Ground, signal?: AbortSignal): Promise<CreateResult> => {
    await startNode(helper, store, ground, record, signal);
    return { name: record.name, node: await nodeOf(record) };
  };

  async function* create(request: CreateRequest, signal?: AbortSignal): AsyncGenerator<CreateResult> {
    await refuseProblems(request.nodeSpec);
    await installMissing(helper, context.progress, signal);
    const image = await imageOf(request.nodeSpec);
    if (image === undefined) {
      throw new PalletError("The lab has no image for the nodes", { kind: "provider" });
    }
    const layer = await ensureImage(helper, context.cacheDir, image, options.proxy, signal);
    if ((await store.removed()).length > 0) await finishRemovals(helper, store, names);
    const limits = limitsOf(request.nodeSpec.hardware ?? {}, models);
    const mold = {
      image,
      layer,
      user: request.nodeSpec.image?.overrideLoginUser ?? image.image.loginUser,
      memory: limits.ram,
      cores: limits.cores,
    };
    const { records, ground } = await store.locked(async () => {
      signal?.throwIfAborted();
      await store.dropHalves();
      const subnet = await network.subnet();
      const records = await recordNodes(store, service.name, subnet, request, mold);
      return { records, ground: await network.up(subnet, signal) };
    });
    const results = eachAsItComes(records, startsAtOnce, (record) => start(record, ground, signal));
    for await (const { item, result } of results) {
      if (result.status === "fulfilled") yield result.value;
      else {
        // One that was there before keeps its disk; one that was not is no node.
        if (item.token === request.token) await remove([item.id]);
        yield { name: item.name, error: messageOf(result.reason) };
      }
    }
  }

  const startAll = async (nodes: readonly Node[], signal?: AbortSignal): Promise<void> => {
    needSome(nodes, "start");
    const records = await Promise.all(nodes.map(recordOf));
    const ground = await store.locked(async () => await network.up(await network.subnet(), signal));
    const failures: string[] = [];
    for await (
      const { item, result } of eachAsItComes(records, startsAtOnce, (r) => start(r, ground, signal))
    ) {
      if (result.status === "rejected") failures.push(`${item.name}: ${messageOf(result.reason)}`);
    }
    if (failures.length > 0) {
      throw new PalletError(`Cannot start ${failures.join("; ")}`, { kind: "provider" });
    }
  };

  const stopAll = async (nodes: readonly Node[], signal?: AbortSignal): Promise<void> => {
    needSome(nodes, "stop");
    const records = await Promise.all(nodes.map(recordOf));
    await Promise.all(
      records.map(({ id }) =>
        helper.run("node-stop", [store.nodeFolder(id), cgroupOf(names, id), String(stopSeconds)], signal)
      ),
    );
  };

  return {
    name: "lab",
    capabilities: { create: true, destroy: true, stop: true, tag: true },
    async check() {
      // A machine on which nodes run lacks nothing that these need; what making others takes is asked before that.
      const running = await Promise.all((await store.nodes()).map(({ id }) => isRunning(id)));
      return running.includes(true) ? [] : await checkMachine(uid);
    },
    images: async () => (await images()).map(({ image }) => image),
    hardware: () => Promise.resolve(labSizes(models, size)),
    validate: async (spec) => specProblems(spec, await images(), size, models),
    imageFor: async (spec) => (await imageOf(spec))?.image,
    async nodes() {
      // As root it costs nobody a password to end here what a killed command left behind.
      if (uid === 0 && await network.hasLeftovers()) await network.sweep();
      return await Promise.all((await store.nodes()).map(nodeOf));
    },
    async estimate(request) {
      const image = await imageOf(request.nodeSpec);
      const { cores, ram } = limitsOf(request.nodeSpec.hardware ?? {}, models);
      const limits = [
        ...(cores === 0 ? [] : [`${cores} ${cores === 1 ? "core" : "cores"}`]),
        ...(ram === 0 ? [] : [`${ram} MB`]),
      ];
      return { image: image?.image.id ?? "none", hardware: limits.join(", ") || "machine", pricePerHour: 0 };
    },
    create,
    async *ready(node, signal) {
      const record = await recordOf(node);
      yield* readiness({
        name: node.name,
        address: record.address,
        bootTimeout: options.bootTimeout,
        running: () => isRunning(node.id),
        console: async () => {
          if (uid === 0) {
            const words = [store.nodeFolder(node.id), cgroupOf(names, node.id)];
            return (await helper.run("node-console", words).catch((error) => [messageOf(error)])).join("\n");
          }
          return await Deno.readTextFile(join(store.nodeFolder(node.id), "console.log")).catch(() => "");
        },
        ...(signal === undefined ? {} : { signal }),
      });
    },
    start: startAll,
    stop: stopAll,
    async reboot(nodes, signal) {
      await stopAll(nodes, signal);
      await startAll(nodes, signal);
    },
    async destroy(nodes) {
      needSome(nodes, "destroy");
      await remove(nodes.map(({ id }) => id));
    },
    async tag(node, tags) {
      await store.locked(async () => {
        const record = await recordOf(node);
        const merged = Object.entries({ ...record.tags, ...tags });
        const kept = merged.filter((entry): entry is [string, string] => entry[1] !== null);
        await store.writeNode({ ...record, tags: Object.fromEntries(kept) });
      });
    },
    // The lab's network is common to all groups and kept by create and destroy.
    ensureGroup: () => Promise.resolve(),
    removeGroup: () => Promise.resolve(),
    async route(node) {
      const record = await recordOf(node);
      return {
        kind: "ssh",
        address: record.address,
        port: 22,
        user: record.user,
        hostKeyAlias: record.id,
        hostKeys: [record.hostKey.split(" ").slice(0, 2).join(" ")],
        identities: [store.identity],
        // On a network of its own, with keys of its own: what the user says of other hosts is not about it.
        sshConfig: false,
      };
    },
    close: () => helper.close(),
  };
}
