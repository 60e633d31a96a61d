// Nodes from any command that prints JSON: a fleet manager, an inventory, a cloud's own tool. It makes and removes none.
import {
  type JsonObject,
  type Node,
  number,
  optional,
  PalletError,
  type Provider,
  type ProviderKind,
  type Readiness,
  readOptions,
  run,
  type ServiceConfig,
  text,
  textMap,
  texts,
} from "pallet/plugin";
import { type Entry, FIELDS, type Fields, readEntries } from "./entries.ts";

const fields = {
  command: texts,
  list: optional(text),
  fields: optional(textMap),
  user: optional(text, "root"),
  port: optional(number, 22),
  identities: optional(texts, []),
};

/** Which path of an entry holds what: as the options say, else under its own name. */
function fieldsOf(said: Readonly<Record<string, string>> = {}): Fields {
  const unknown = Object.keys(said).find((key) => !FIELDS.some((field) => field === key));
  if (unknown === undefined) return said;
  throw new PalletError(`Invalid options: fields: unknown key "${unknown}". Known: ${FIELDS.join(", ")}.`, {
    kind: "config",
  });
}

function cannot(service: ServiceConfig, what: string): PalletError {
  return new PalletError(`Cannot ${what}: service "${service.name}" lists what a command tells`, {
    kind: "provider",
    help: "Do it with the tool that the command belongs to.",
  });
}

/** What the command says now. */
async function list(
  options: ReturnType<typeof readOptions<typeof fields>>,
  signal?: AbortSignal,
): Promise<readonly Entry[]> {
  const { command } = options;
  const { status, stdout, stderr } = await run(command, signal === undefined ? {} : { signal });
  const shown = command.join(" ");
  if (status !== 0) {
    throw new PalletError(`Cannot list nodes: "${shown}" ended with exit status ${status}: ${stderr}`, {
      kind: "provider",
      help:
        "Run it by hand. It has only those variables that env of the plugin's permissions names, and PATH.",
    });
  }
  return readEntries(stdout, shown, options.list, fieldsOf(options.fields));
}

function nodeOf(service: ServiceConfig, entry: Entry): Node {
  return {
    id: entry.id ?? `${service.name}/${entry.name}`,
    name: entry.name,
    service: service.name,
    provider: service.provider,
    ...(entry.group === undefined ? {} : { group: entry.group }),
    state: entry.state ?? "running",
    primaryIp: entry.address,
    ...(entry.privateAddress === undefined ? {} : { privateIp: entry.privateAddress }),
    ...(entry.port === undefined ? {} : { sshPort: entry.port }),
    tags: {},
  };
}

async function open(service: ServiceConfig): Promise<Provider> {
  const options = readOptions(service.options, fields);
  if (options.command.length === 0) {
    throw new PalletError("Invalid options: command: is empty", { kind: "config" });
  }
  fieldsOf(options.fields);
  let known: ReadonlyMap<string, Entry> | undefined;
  const entries = async (signal?: AbortSignal): Promise<readonly Entry[]> => {
    const found = await list(options, signal);
    known = new Map(found.map((entry) => [entry.name, entry]));
    return found;
  };
  const refuse = (what: string) => () => Promise.reject(cannot(service, what));
  const provider: Provider = {
    name: service.provider,
    capabilities: { create: false, destroy: false, stop: false, tag: false, tagStore: "node" },
    check: () => Promise.resolve([]),
    images: () => Promise.resolve([]),
    hardware: () => Promise.resolve([]),
    validate: (spec) =>
      Promise.resolve(
        Object.keys((spec.provider?.[service.provider] ?? {}) as JsonObject).map((key) => ({
          path: `provider.${service.provider}.${key}`,
          message: `unknown key "${key}"`,
        })),
      ),
    imageFor: () => Promise.resolve(undefined),
    nodes: async (signal) => (await entries(signal)).map((entry) => nodeOf(service, entry)),
    estimate: refuse("create nodes"),
    // deno-lint-ignore require-yield
    async *create() {
      throw await Promise.resolve(cannot(service, "create nodes"));
    },
    async *ready(): AsyncGenerator<Readiness> {
      yield await Promise.resolve({ step: "done", message: "exists already" });
    },
    start: refuse("start nodes"),
    stop: refuse("stop nodes"),
    reboot: refuse("reboot nodes"),
    destroy: refuse("remove nodes"),
    tag: refuse("tag nodes from here"),
    ensureGroup: () => Promise.resolve(),
    removeGroup: () => Promise.resolve(),
    route: async (node, signal) => {
      const entry = known?.get(node.name) ?? (await entries(signal)).find(({ name }) => name === node.name);
      if (entry === undefined) throw cannot(service, `reach node "${node.name}", which is not listed`);
      return {
        kind: "ssh",
        address: entry.address,
        port: entry.port ?? options.port,
        user: entry.user ?? options.user,
        hostKeyAlias: nodeOf(service, entry).id,
        hostKeys: entry.hostKeys ?? [],
        identities: options.identities,
      };
    },
    close: () => Promise.resolve(),
  };
  return await Promise.resolve(provider);
}

/** Nodes that a command lists. */
export const provider: ProviderKind = {
  name: "command",
  summary: "nodes that a command lists as JSON",
  open,
};
