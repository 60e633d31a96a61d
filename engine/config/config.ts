import { dirname, join } from "node:path";
import type { Origin } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import { resolvePath } from "../paths.ts";
import type { ServiceConfig } from "../provider/provider.ts";
import { type ConfigFile, readConfigFile } from "./file.ts";
import type { Defaults, PluginPermissions, PluginValues } from "./schema.ts";

/** A service with its environment, and where it was said; `built in` ones are there without configuration. */
export interface ConfiguredService {
  readonly config: ServiceConfig;
  readonly environment: JsonObject;
  /** Absent: built in. */
  readonly origin?: Origin;
}

/** A plugin, and where it was said. Plain data. */
export interface ConfiguredPlugin {
  readonly name: string;
  readonly kind: PluginValues["kind"];
  /** URL, `jsr:` package, name of the import map, or path of its module. */
  readonly from: string;
  readonly permissions: PluginPermissions;
  readonly options?: JsonObject;
  /** Seconds that an answer may take. */
  readonly timeout?: number;
  /** Folder that relative paths are relative to, and that holds the lock. */
  readonly baseDir: string;
  readonly origin: Origin;
}

/** Who to log in as on bootstrapped nodes. */
export interface AdminUserConfig {
  readonly username: string;
  /** Absolute path. */
  readonly privateKey?: string;
}

/** All configuration files, merged. Plain data. */
export interface Configuration {
  readonly services: Readonly<Record<string, ConfiguredService>>;
  readonly defaultService?: string;
  readonly plugins: Readonly<Record<string, ConfiguredPlugin>>;
  readonly adminUser?: AdminUserConfig;
  readonly defaults: Defaults;
  /** Environment of the user's file and of the project's; a service's stands between them. */
  readonly environment: { readonly user: JsonObject; readonly project: JsonObject };
  /** Absolute path of the infra file that the project names. */
  readonly infra?: string;
  /** Whether phases of groups may run actions on this workstation. */
  readonly allowWorkstation: boolean;
  /** Absolute paths of files and folders, besides the infra file's own folder, that actions may use. */
  readonly localFiles: readonly string[];
  /** Where each value was said, by its path: `services.prod`, `defaults.batch`. */
  readonly origins: Readonly<Record<string, Origin>>;
  /** Files that were read, lowest layer first. */
  readonly files: readonly string[];
}

/** Services that exist without configuration. */
const BUILT_IN: readonly ServiceConfig[] = [
  { name: "lab", provider: "lab", options: {} },
  { name: "localhost", provider: "localhost", options: {} },
];

function servicesOf(file: ConfigFile): readonly [string, ConfiguredService][] {
  return Object.entries(file.values.services ?? {}).map(([name, { provider, environment, ...options }]) => {
    const origin = file.originOf(["services", name]);
    const config = { name, provider, options, baseDir: dirname(file.path), origin };
    return [name, { config, environment: environment ?? {}, origin }];
  });
}

function pluginsOf(file: ConfigFile): readonly [string, ConfiguredPlugin][] {
  return Object.entries(file.values.plugins ?? {}).map(([name, { from, kind, ...plugin }]) => [name, {
    name,
    kind,
    from,
    permissions: plugin.permissions ?? {},
    ...(plugin.options === undefined ? {} : { options: plugin.options }),
    ...(plugin.timeout === undefined ? {} : { timeout: plugin.timeout }),
    baseDir: dirname(file.path),
    origin: file.originOf(["plugins", name]),
  }]);
}

function adminUserOf(file: ConfigFile): Partial<AdminUserConfig> {
  const { username, "private-key": key } = file.values["admin-user"] ?? {};
  return {
    ...(username === undefined ? {} : { username }),
    ...(key === undefined ? {} : { privateKey: resolvePath(key, dirname(file.path)) }),
  };
}

/** Paths of all values of a file that stand for themselves: a service, a default, a key of the environment. */
function originsOf(file: ConfigFile): readonly [string, Origin][] {
  return Object.entries(file.values).flatMap(([key, value]): [string, Origin][] =>
    typeof value === "object"
      ? Object.keys(value).map((inner) => [`${key}.${inner}`, file.originOf([key, inner])])
      : [[key, file.originOf([key])]]
  );
}

function last<T>(values: readonly (T | undefined)[]): T | undefined {
  return values.findLast((value) => value !== undefined);
}

/** Merges files, lowest layer first: what a later one says wins, key by key; a service is replaced as a whole. */
export function mergeFiles(files: readonly ConfigFile[]): Configuration {
  const builtIn = BUILT_IN.map((config): [string, ConfiguredService] => [
    config.name,
    { config, environment: {} },
  ]);
  const defaultService = last(files.map((file) => file.values["default-service"]));
  const user = files.map(adminUserOf).reduce((low, high) => ({ ...low, ...high }), {});
  const environment = (layer: string) => files.find((file) => file.layer === layer)?.values.environment ?? {};
  const infra = last(
    files.map((file) => file.values.infra && resolvePath(file.values.infra, dirname(file.path))),
  );
  return {
    services: Object.fromEntries([...builtIn, ...files.flatMap(servicesOf)]),
    ...(defaultService === undefined ? {} : { defaultService }),
    plugins: Object.fromEntries(files.flatMap(pluginsOf)),
    ...(user.username === undefined ? {} : { adminUser: { ...user, username: user.username } }),
    defaults: files.map((file) => file.values.defaults ?? {}).reduce(
      (low, high) => ({ ...low, ...high }),
      {},
    ),
    environment: { user: environment("user"), project: environment("project") },
    ...(infra === undefined ? {} : { infra }),
    allowWorkstation: last(files.map((file) => file.values.permissions?.workstation)) ?? false,
    localFiles: files.flatMap((file) =>
      (file.values.permissions?.["local-files"] ?? []).map((path) => resolvePath(path, dirname(file.path)))
    ),
    origins: Object.fromEntries(files.flatMap(originsOf)),
    files: files.map((file) => file.path),
  };
}

/** Path of the user's configuration file. */
export function userConfigPath(env: (name: string) => string | undefined): string {
  const base = env("XDG_CONFIG_HOME") || join(env("HOME") ?? "/", ".config");
  return join(base, "pallet", "config.yaml");
}

/**
 * Reads the user's configuration file and a project's `pallet.yaml`; either may be missing.
 *
 * @param folder of the project
 * @throws {PalletError} of kind `config` with file, line and column of what is wrong.
 */
export async function loadConfiguration(
  folder: string,
  env: (name: string) => string | undefined = (name) => Deno.env.get(name),
): Promise<Configuration> {
  const files = await Promise.all([
    readConfigFile(userConfigPath(env), "user"),
    readConfigFile(join(folder, "pallet.yaml"), "project"),
  ]);
  return mergeFiles(files.filter((file) => file !== undefined));
}
