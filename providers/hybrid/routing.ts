// Which service a group's nodes are of.
import { PalletError } from "../../engine/errors.ts";
import type { Json } from "../../engine/json.ts";
import type { ProviderContext, ServiceConfig } from "../../engine/provider/provider.ts";
import { didYouMean } from "../../engine/suggest.ts";
import type { Options } from "./schema.ts";

/** The services of a hybrid one, and the way from a group to one of them. */
export interface Routing {
  /** Names of the services, each once. */
  readonly services: readonly string[];
  /** @throws {PalletError} for a group that has none. */
  serviceOf(group: string): Promise<string>;
  /** Whether nodes of a group belong here when a service lists them; those of a group without a service do not. */
  takes(group: string, service: string): Promise<boolean>;
}

function refusal(service: ServiceConfig, message: string, help: string): PalletError {
  return new PalletError(`Service "${service.name}" (hybrid): ${message}`, {
    kind: "config",
    help,
    ...(service.origin === undefined ? {} : { origin: service.origin }),
  });
}

function byMap(service: ServiceConfig, services: Readonly<Record<string, string>>): Routing {
  const find = (group: string) => Object.hasOwn(services, group) ? services[group] : services["*"];
  return {
    services: [...new Set(Object.values(services))],
    takes: (group, name) => Promise.resolve(find(group) === name),
    serviceOf: (group) => {
      const found = find(group);
      if (found !== undefined) return Promise.resolve(found);
      const known = Object.keys(services);
      return Promise.reject(refusal(
        service,
        `group "${group}" has no service.${didYouMean(group, known)}`,
        `Add "${group}: NAME" to its services, or "*: NAME" for all other groups; it has ${
          known.join(", ")
        }.`,
      ));
    },
  };
}

function byFunction(
  service: ServiceConfig,
  services: readonly string[],
  by: string,
  call: ProviderContext["call"],
): Routing {
  const answers = new Map<string, Promise<Json>>();
  const help = `Export it from the infra file: export const ${by} = (group) => ...;`;
  const ask = (group: string): Promise<Json> => {
    if (call === undefined) {
      return Promise.reject(
        refusal(service, `the function "${by}" cannot be asked without an infra file`, help),
      );
    }
    const answer = answers.get(group) ?? call(by, group);
    answers.set(group, answer);
    return answer;
  };
  return {
    services: [...new Set(services)],
    serviceOf: async (group) => {
      const answer = await ask(group);
      if (typeof answer === "string" && services.includes(answer)) return answer;
      throw refusal(
        service,
        `"${by}" says ${JSON.stringify(answer)} for group "${group}", which is none of its services`,
        `Its services are ${services.join(", ")}.`,
      );
    },
    // Whoever only lists nodes has no infra file to ask.
    takes: async (group, name) => call === undefined || await ask(group) === name,
  };
}

/**
 * The routing that options tell.
 *
 * @throws {PalletError} of kind `config` for options that do not fit together.
 */
export function routingOf(service: ServiceConfig, options: Options, call: ProviderContext["call"]): Routing {
  const { services, by } = options;
  const names = Array.isArray(services) ? services : Object.values(services);
  if (names.length === 0) {
    throw refusal(service, "services: it has none", 'Name some: services: { web: prod, "*": mine }.');
  }
  if (Array.isArray(services)) {
    if (by !== undefined) return byFunction(service, services, by, call);
    throw refusal(
      service,
      "services: a list needs a function that chooses among them",
      "Name it with by: FUNCTION, or write services: { GROUP: SERVICE }.",
    );
  }
  if (by === undefined) return byMap(service, services);
  throw refusal(service, "by: services are mapped already", "Write services as a list, or leave out by.");
}
