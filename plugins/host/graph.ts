// The modules of a plugin: found, fetched, checked against the lock and kept as those of crates are.
import { join } from "node:path";
import type { ConfiguredPlugin } from "../../engine/config/config.ts";
import { messageOf, PalletError } from "../../engine/errors.ts";
import { defaultCacheDir } from "../../engine/modules/cache.ts";
import { graphOf } from "../../engine/modules/graph.ts";
import { toFileUrl } from "../../engine/modules/paths.ts";
import { npmSource } from "../../engine/modules/npm/source.ts";
import { type CrateOptions, openProject } from "../../engine/modules/project.ts";
import { resolve } from "../../engine/modules/resolve.ts";
import { localSource, pluginSource, projectSource } from "../../engine/modules/sources.ts";
import type { ModuleMap, ModuleSource } from "../../engine/modules/types.ts";
import { resolvePath } from "../../engine/paths.ts";
import * as api from "../api/mod.ts";
import { nameOf } from "./errors.ts";

/** How modules of plugins are found and kept. */
export interface GraphContext {
  readonly crates: CrateOptions;
  /** Folder for prepared modules; Pallet's own unless told, none when empty. */
  readonly modulesDir?: string;
}

/** What plugins have no business with. */
const strangerSource: ModuleSource = {
  ...pluginSource,
  resolve: (specifier) => {
    if (specifier === "pallet" || specifier.startsWith("pallet/")) {
      return { refused: "it is for infra files and crates", help: 'Plugins import "pallet/plugin".' };
    }
    if (!/^(?:node|bun):/.test(specifier)) return undefined;
    return {
      refused: "plugins have the interfaces of Deno and of the web, and no packages of Node",
      help: "Use Deno's own (Deno.Command, Deno.readTextFile, fetch), or import a module by its https: URL.",
    };
  },
};

/** Whether a plugin is a file, whose path may be relative. */
function isPath(from: string): boolean {
  return /^(?:\.{0,2}\/|~\/)/.test(from) || (!/^[a-z][a-z\d+.-]*:/i.test(from) && /\.[cm]?[jt]s$/.test(from));
}

/** The URL of a plugin that is a file. */
async function fileEntry(plugin: ConfiguredPlugin): Promise<string> {
  const path = resolvePath(plugin.from, plugin.baseDir);
  try {
    return toFileUrl(await Deno.realPath(path));
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound ? `no such file: ${path}` : messageOf(cause);
    throw new PalletError(reason, { kind: "config", help: "Correct from.", cause });
  }
}

async function load(plugin: ConfiguredPlugin, context: GraphContext): Promise<ModuleMap> {
  const cache = defaultCacheDir();
  const modulesDir = context.modulesDir ?? (cache === undefined ? "" : join(cache, "modules"));
  const folder = await Deno.realPath(plugin.baseDir);
  const project = await openProject(folder, context.crates);
  try {
    const { root, mapping } = project;
    const file = isPath(plugin.from) ? await fileEntry(plugin) : undefined;
    const local = file === undefined || file.startsWith(root)
      ? projectSource(root)
      : localSource(new URL("./", file).href);
    const sources = [pluginSource, npmSource(), strangerSource, local, ...project.sources];
    const entry = file ?? resolve(plugin.from, `${root}pallet.yaml`, sources, mapping);
    if (typeof entry !== "string") {
      throw new PalletError(entry.refused, { kind: "config", help: entry.help, cause: entry.cause });
    }
    const graph = await graphOf(entry, root, {
      sources,
      mapping,
      palletExports: Object.keys(api),
      engine: "pallet/plugin",
      ...(modulesDir === "" ? {} : { cacheDir: modulesDir }),
    });
    await project.save();
    return graph;
  } finally {
    await project.close();
  }
}

/**
 * The modules of a plugin. Nothing of them is evaluated.
 *
 * @throws {PalletError} of kind `config` that names the plugin and where it was to come from.
 */
export async function pluginGraph(plugin: ConfiguredPlugin, context: GraphContext): Promise<ModuleMap> {
  try {
    return await load(plugin, context);
  } catch (error) {
    if (!(error instanceof PalletError)) throw error;
    throw new PalletError(`${nameOf(plugin)} cannot be loaded: ${error.message}`, {
      kind: "config",
      help: error.help,
      origin: error.origin ?? plugin.origin,
      cause: error.cause,
    });
  }
}
