import { PalletError } from "../errors.ts";
import { didYouMean } from "../suggest.ts";
import type { Configuration, ConfiguredService } from "./config.ts";

function named(configuration: Configuration, name: string, by: "usage" | "config"): ConfiguredService {
  const found = Object.hasOwn(configuration.services, name) ? configuration.services[name] : undefined;
  if (found !== undefined) return found;
  const known = Object.keys(configuration.services);
  const origin = by === "config" ? configuration.origins["default-service"] : undefined;
  throw new PalletError(`There is no service "${name}".${didYouMean(name, known)}`, {
    kind: by,
    help: `Configured: ${known.join(", ")}.`,
    ...(origin === undefined ? {} : { origin }),
  });
}

/**
 * The service that an operation is about: the one asked for, else `default-service`, else the only one configured,
 * else the lab where it can run.
 *
 * @throws {PalletError} when there is no such service, or several and none is the default.
 */
export function chooseService(
  configuration: Configuration,
  asked: string | undefined,
  os: string = Deno.build.os,
): ConfiguredService {
  if (asked !== undefined) return named(configuration, asked, "usage");
  if (configuration.defaultService !== undefined) {
    return named(configuration, configuration.defaultService, "config");
  }
  const own = Object.values(configuration.services).filter((service) => service.origin !== undefined);
  const [only] = own;
  if (only !== undefined && own.length === 1) return only;
  if (own.length > 1) {
    throw new PalletError(
      `Several services are configured (${
        own.map(({ config }) => config.name).join(", ")
      }) and none is the default`,
      { kind: "config", help: "Name one with --service NAME, or set default-service in pallet.yaml." },
    );
  }
  if (os === "linux") return named(configuration, "lab", "usage");
  throw new PalletError(`No service is configured, and the lab needs Linux (this is ${os})`, {
    kind: "config",
    help: "Configure one in pallet.yaml, or name the service localhost with --service localhost.",
  });
}
