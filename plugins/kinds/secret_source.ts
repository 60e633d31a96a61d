import type { ConfiguredPlugin } from "../../engine/config/config.ts";
import { PalletError } from "../../engine/errors.ts";
import { v } from "../../engine/schema.ts";
import type { SecretSource } from "../../engine/secrets/source.ts";
import { nameOf } from "../host/errors.ts";
import { type PluginContext, startPlugin } from "./plugin.ts";

/** Seconds for a secret: somebody may have to unlock the store. */
const READ = 120;

/** Starts a secret source. */
export async function openSecretSource(
  plugin: ConfiguredPlugin,
  context: PluginContext,
): Promise<SecretSource> {
  const open = await startPlugin(plugin, context, [plugin.options ?? {}]);
  return {
    name: plugin.name,
    read: async (name, signal) => {
      const value = await open.call(v.unknown(), "read", [name], { seconds: READ, signal });
      if (value === null) return undefined;
      if (typeof value === "string") return value;
      // Not by the schema, whose message would show the value.
      throw new PalletError(`${nameOf(plugin)} answers with no text for secret "${name}"`, {
        kind: "config",
      });
    },
    close: () => open.close(),
  };
}
