import type { ConfiguredPlugin } from "../../engine/config/config.ts";
import type { Notifier } from "../../engine/notify/notifier.ts";
import { type PluginContext, startPlugin } from "./plugin.ts";
import { nothing } from "./schemas.ts";

/** Seconds that telling somebody may take: a run's end waits for it. */
const NOTIFY = 30;

/** Starts a notifier. */
export async function openNotifier(plugin: ConfiguredPlugin, context: PluginContext): Promise<Notifier> {
  const open = await startPlugin(plugin, context, [plugin.options ?? {}]);
  return {
    name: plugin.name,
    notify: (end, signal) => open.call(nothing, "notify", [end], { seconds: NOTIFY, signal }),
    close: () => open.close(),
  };
}
