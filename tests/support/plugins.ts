// Plugins as a configuration has them, and what they say, for tests.
import { fromFileUrl } from "../../engine/modules/paths.ts";
import type { ConfiguredPlugin } from "../../engine/config/config.ts";
import type { PluginContext } from "../../plugins/kinds/plugin.ts";

/** Path of a plugin of this project. */
export function ownPlugin(name: string): string {
  return fromFileUrl(new URL(`../../plugins/${name}/mod.ts`, import.meta.url).href);
}

/** A plugin that a `pallet.yaml` in a folder would name. */
export function configured(
  plugin: Pick<ConfiguredPlugin, "from" | "kind"> & Partial<ConfiguredPlugin>,
  baseDir: string,
): ConfiguredPlugin {
  return {
    name: "tried",
    permissions: {},
    baseDir,
    origin: { file: `${baseDir}/pallet.yaml`, line: 2, column: 3 },
    ...plugin,
  };
}

/** What plugins are started with; what they say is kept. */
export function pluginContext(
  said: string[] = [],
  crates: PluginContext["crates"] = { cacheDir: "" },
): PluginContext {
  return { crates, modulesDir: "", say: (level, text) => void said.push(`${level}: ${text}`) };
}
