// This machine as a node: it plays any group of count 1, is reached without ssh, and stays when its node is removed.
import { hostname } from "node:os";
import { PalletError } from "../../engine/errors.ts";
import type {
  CreateResult,
  Hardware,
  Image,
  Provider,
  ProviderContext,
  ProviderKind,
  Readiness,
  ServiceConfig,
} from "../../engine/provider/provider.ts";
import { object, validate } from "../../engine/schema.ts";
import type { Node } from "../../engine/spec/node.ts";
import { type Entry, readEntries, writeEntries } from "./store.ts";
import { specProblems } from "./spec.ts";
import { thisHardware, thisImage } from "./machine.ts";

function refusal(message: string, help: string): PalletError {
  return new PalletError(message, { kind: "provider", help });
}

function nodeOf(service: ServiceConfig, image: Image, hardware: Hardware, name: string, entry: Entry): Node {
  return {
    id: `localhost/${name}`,
    name,
    service: service.name,
    provider: "localhost",
    group: entry.group,
    state: "running",
    primaryIp: "127.0.0.1",
    image: image.id,
    hardware: { cores: hardware.cores, ram: hardware.ram },
    os: image.os,
    tags: entry.tags,
    createdAt: entry.createdAt,
    extra: { hostname: hostname() },
  };
}

async function open(service: ServiceConfig, context: ProviderContext): Promise<Provider> {
  validate(object({}), service.options, {
    what: `service "${service.name}" (localhost)`,
    kind: "config",
    ...(service.origin === undefined ? {} : { origin: service.origin }),
  });
  const [image, hardware] = [await thisImage(), thisHardware()];
  const folder = context.stateDir;
  const toNode = (name: string, entry: Entry) => nodeOf(service, image, hardware, name, entry);
  const stays = (what: string) => () =>
    Promise.reject(
      refusal(
        `Cannot ${what} this machine by the service "${service.name}"`,
        `It is the machine that Pallet runs on: ${what} it yourself.`,
      ),
    );
  return {
    name: "localhost",
    capabilities: { create: true, destroy: true, stop: false, tag: true },
    check: () =>
      Promise.resolve(
        Deno.build.os === "linux"
          ? []
          : [{ path: "", message: `this machine runs ${Deno.build.os}, not Linux` }],
      ),
    images: () => Promise.resolve([image]),
    hardware: () => Promise.resolve([hardware]),
    validate: (spec) => Promise.resolve(specProblems(spec, image, hardware)),
    imageFor: () => Promise.resolve(image),
    nodes: async () => Object.entries(await readEntries(folder)).map(([name, entry]) => toNode(name, entry)),
    estimate: ({ names, group }) =>
      names.length > 1
        ? Promise.reject(
          refusal(
            `Cannot make ${names.length} nodes of group "${group}": there is one localhost`,
            "Set the group's count to 1, or use another service.",
          ),
        )
        : Promise.resolve({ image: image.id, hardware: hardware.id, pricePerHour: 0 }),
    async *create(request): AsyncIterable<CreateResult> {
      const [problem] = specProblems(request.nodeSpec, image, hardware);
      if (problem !== undefined) {
        throw refusal(
          `Cannot make nodes of group "${request.group}": ${problem.path}: ${problem.message}`,
          problem.help ?? "",
        );
      }
      const entries = { ...await readEntries(folder) };
      for (const name of request.names) {
        const other = Object.entries(entries).find(([key, entry]) =>
          key !== name && entry.group === request.group
        );
        if (other !== undefined) {
          yield {
            name,
            error: `Cannot make node "${name}": "${other[0]}" is the one node of group "${request.group}"`,
            help: "There is one localhost: set the group's count to 1.",
          };
          continue;
        }
        const entry = entries[name] ??
          { group: request.group, tags: request.tags, createdAt: new Date().toISOString() };
        entries[name] = entry;
        await writeEntries(folder, entries);
        yield { name, node: toNode(name, entry) };
      }
    },
    async *ready(): AsyncIterable<Readiness> {
      yield await Promise.resolve({ step: "done", message: "this machine" });
    },
    start: () => Promise.resolve(),
    stop: stays("stop"),
    reboot: stays("reboot"),
    async destroy(nodes) {
      if (nodes.length === 0) throw refusal("Cannot destroy no nodes: the list is empty", "Name the nodes.");
      const gone = new Set(nodes.map((node) => node.name));
      const entries = Object.entries(await readEntries(folder)).filter(([name]) => !gone.has(name));
      await writeEntries(folder, Object.fromEntries(entries));
    },
    async tag(node, tags) {
      const entries = await readEntries(folder);
      const entry = entries[node.name];
      if (entry === undefined) {
        throw refusal(`Cannot tag node "${node.name}": this machine does not play it`, "Converge first.");
      }
      const kept = { ...entry.tags };
      for (const [key, value] of Object.entries(tags)) {
        if (value === null) delete kept[key];
        else kept[key] = value;
      }
      await writeEntries(folder, { ...entries, [node.name]: { ...entry, tags: kept } });
    },
    ensureGroup: () => Promise.resolve(),
    removeGroup: () => Promise.resolve(),
    route: () => Promise.resolve({ kind: "local" }),
    close: () => Promise.resolve(),
  };
}

/** This machine, as any group of count 1. */
export const provider: ProviderKind = {
  name: "localhost",
  summary: "this machine itself, without ssh",
  open,
};
