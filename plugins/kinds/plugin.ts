import type { ConfiguredPlugin } from "../../engine/config/config.ts";
import type { Json } from "../../engine/json.ts";
import { type Schema, validate } from "../../engine/schema.ts";
import { kindOf } from "../host/errors.ts";
import type { GraphContext } from "../host/graph.ts";
import type { CallOptions, Listener, PluginProcess } from "../host/process.ts";

/** What plugins of every kind are started with. */
export interface PluginContext extends GraphContext {
  /** Called with what a plugin writes to its console, behind its name. */
  readonly say: (level: "debug" | "info" | "warn" | "error", text: string) => void;
  /** Called before a plugin is loaded: whoever grants what it is granted agrees, or this throws. */
  readonly agree?: () => Promise<void>;
}

/** A plugin that was opened, and answers with what it must. */
export interface OpenPlugin {
  /** The plugin in a sentence. */
  readonly named: string;
  /** What `open` told of it. */
  readonly described: Json;
  call<T>(schema: Schema<T>, method: string, args: readonly unknown[], options: CallOptions): Promise<T>;
  stream<T>(
    schema: Schema<T>,
    method: string,
    args: readonly unknown[],
    options: CallOptions,
  ): AsyncGenerator<T, void>;
  /** Checks a value that the plugin told. */
  check<T>(schema: Schema<T>, method: string, value: Json): T;
  close(): Promise<void>;
}

/** Seconds that `open` may take. */
const OPEN = 60;

function opened(process: PluginProcess, described: Json): OpenPlugin {
  const check = <T>(schema: Schema<T>, method: string, value: Json): T =>
    validate(schema, value, {
      what: `answer of ${process.named} to "${method}"`,
      kind: kindOf(process.plugin),
    });
  // Arguments are plain data by their types; the pipe makes JSON of them.
  const plain = (args: readonly unknown[]): readonly Json[] => args as readonly Json[];
  return {
    named: process.named,
    described,
    check,
    call: async (schema, method, args, options) =>
      check(schema, method, await process.call(method, plain(args), options)),
    async *stream(schema, method, args, options) {
      for await (const value of process.stream(method, plain(args), options)) {
        yield check(schema, method, value);
      }
    },
    close: () => process.close(),
  };
}

/**
 * Loads a plugin, starts its process and opens it.
 *
 * @param folders that it may read and write besides what it is granted
 * @throws {PalletError} that names the plugin.
 */
export async function startPlugin(
  plugin: ConfiguredPlugin,
  context: PluginContext,
  args: readonly unknown[],
  { folders = [], write }: { readonly folders?: readonly string[]; readonly write?: Listener["write"] } = {},
): Promise<OpenPlugin> {
  await context.agree?.();
  const [{ grantsOf }, { pluginGraph }, { PluginProcess }] = await Promise.all([
    import("../host/grants.ts"),
    import("../host/graph.ts"),
    import("../host/process.ts"),
  ]);
  const graph = await pluginGraph(plugin, context);
  const process = new PluginProcess(plugin, graph, grantsOf(plugin, folders), {
    say: (level, text) => context.say(level, `${plugin.name}: ${text}`),
    ...(write === undefined ? {} : { write }),
  });
  try {
    await process.load();
    return opened(process, await process.call("open", args as readonly Json[], { seconds: OPEN }));
  } catch (error) {
    await process.close().catch(() => undefined);
    throw error;
  }
}
