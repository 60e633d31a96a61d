// What a service is given of the command line: options of its own, layers of environment, who logs in.
import { calledUser } from "../engine/config/admin_user.ts";
import type { Configuration } from "../engine/config/config.ts";
import { environmentLayers, namedEnvironments } from "../engine/config/environments.ts";
import { chooseService } from "../engine/config/service.ts";
import { PalletError } from "../engine/errors.ts";
import type { OperationOptions, ServiceOptions } from "../engine/run.ts";
import type { ProjectValues } from "./project.ts";
import { keyAndValue } from "./selection.ts";
import type { Terminal } from "./terminal.ts";

type ProviderKind = ServiceOptions["providers"][number];
type ServiceConfig = ServiceOptions["service"];

/** A kind of services whose complaints about options name the place in the file. */
export function atPlaces(kind: ProviderKind, configuration: Configuration): ProviderKind {
  return {
    ...kind,
    open: async (service, context) => {
      try {
        return await kind.open(service, context);
      } catch (error) {
        if (error instanceof PalletError && error.problems.length > 0) {
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

/** Layers of environment and the admin user of a call, as the engine takes them. */
export function loginOptions(
  options: ProjectValues,
  configuration: Configuration,
  terminal: Terminal,
): Pick<OperationOptions, "environmentLayers" | "environments" | "selected" | "adminUser"> {
  const { selected } = configuration;
  const called = calledUser(configuration, terminal.env);
  const origin = selected?.said.origin;
  return {
    environmentLayers: environmentLayers(
      configuration,
      chooseService(configuration, options.service),
      terminal.env,
    ),
    environments: namedEnvironments(configuration, terminal.env),
    ...(selected === undefined
      ? {}
      : { selected: { name: selected.name, ...(origin === undefined ? {} : { origin }) } }),
    ...(called === undefined ? {} : { adminUser: called }),
  };
}
