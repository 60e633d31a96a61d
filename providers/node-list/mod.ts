// Machines that exist already, listed in the configuration. Makes none, removes none; their tags stay on themselves.
import { PalletError } from "../../engine/errors.ts";
import { parseOs } from "../../engine/os/mod.ts";
import { resolvePath } from "../../engine/paths.ts";
import type {
  Problem,
  Provider,
  ProviderContext,
  ProviderKind,
  Readiness,
  ServiceConfig,
} from "../../engine/provider/provider.ts";
import { validate } from "../../engine/schema.ts";
import { credentialAt } from "../../engine/secrets/credential.ts";
import type { Node, OsFacts } from "../../engine/spec/node.ts";
import { parseJump } from "../../engine/transport/ssh_config/jump.ts";
import { type Entry, type Options, optionsSchema } from "./schema.ts";

function configError(service: ServiceConfig, message: string, help?: string): PalletError {
  return new PalletError(`Invalid service "${service.name}" (node-list): ${message}`, {
    kind: "config",
    ...(help === undefined ? {} : { help }),
    ...(service.origin === undefined ? {} : { origin: service.origin }),
  });
}

function checkUnique(service: ServiceConfig, entries: readonly Entry[]): void {
  const seen = new Set<string>();
  for (const { name } of entries) {
    if (seen.has(name)) {
      throw configError(service, `two nodes are called "${name}"`, "Give each its own name.");
    }
    seen.add(name);
  }
}

/** A password is somebody's: without a name it would be tried as whoever runs this. */
function checkPasswords(service: ServiceConfig, options: Options): void {
  for (const entry of options.nodes) {
    const user = entry.user ?? options.user;
    if (user !== undefined || (entry.password ?? options.password) === undefined) continue;
    throw configError(
      service,
      `node "${entry.name}" has a password, and no user whose it is`,
      "Name the user beside it.",
    );
  }
}

function osOf(service: ServiceConfig, entry: Entry): OsFacts | undefined {
  if (entry.os === undefined) return undefined;
  try {
    return parseOs(entry.os).os;
  } catch (error) {
    if (!(error instanceof PalletError)) throw error;
    throw configError(service, `node "${entry.name}": ${error.message}`, error.help);
  }
}

function nodeOf(service: ServiceConfig, options: Options, entry: Entry): Node {
  const os = osOf(service, entry);
  const port = entry.port ?? options.port;
  return {
    id: `${service.name}/${entry.name}`,
    name: entry.name,
    service: service.name,
    provider: "node-list",
    ...(entry.group === undefined ? {} : { group: entry.group }),
    state: "running",
    primaryIp: entry.address,
    ...(entry["private-address"] === undefined ? {} : { privateIp: entry["private-address"] }),
    ...(port === undefined ? {} : { sshPort: port }),
    ...(os === undefined ? {} : { os }),
    tags: entry.tags ?? {},
  };
}

/** Everything that needs a machine made or taken away. */
function cannot(service: ServiceConfig, what: string, help: string): PalletError {
  return new PalletError(
    `Cannot ${what}: service "${service.name}" is a list of machines that exist already (node-list)`,
    { kind: "provider", help },
  );
}

function open(service: ServiceConfig, _context: ProviderContext): Promise<Provider> {
  const options = validate(optionsSchema, service.options, {
    what: `service "${service.name}" (node-list)`,
    kind: "config",
    ...(service.origin === undefined ? {} : { origin: service.origin }),
  });
  checkUnique(service, options.nodes);
  checkPasswords(service, options);
  const entries = new Map(options.nodes.map((entry, index) => [entry.name, { entry, index }]));
  const nodes = options.nodes.map((entry) => nodeOf(service, options, entry));
  const listed = (names: readonly string[]) =>
    names.length === 1 ? `node "${names[0]}"` : `${names.length} nodes`;
  const create = (group: string, names: readonly string[]) =>
    cannot(
      service,
      `create ${listed(names)} of group "${group}"`,
      `Add machines with group: ${group} to nodes of the service, or lower the count of the group.`,
    );
  const power = (what: string) => () =>
    Promise.reject(cannot(service, `${what} nodes`, `Whoever runs the machines can ${what} them.`));
  const provider: Provider = {
    name: "node-list",
    capabilities: { create: false, destroy: false, stop: false, tag: false, tagStore: "node" },
    check: () => Promise.resolve([]),
    images: () => Promise.resolve([]),
    hardware: () => Promise.resolve([]),
    // A node spec tells how to make a node; here none is made, so that there is only our own part to judge.
    validate: (spec) =>
      Promise.resolve(
        Object.keys(spec.provider?.["node-list"] ?? {}).map((key): Problem => ({
          path: `provider.node-list.${key}`,
          message: `unknown key "${key}"`,
          help: "A list of machines takes no extras.",
        })),
      ),
    imageFor: () => Promise.resolve(undefined),
    nodes: () => Promise.resolve(nodes),
    estimate: (request) => Promise.reject(create(request.group, request.names)),
    // deno-lint-ignore require-yield
    async *create(request) {
      throw await Promise.resolve(create(request.group, request.names));
    },
    async *ready(): AsyncIterable<Readiness> {
      yield await Promise.resolve({ step: "done", message: "exists already" });
    },
    start: (toStart) => toStart.length === 0 ? Promise.resolve() : power("start")(),
    stop: power("stop"),
    reboot: power("reboot"),
    destroy: (gone) =>
      Promise.reject(
        cannot(
          service,
          gone.length === 0 ? "remove no nodes" : `remove ${listed(gone.map((node) => node.name))}`,
          "Take them off the list when they are no longer yours.",
        ),
      ),
    tag: (node) =>
      Promise.reject(
        cannot(service, `tag node "${node.name}" from here`, "Its tags are kept on the node itself."),
      ),
    ensureGroup: () => Promise.resolve(),
    removeGroup: () => Promise.resolve(),
    route(node) {
      const { entry, index } = entries.get(node.name) ?? {};
      if (entry === undefined || index === undefined) {
        return Promise.reject(cannot(service, `reach node "${node.name}"`, "It is not on the list."));
      }
      const base = service.baseDir ?? ".";
      const port = entry.port ?? options.port;
      const user = entry.user ?? options.user;
      const jump = parseJump(entry.jump ?? options.jump ?? "");
      const forwardAgent = entry["forward-agent"] ?? options["forward-agent"];
      const password = entry.password ?? options.password;
      const { origin, originOf } = service;
      const place = origin === undefined ? undefined : `${origin.file}:${origin.line}`;
      const identities = entry.identities ?? options.identities ?? [];
      const named = entry.identities === undefined ? ["identities"] : ["nodes", index, "identities"];
      return Promise.resolve({
        kind: "ssh",
        address: entry.address,
        ...(port === undefined ? {} : { port }),
        ...(user === undefined ? {} : { user }),
        ...(password === undefined ? {} : { password: credentialAt(password, base) }),
        ...(jump === undefined ? {} : { jump }),
        ...(forwardAgent === undefined ? {} : { forwardAgent }),
        ...(place === undefined ? {} : { from: { port: place, user: place, identities: place } }),
        hostKeyAlias: node.id,
        hostKeys: entry["host-keys"] ?? [],
        identities: identities.map((path) => resolvePath(path, base)),
        ...(originOf === undefined
          ? {}
          : { identityOrigins: identities.map((_, at) => originOf([...named, at])) }),
      });
    },
    close: () => Promise.resolve(),
  };
  return Promise.resolve(provider);
}

/** Machines that exist already. */
export const provider: ProviderKind = {
  name: "node-list",
  summary: "machines that exist already, listed in the configuration",
  // An error of the options is a rejection, as with every other kind.
  open: async (service, context) => await open(service, context),
};
