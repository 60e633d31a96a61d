import { isAbsolute, join } from "node:path";
import { type Origin, PalletError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import { homeFolder, resolvePath } from "../paths.ts";
import type { ServiceConfig } from "../provider/provider.ts";
import { type ConfigFile, readConfigFile, readConfigFolder } from "./file.ts";
import type { Keys } from "./document.ts";
import { builtIn, type Layer, layerOfFile, layerOfOptions, layerOfVariables, type Said } from "./layers.ts";
import { below, type Entry, entryOf, mergeLayers } from "./merge.ts";
import type { AdminUserValues, Defaults, PluginPermissions, PluginValues, ServiceValues } from "./schema.ts";

/** A service with its environment, and where it was said; `built in` ones are there without configuration. */
export interface ConfiguredService {
  readonly config: ServiceConfig;
  readonly environment: JsonObject;
  /** Who logs in to its nodes, in place of the configuration's. */
  readonly adminUser?: AdminUserValues;
  /** What is done with host keys of its nodes that nobody has told of. */
  readonly hostKeys?: "strict" | "accept-new";
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

/** All configuration, merged. */
export interface Configuration {
  readonly services: Readonly<Record<string, ConfiguredService>>;
  readonly defaultService?: string;
  /** The environment that is selected, and who says so. */
  readonly selected?: { readonly name: string; readonly said: Said };
  readonly plugins: Readonly<Record<string, ConfiguredPlugin>>;
  readonly defaults: Defaults;
  /** Absolute path of the infra file that something else than the command line names. */
  readonly infra?: string;
  /** Absolute path of a file in place of the user's and the system's ssh configuration, or `none`. */
  readonly sshConfig?: string;
  /** Where the project's own file has groups: then it stands in place of an infra file. */
  readonly groups?: Origin;
  /** Whether phases of groups may run actions on this workstation. */
  readonly allowWorkstation: boolean;
  /** Absolute paths of files and folders, besides the infra file's own folder, that actions may use. */
  readonly localFiles: readonly string[];
  /** Where each value was said, by its path: `services.prod`, `defaults.batch`. */
  readonly origins: Readonly<Record<string, Origin>>;
  /** Files that were read, lowest layer first. */
  readonly files: readonly string[];
  /** All values with where they were said and what they hide. */
  readonly entries: readonly Entry[];
  /** All layers, the lowest first. */
  readonly layers: readonly Layer[];
  /** Reports problems of a service's options at their places. Does nothing for a service that no file holds. */
  readonly refuseService: (name: string, problems: PalletError["problems"], help?: string) => void;
}

/** Where the environment of this process, and the words of the command line, are looked up. */
export interface Surroundings {
  /** Variables of the environment; those of the process unless told. */
  readonly env?: (name: string) => string | undefined;
  /** Options of the command line by name, without dashes. */
  readonly options?: Readonly<Record<string, string | undefined>>;
  /** Folder that paths in variables and options are relative to; the current one unless told. */
  readonly cwd?: string;
}

function processEnv(name: string): string | undefined {
  return Deno.env.get(name);
}

function serviceOf(name: string, { value, said }: Entry, layers: readonly Layer[]): ConfiguredService {
  // Files hold what their schema allows.
  const { provider, environment, "admin-user": adminUser, "host-keys": hostKeys, ...options } =
    value as unknown as ServiceValues;
  const { origin, baseDir } = said;
  const layer = layers.findLast(({ values }) => Object.hasOwn(values.services ?? {}, name));
  const originOf = (keys: Keys) => layer?.said(["services", name, ...keys]).origin;
  return {
    config: { name, provider, options, ...(origin === undefined ? {} : { baseDir, origin, originOf }) },
    environment: environment ?? {},
    ...(adminUser === undefined ? {} : { adminUser }),
    ...(hostKeys === undefined ? {} : { hostKeys }),
    ...(origin === undefined ? {} : { origin }),
  };
}

function pluginOf(name: string, { value, said }: Entry): ConfiguredPlugin {
  const { from, kind, ...plugin } = value as unknown as PluginValues;
  return {
    name,
    kind,
    from,
    permissions: plugin.permissions ?? {},
    ...(plugin.options === undefined ? {} : { options: plugin.options }),
    ...(plugin.timeout === undefined ? {} : { timeout: plugin.timeout }),
    baseDir: said.baseDir,
    origin: said.origin ?? { file: "unknown", line: 1, column: 1 },
  };
}

/**
 * A path of a configuration as an absolute one.
 *
 * @throws {PalletError} of kind `config` with the place, for a variable that is not set.
 */
export function pathOf(path: string, said: Said, env: (name: string) => string | undefined): string {
  try {
    return resolvePath(path, said.baseDir, env);
  } catch (error) {
    if (!(error instanceof PalletError) || said.origin === undefined) throw error;
    const { help } = error;
    throw new PalletError(error.message, {
      kind: "config",
      origin: said.origin,
      ...(help === undefined ? {} : { help }),
    });
  }
}

function groupsOf(layers: readonly Layer[]): Pick<Configuration, "groups"> {
  const layer = layers.find(({ values }) => values.groups !== undefined);
  const groups = layer?.said(["groups"]).origin;
  return groups === undefined ? {} : { groups };
}

/** Merges layers, lowest first: what a later one says wins, key by key; a service is replaced as a whole. */
export function mergeConfiguration(
  files: readonly ConfigFile[],
  { env = processEnv, options = {}, cwd = "." }: Surroundings = {},
): Configuration {
  const layers = [
    builtIn,
    ...files.map(layerOfFile),
    layerOfVariables(env, cwd),
    layerOfOptions(options, cwd),
  ];
  const entries = mergeLayers(layers);
  const text = (...keys: readonly string[]) => {
    const entry = entryOf(entries, ...keys);
    return typeof entry?.value === "string" ? { name: entry.value, said: entry.said } : undefined;
  };
  const defaultService = text("default-service");
  const selected = text("default-environment");
  const infra = text("infra");
  const ssh = text("ssh-config");
  const local = entryOf(entries, "permissions", "local-files");
  const services = below(entries, "services").map(([name, entry]) =>
    [name, serviceOf(name, entry, layers)] as const
  );
  const plugins = below(entries, "plugins").map(([name, entry]) => [name, pluginOf(name, entry)] as const);
  const defaults = below(entries, "defaults").map(([name, entry]) => [name, entry.value] as const);
  return {
    services: Object.fromEntries(services),
    ...(defaultService === undefined ? {} : { defaultService: defaultService.name }),
    ...(selected === undefined ? {} : { selected }),
    plugins: Object.fromEntries(plugins),
    defaults: Object.fromEntries(defaults),
    ...(infra === undefined || infra.said.layer === "built in" || infra.said.layer === "option"
      ? {}
      : { infra: pathOf(infra.name, infra.said, env) }),
    ...(ssh === undefined
      ? {}
      : { sshConfig: ssh.name === "none" ? "none" : pathOf(ssh.name, ssh.said, env) }),
    ...groupsOf(layers),
    allowWorkstation: entryOf(entries, "permissions", "workstation")?.value === true,
    localFiles: local === undefined
      ? []
      : (local.value as readonly string[]).map((path) => pathOf(path, local.said, env)),
    origins: Object.fromEntries(
      entries.flatMap(({ keys, said }) => said.origin === undefined ? [] : [[keys.join("."), said.origin]]),
    ),
    files: files.map((file) => file.path),
    entries,
    layers,
    refuseService: (name, problems, help) => {
      const file = files.findLast(({ values }) => Object.hasOwn(values.services ?? {}, name));
      file?.refuse(
        problems.map((problem) => ({
          ...problem,
          keys: ["services", name, ...problem.keys],
          message: `service ${name}: ${problem.message}`,
        })),
        help,
      );
    },
  };
}

/** Folder of the user's configuration. */
export function userConfigFolder(env: (name: string) => string | undefined): string {
  const given = env("XDG_CONFIG_HOME") ?? "";
  // A relative value is to be ignored, says the specification.
  return join(isAbsolute(given) ? given : join(homeFolder(env), ".config"), "pallet");
}

/**
 * Reads all configuration: the user's `config.yaml`, `services` and `models`, the project's `pallet.yaml`, `services`
 * and `models`, `PALLET_*` variables, and options of the command line. All of it may be missing.
 *
 * @param folder of the project
 * @throws {PalletError} of kind `config` with file, line and column of what is wrong.
 */
export async function loadConfiguration(
  folder: string,
  surroundings: Surroundings = {},
): Promise<Configuration> {
  const user = userConfigFolder(surroundings.env ?? processEnv);
  const layers = await Promise.all([
    readConfigFile(join(user, "config.yaml"), "user"),
    readConfigFolder(join(user, "models"), "user", "models"),
    readConfigFolder(join(user, "services"), "user", "service"),
    readConfigFile(join(folder, "pallet.yaml"), "project"),
    readConfigFolder(join(folder, "models"), "project", "models"),
    readConfigFolder(join(folder, "services"), "project", "service"),
  ]);
  return mergeConfiguration(layers.flat().filter((file) => file !== undefined), surroundings);
}
