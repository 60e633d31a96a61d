// The plugins of a configuration, by their kinds. None is loaded before it is used.
import type { ConfiguredPlugin } from "../engine/config/config.ts";
import { PalletError } from "../engine/errors.ts";
import type { Notifier } from "../engine/notify/notifier.ts";
import type { ProviderKind } from "../engine/provider/provider.ts";
import type { SecretSource } from "../engine/secrets/source.ts";
import type { PluginContext } from "./kinds/plugin.ts";
import type { ReporterPlugin, ReporterPluginOptions } from "./kinds/reporter.ts";

export type { PluginContext } from "./kinds/plugin.ts";
export type { ReporterPlugin } from "./kinds/reporter.ts";
export { describePermissions } from "./host/grants.ts";

/** A plugin that is started when it is opened. */
export interface LazyPlugin<T, O extends readonly unknown[] = []> {
  readonly name: string;
  readonly plugin: ConfiguredPlugin;
  open(...options: O): Promise<T>;
}

/** A kind of services that a plugin makes, and where its code comes from. */
export type PluginProvider = ProviderKind & { readonly from: string };

/** Plugins by their kinds, in the order of the configuration. */
export interface Plugins {
  readonly providers: readonly PluginProvider[];
  readonly reporters: readonly LazyPlugin<ReporterPlugin, [ReporterPluginOptions]>[];
  readonly notifiers: readonly LazyPlugin<Notifier>[];
  readonly secretSources: readonly LazyPlugin<SecretSource>[];
}

/** Names that are taken, by kind. */
export interface Taken {
  readonly providers: readonly string[];
  readonly reporters: readonly string[];
}

function check(plugin: ConfiguredPlugin, taken: Taken): void {
  const { name, kind, origin } = plugin;
  const names = kind === "provider" ? taken.providers : kind === "reporter" ? taken.reporters : [];
  if (names.includes(name)) {
    throw new PalletError(`Plugin "${name}" has the name of a ${kind} that is built in`, {
      kind: "config",
      help: "Give it another.",
      origin,
    });
  }
  if (kind === "provider" && plugin.options !== undefined) {
    throw new PalletError(`Plugin "${name}" is a provider and has options`, {
      kind: "config",
      help: `Write them into its services: services: { NAME: { provider: ${name}, ... } }.`,
      origin,
    });
  }
}

/** A kind of services whose provider is a plugin, called by the plugin's name. */
function providerKind(plugin: ConfiguredPlugin, context: PluginContext): PluginProvider {
  return {
    name: plugin.name,
    summary: "nodes by a plugin",
    from: plugin.from,
    open: async (service, surroundings) =>
      await (await import("./kinds/provider.ts")).openProvider(plugin, context, service, surroundings),
  };
}

/**
 * The plugins of a configuration.
 *
 * @throws {PalletError} of kind `config` for one whose name is taken.
 */
export function pluginsOf(
  configured: Readonly<Record<string, ConfiguredPlugin>>,
  context: PluginContext,
  taken: Taken = { providers: [], reporters: [] },
): Plugins {
  const all = Object.values(configured);
  for (const plugin of all) check(plugin, taken);
  const of = <T, O extends readonly unknown[]>(
    kind: ConfiguredPlugin["kind"],
    open: (plugin: ConfiguredPlugin, ...options: O) => Promise<T>,
  ): readonly LazyPlugin<T, O>[] =>
    all.filter((plugin) => plugin.kind === kind).map((plugin) => ({
      name: plugin.name,
      plugin,
      open: (...options) => open(plugin, ...options),
    }));
  return {
    providers: all.filter(({ kind }) => kind === "provider").map((plugin) => providerKind(plugin, context)),
    reporters: of(
      "reporter",
      async (plugin, options: ReporterPluginOptions) =>
        (await import("./kinds/reporter.ts")).openReporterPlugin(plugin, context, options),
    ),
    notifiers: of(
      "notifier",
      async (plugin) => (await import("./kinds/notifier.ts")).openNotifier(plugin, context),
    ),
    secretSources: of(
      "secret-source",
      async (plugin) => (await import("./kinds/secret_source.ts")).openSecretSource(plugin, context),
    ),
  };
}
