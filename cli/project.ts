// What options and configuration files say together: the service, the infra file, what an operation is given.
import type { Ahead } from "../engine/sandbox/ahead.ts";
import { dirname, join, resolve } from "node:path";
import { type Configuration, loadConfiguration } from "../engine/config/config.ts";
import { environmentLayers, namedEnvironments } from "../engine/config/environments.ts";
import { modelsOf } from "../engine/config/models.ts";
import { becomePasswordOf, passphrasesOf } from "../engine/config/passphrases.ts";
import { chooseService } from "../engine/config/service.ts";
import type { CrateSource, OperationOptions, ServiceOptions } from "../engine/run.ts";
import { type Plugins, pluginsOf } from "../plugins/mod.ts";
import { providers } from "../providers/mod.ts";
import { askedPassword } from "./ask_secret.ts";
import type { CommonValues } from "./command.ts";
import { findInfra, isThere } from "./infra_file.ts";
import { commonOptions } from "./options.ts";
import { checkChoice } from "./parse.ts";
import { seconds } from "./selection.ts";
import { translation } from "./yaml_project.ts";
import { atPlaces, loginOptions, withOptions } from "./service.ts";
import type { Terminal } from "./terminal.ts";
import { escapeLine } from "./text.ts";

/** Options that say where a project is. */
export type ProjectValues =
  & Pick<
    CommonValues,
    | "infra"
    | "service"
    | "option"
    | "env"
    | "user"
    | "private-key"
    | "ssh-config"
    | "accept-new-host-keys"
    | "ask-become-password"
    | "import-map"
    | "frozen"
    | "offline"
  >
  & Partial<Pick<CommonValues, "reporter" | "quiet" | "yes" | "lock-wait">>;

/** Configuration of the project: its `pallet.yaml` stands beside the infra file, or in the current folder. */
export async function loadProject(options: ProjectValues, terminal: Terminal): Promise<Configuration> {
  const named = options.infra ?? (terminal.env("PALLET_INFRA") || undefined);
  const beside = named === undefined ? undefined : dirname(resolve(terminal.cwd, named));
  const folder = beside !== undefined && await isThere(join(beside, "pallet.yaml")) ? beside : terminal.cwd;
  const { infra, service, env, user, "private-key": key, "ssh-config": ssh } = options;
  const configuration = await loadConfiguration(folder, {
    env: terminal.env,
    options: { infra, service, env, user, "private-key": key, "ssh-config": ssh },
    cwd: terminal.cwd,
  });
  if (options.reporter !== undefined) {
    const own = Object.values(configuration.plugins).filter(({ kind }) => kind === "reporter");
    checkChoice("--reporter", options.reporter, [
      ...commonOptions.reporter.choices,
      ...own.map(({ name }) => name),
    ]);
  }
  return configuration;
}

/** The proxy of the environment that options choose: its groups are for nodes alone. */
function proxyOf(
  configuration: Configuration,
  options: ProjectValues,
  terminal: Terminal,
): string | undefined {
  const name = options.service ?? configuration.defaultService ?? "";
  const { services, selected } = configuration;
  const service = Object.hasOwn(services, name) ? services[name] : undefined;
  const layers = [
    ...environmentLayers(configuration, service, terminal.env),
    ...(selected === undefined ? [] : namedEnvironments(configuration, terminal.env)[selected.name] ?? []),
  ];
  const proxy = layers.map(({ values }) => values.proxy).findLast((value) =>
    value !== undefined && value !== null
  );
  return typeof proxy === "string" && URL.canParse(proxy) ? proxy : undefined;
}

/** How modules from the web are fetched. */
export function fetchOptions(
  options: ProjectValues,
  configuration: Configuration,
  terminal: Terminal,
): Pick<CrateSource, "importMap" | "frozen" | "offline" | "proxy"> {
  const map = options["import-map"];
  const proxy = proxyOf(configuration, options, terminal);
  return {
    ...(map === undefined ? {} : { importMap: resolve(terminal.cwd, map) }),
    frozen: options.frozen,
    offline: options.offline,
    ...(proxy === undefined ? {} : { proxy }),
  };
}

/** The plugins that are configured; what they say goes to standard error. */
export function configuredPlugins(
  options: ProjectValues,
  configuration: Configuration,
  terminal: Terminal,
): Plugins {
  const tell = (text: string) => {
    if (!options.quiet) terminal.err.write(`${escapeLine(text)}\n`);
  };
  return pluginsOf(configuration.plugins, {
    crates: {
      ...fetchOptions(options, configuration, terminal),
      env: terminal.env,
      onFetch: (url, count) => {
        if (count === 1) tell(`Fetching plugins from ${new URL(url).host}`);
      },
      say: tell,
    },
    agree: async () =>
      await (await import("./grants.ts")).agreeToGrants(configuration, options.yes ?? false, terminal),
    say: (level, text) => {
      if (level === "warn" || level === "error") terminal.err.write(`${level}: ${escapeLine(text)}\n`);
      else tell(text);
    },
  }, {
    providers: providers.map(({ name }) => name),
    reporters: commonOptions.reporter.choices,
  });
}

/** Where specs come from, by an infra file and the options about its crates. */
export function sourceOf(
  infra: string,
  options: ProjectValues,
  configuration: Configuration,
  terminal: Terminal,
  onFetch?: CrateSource["onFetch"],
): Exclude<OperationOptions["source"], { readonly specs: unknown }> {
  const { "evaluate-timeout": evaluateTimeout } = configuration.defaults;
  return {
    infra,
    ...translation(infra),
    ...(evaluateTimeout === undefined ? {} : { evaluateTimeout }),
    crates: {
      ...fetchOptions(options, configuration, terminal),
      ...(onFetch === undefined ? {} : { onFetch }),
    },
  };
}

/** What the engine is given to work with a service. */
export function serviceOptions(
  options: ProjectValues,
  configuration: Configuration,
  terminal: Terminal,
): ServiceOptions {
  const plugins = configuredPlugins(options, configuration, terminal);
  const { config } = chooseService(configuration, options.service);
  return {
    service: withOptions(config, options.option),
    services: Object.values(configuration.services).map((one) => one.config),
    models: modelsOf(configuration, terminal.env),
    passphrases: passphrasesOf(configuration, configuration.services[config.name], terminal.env),
    becomePassword: becomePasswordOf(configuration, configuration.services[config.name], terminal.env),
    ...(configuration.sshConfig === undefined ? {} : { sshConfig: configuration.sshConfig }),
    providers: [...providers, ...plugins.providers].map((kind) =>
      atPlaces(kind, configuration, options.option)
    ),
  };
}

/** What every operation of the engine is given, without its events. */
export async function operationOptions(
  options: ProjectValues,
  terminal: Terminal,
  ahead?: Ahead,
): Promise<OperationOptions & { readonly configuration: Configuration; readonly folder: string }> {
  const configuration = await loadProject(options, terminal);
  const { defaults } = configuration;
  const infra = await findInfra(options, configuration, terminal);
  const lockWait = options["lock-wait"] === undefined
    ? defaults["lease-wait"]
    : seconds("lock-wait", options["lock-wait"]);
  const timings = {
    ...(defaults["connect-timeout"] === undefined ? {} : { connect: defaults["connect-timeout"] }),
    ...(defaults["reconnect-timeout"] === undefined ? {} : { reconnect: defaults["reconnect-timeout"] }),
    ...(defaults["first-login-timeout"] === undefined ? {} : { firstLogin: defaults["first-login-timeout"] }),
    ...(defaults["cloud-init-timeout"] === undefined ? {} : { cloudInit: defaults["cloud-init-timeout"] }),
    ...(lockWait === undefined ? {} : { leaseWait: lockWait }),
  };
  return {
    ...serviceOptions(options, configuration, terminal),
    configuration,
    folder: dirname(infra),
    source: {
      ...sourceOf(infra, options, configuration, terminal),
      ...(ahead === undefined ? {} : { ahead }),
    },
    ...loginOptions(options, configuration, terminal),
    ...(options["ask-become-password"] ? await askedPassword(terminal) : {}),
    allowWorkstation: configuration.allowWorkstation,
    localFiles: configuration.localFiles,
    acceptNewHostKeys: options["accept-new-host-keys"],
    timings,
  };
}
