// What a service is given of the command line: options of its own, layers of environment, who logs in.
import { calledUser } from "../engine/config/admin_user.ts";
import type { Configuration, ConfiguredService } from "../engine/config/config.ts";
import { environmentLayers, namedEnvironments } from "../engine/config/environments.ts";
import { chooseService } from "../engine/config/service.ts";
import { PalletError } from "../engine/errors.ts";
import type { OperationOptions, ServiceOptions } from "../engine/run.ts";
import type { CommonValues } from "./command.ts";
import { usageError } from "./parse.ts";
import { keyAndValue } from "./selection.ts";
import type { Terminal } from "./terminal.ts";

type ProviderKind = ServiceOptions["providers"][number];
type ServiceConfig = ServiceOptions["service"];
type Named = Pick<CommonValues, "service">;

/** A kind of services whose complaints about options name the place in the file, or the option that was `given`. */
export function atPlaces(
  kind: ProviderKind,
  configuration: Configuration,
  given: readonly string[] = [],
): ProviderKind {
  const names = given.map((text) => keyAndValue("--option", text)[0]);
  return {
    ...kind,
    open: async (service, context) => {
      try {
        return await kind.open(service, context);
      } catch (error) {
        if (error instanceof PalletError && error.problems.length > 0) {
          const wrong = error.problems.find(({ keys: [key] }) => names.some((name) => name === key));
          if (wrong !== undefined) {
            throw usageError(
              `Service ${service.name} cannot have this --option: ${wrong.message}`,
              error.help,
            );
          }
          configuration.refuseService(service.name, error.problems, error.help);
        }
        throw error;
      }
    },
  };
}

/** A service with options of the command line in place of its own: `--option region=eu-west-1`. */
export function withOptions(service: ServiceConfig, given: readonly string[]): ServiceConfig {
  const entries = given.map((text) => keyAndValue("--option", text));
  return entries.length === 0
    ? service
    : { ...service, options: { ...service.options, ...Object.fromEntries(entries) } };
}

/** A key that was named for this call is there; a public key alone stands for the agent's. */
function requireKey(path: string): void {
  for (const file of [path, `${path}.pub`]) {
    try {
      if (Deno.statSync(file).isFile) return;
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound) && !(cause instanceof Deno.errors.NotADirectory)) {
        throw cause;
      }
    }
  }
  throw usageError(
    `Cannot find the private key "${path}".`,
    "Name the key to log in with: --private-key FILE, or PALLET_PRIVATE_KEY.",
  );
}

/** The service that is meant; nothing where nobody says which of several, as a listing of groups need not. */
function serviceIfSaid(options: Named, configuration: Configuration): ConfiguredService | undefined {
  const own = Object.values(configuration.services).filter(({ origin }) => origin !== undefined);
  const said = options.service ?? configuration.defaultService;
  return said === undefined && own.length > 1 ? undefined : chooseService(configuration, options.service);
}

/** Layers of environment of a call, as the engine takes them. */
export function environmentOptions(
  options: Named,
  configuration: Configuration,
  terminal: Terminal,
): Pick<OperationOptions, "environmentLayers" | "environments" | "selected"> {
  const { selected } = configuration;
  const origin = selected?.said.origin;
  return {
    environmentLayers: environmentLayers(
      configuration,
      serviceIfSaid(options, configuration),
      terminal.env,
    ),
    environments: namedEnvironments(configuration, terminal.env),
    ...(selected === undefined
      ? {}
      : { selected: { name: selected.name, ...(origin === undefined ? {} : { origin }) } }),
  };
}

/** Layers of environment and the admin user of a call, as the engine takes them. */
export function loginOptions(
  options: Named,
  configuration: Configuration,
  terminal: Terminal,
): Pick<OperationOptions, "environmentLayers" | "environments" | "selected" | "adminUser"> {
  const called = calledUser(configuration, terminal.env);
  if (called?.privateKey !== undefined) requireKey(called.privateKey);
  return {
    ...environmentOptions(options, configuration, terminal),
    ...(called === undefined ? {} : { adminUser: called }),
  };
}
