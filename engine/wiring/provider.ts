import { readModelFolder } from "../config/model_files.ts";
import { PalletError } from "../errors.ts";
import type { OperationOptions, ServiceOptions } from "../operate/options.ts";
import { resolvePath } from "../paths.ts";
import type { Provider, ProviderContext } from "../provider/provider.ts";
import { didYouMean } from "../suggest.ts";
import { folders, type Say } from "./common.ts";

/** Key of the admin user, as far as it is told outside of the infra file. */
function adminKeyOf(
  options:
    & ServiceOptions
    & Partial<Pick<OperationOptions, "adminUser" | "environment" | "environmentLayers">>,
): ProviderContext["adminKey"] {
  const layers = [
    ...(options.environmentLayers ?? []).map(({ values }) => values),
    ...options.environment ?? [],
  ];
  const users = [...layers.map(({ user }) => user), options.adminUser];
  const { privateKey, publicKey } = users.findLast((user) => user?.privateKey !== undefined) ?? {};
  if (privateKey === undefined) return undefined;
  const absolute = (path: string) => resolvePath(path, Deno.cwd());
  return {
    privateKey: absolute(privateKey),
    ...(publicKey === undefined ? {} : { publicKey: absolute(publicKey) }),
  };
}

/** Opens the provider of a service; `path` names the services that wait for it to open. */
export async function openProvider(
  options: ServiceOptions,
  say: Say = () => {},
  call?: ProviderContext["call"],
  path: readonly string[] = [],
): Promise<Provider> {
  const { service, providers, services = [], models } = options;
  if (path.includes(service.name)) {
    throw new PalletError(
      `Services are made of each other in a circle: ${[...path, service.name].join(" -> ")}`,
      {
        kind: "config",
        origin: service.origin,
      },
    );
  }
  const openService = (name: string): Promise<Provider> => {
    const other = services.find((one) => one.name === name);
    if (other !== undefined) {
      return openProvider({ ...options, service: other }, say, call, [...path, service.name]);
    }
    const names = services.map((one) => one.name);
    return Promise.reject(
      new PalletError(
        `Service "${service.name}" names the service "${name}", which there is not.${
          didYouMean(name, names)
        }`,
        {
          kind: "config",
          help: `Configured: ${names.join(", ")}.`,
          origin: service.origin,
        },
      ),
    );
  };
  const kind = providers.find((one) => one.name === service.provider);
  if (kind === undefined) {
    const names = providers.map((one) => one.name);
    throw new PalletError(
      `Service "${service.name}" has the unknown provider "${service.provider}".${
        didYouMean(service.provider, names)
      }`,
      {
        kind: "config",
        help: `Providers there are: ${names.join(", ")}.`,
        origin: service.origin,
      },
    );
  }
  const { state, cache } = folders(options);
  const adminKey = adminKeyOf(options);
  const progress = (message: string) => say("info", message);
  return await kind.open(service, {
    stateDir: `${state}/providers/${kind.name}`,
    cacheDir: `${cache}/providers/${kind.name}`,
    progress,
    readModels: (folder) => readModelFolder(folder, progress),
    openService,
    ...(adminKey === undefined ? {} : { adminKey }),
    ...(models === undefined ? {} : { models }),
    ...(call === undefined ? {} : { call }),
  });
}
