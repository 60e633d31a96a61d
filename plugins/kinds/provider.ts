import type { ConfiguredPlugin } from "../../engine/config/config.ts";
import { PalletError } from "../../engine/errors.ts";
import type {
  CreateResult,
  Provider,
  ProviderContext,
  Readiness,
  ServiceConfig,
} from "../../engine/provider/provider.ts";
import { resolvePath } from "../../engine/paths.ts";
import { object } from "../../engine/schema.ts";
import type { Node } from "../../engine/spec/node.ts";
import { type OpenPlugin, type PluginContext, startPlugin } from "./plugin.ts";
import * as schemas from "./schemas.ts";

/** Seconds for an answer; and for what makes machines, which takes minutes. */
const ASK = 120;
const MAKE = 900;

/** A provider in a plugin's process, behind the interface of those that are built in. */
function providerOf(plugin: ConfiguredPlugin, open: OpenPlugin, service: ServiceConfig): Provider {
  const described = object({ capabilities: schemas.capabilities });
  const { capabilities } = open.check(described, "open", open.described);
  const own = (node: schemas.ToldNode): Node => ({ ...node, service: service.name, provider: plugin.name });
  const ask = (signal: AbortSignal | undefined) => ({ seconds: ASK, signal });
  const make = (signal: AbortSignal | undefined) => ({ seconds: MAKE, signal });
  const { nothing, list, orNothing } = schemas;
  const wrong = (what: string): PalletError => new PalletError(`${open.named} ${what}`, { kind: "provider" });
  const refuseNone = (nodes: readonly Node[]): void => {
    if (nodes.length > 0) return;
    throw new PalletError(`Cannot destroy nodes of service "${service.name}": none was given`, {
      kind: "provider",
      help: "Name them; an empty list never means all.",
    });
  };
  return {
    name: plugin.name,
    capabilities,
    check: (signal) => open.call(list(schemas.problem), "check", [], ask(signal)),
    images: (signal) => open.call(list(schemas.image), "images", [], ask(signal)),
    hardware: (signal) => open.call(list(schemas.hardware), "hardware", [], ask(signal)),
    validate: (spec, signal) => open.call(list(schemas.problem), "validate", [spec], ask(signal)),
    imageFor: (spec, signal) => open.call(orNothing(schemas.image), "imageFor", [spec], ask(signal)),
    nodes: async (signal) => (await open.call(list(schemas.node), "nodes", [], ask(signal))).map(own),
    estimate: (request, signal) => open.call(schemas.estimate, "estimate", [request], ask(signal)),
    async *create(request, signal): AsyncGenerator<CreateResult, void> {
      const missing = new Set(request.names);
      for await (const result of open.stream(schemas.createResult, "create", [request], make(signal))) {
        if (!missing.delete(result.name)) {
          throw wrong(`answers "create" with node "${result.name}", which was not asked for, or twice`);
        }
        yield "node" in result ? { name: result.name, node: own(result.node) } : result;
      }
      for (const name of missing) yield { name, error: wrong('answers "create" without it').message };
    },
    async *ready(node, signal): AsyncGenerator<Readiness, void> {
      let last: Readiness | undefined;
      for await (last of open.stream(schemas.readiness, "ready", [node], make(signal))) yield last;
      if (last?.step !== "done") throw wrong('answers "ready" with no step "done" at its end');
    },
    start: (nodes, signal) => open.call(nothing, "start", [nodes], make(signal)),
    stop: (nodes, signal) => open.call(nothing, "stop", [nodes], make(signal)),
    reboot: (nodes, signal) => open.call(nothing, "reboot", [nodes], make(signal)),
    destroy: async (nodes, signal) => {
      refuseNone(nodes);
      await open.call(nothing, "destroy", [nodes], make(signal));
    },
    tag: (node, tags, signal) => open.call(nothing, "tag", [node, tags], ask(signal)),
    ensureGroup: (group, spec, signal) => open.call(nothing, "ensureGroup", [group, spec], make(signal)),
    removeGroup: (group, signal) => open.call(nothing, "removeGroup", [group], make(signal)),
    route: async (node, signal) => {
      const route = await open.call(schemas.route, "route", [node], ask(signal));
      // A plugin knows neither your home nor where the configuration stands.
      const identities = route.identities.map((path) => resolvePath(path, service.baseDir ?? "."));
      return { ...route, identities };
    },
    close: () => open.close(),
  };
}

/**
 * Starts a plugin for a service. It may read and write the folders that Pallet keeps for it.
 *
 * @throws {PalletError} of kind `config` for options that it refuses.
 */
export async function openProvider(
  plugin: ConfiguredPlugin,
  context: PluginContext,
  service: ServiceConfig,
  { stateDir, cacheDir, progress }: ProviderContext,
): Promise<Provider> {
  const { name, provider, options, baseDir } = service;
  const told = { name, provider, options, ...(baseDir === undefined ? {} : { baseDir }) };
  const say: PluginContext["say"] = (level, text) =>
    progress(level === "warn" || level === "error" ? `${level}: ${text}` : text);
  const open = await startPlugin(plugin, { ...context, say }, [told, { stateDir, cacheDir }], {
    folders: [stateDir, cacheDir],
  });
  try {
    return providerOf(plugin, open, service);
  } catch (error) {
    await open.close().catch(() => undefined);
    throw error;
  }
}
