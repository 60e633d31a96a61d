// Puts the parts of the engine together for one call; run.ts is the only one that asks for it.
import { dirname, resolve } from "node:path";
import { definitions } from "./actions/list.ts";
import { localFiles } from "./actions/local_files.ts";
import type { LocalFiles } from "./actions/prepare.ts";
import { readModelFolder } from "./config/model_files.ts";
import { PalletError } from "./errors.ts";
import type { Wiring } from "./operate/begin.ts";
import type { ExplainTools } from "./operate/explain.ts";
import type { Stops } from "./operate/operation.ts";
import { openPast } from "./operate/past.ts";
import type {
  Directories,
  ExplainOptions,
  OperationOptions,
  ServiceOptions,
  Source,
} from "./operate/options.ts";
import { resolvePath } from "./paths.ts";
import { mergeEnvironments } from "./plan/environment.ts";
import { EXPORT } from "./plan/hooks.ts";
import type { Provider, ProviderContext } from "./provider/provider.ts";
import { inProcessSandbox } from "./sandbox/in_process.ts";
import { timeLimits } from "./sandbox/limits.ts";
import { openSandbox } from "./sandbox/open.ts";
import type { Sandbox } from "./sandbox/sandbox.ts";
import { defaultDirectories } from "./state/directories.ts";
import { readCredential, type ReadSecret } from "./secrets/credential.ts";
import { Secrets } from "./secrets/secrets.ts";
import type { Environment } from "./spec/types.ts";
import { didYouMean } from "./suggest.ts";
import type { Transport } from "./transport/connection.ts";
import { makeTransport } from "./transport/mod.ts";

type Level = "debug" | "info" | "warn" | "error";
type Say = (level: Level, text: string) => void;

/** A sandbox, the folder of its project, and the hash of its modules once they are loaded. */
interface OpenSource {
  readonly sandbox: Sandbox;
  readonly folder: string;
  readonly name: string;
  readonly graphHash: () => string | undefined;
}

interface SourceOptions {
  readonly source: Source;
  readonly environment?: readonly Environment[];
  readonly directories?: Directories;
}

function folders(options: { readonly directories?: Directories }): Directories {
  return options.directories ?? defaultDirectories();
}

function openSource(
  { source, directories, environment = [] }: SourceOptions,
  say: Say = () => {},
  fixed: { readonly clock?: number; readonly seed?: number } = {},
): OpenSource {
  if ("specs" in source) {
    const folder = resolve(source.folder ?? ".");
    const exports = { specs: source.specs };
    return {
      sandbox: inProcessSandbox(exports, folder),
      folder,
      name: "specs of a program",
      graphHash: () => undefined,
    };
  }
  const { cache } = directories ?? defaultDirectories();
  const { proxy } = mergeEnvironments(environment);
  const sandbox = openSandbox({
    infra: source.infra,
    ...(source.ahead === undefined ? {} : { ahead: source.ahead }),
    cacheDir: `${cache}/modules`,
    ...(source.translate === undefined ? {} : { translate: source.translate }),
    ...(source.evaluateTimeout === undefined ? {} : { limits: timeLimits(source.evaluateTimeout) }),
    crates: {
      ...(proxy === undefined ? {} : { proxy }),
      ...source.crates,
      cacheDir: `${cache}/crates`,
      onFetch: (url, count) => {
        source.crates?.onFetch?.(url, count);
        if (count === 1) say("info", `Fetching crates from ${new URL(url).host}`);
      },
      say: (text) => say("info", text),
    },
    onConsole: ({ level, text }) => say(level, text),
    ...fixed,
  });
  return {
    sandbox,
    folder: dirname(resolve(source.infra)),
    name: source.infra,
    graphHash: () => sandbox.graphHash,
  };
}

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
async function openProvider(
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
        ...(service.origin === undefined ? {} : { origin: service.origin }),
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
          ...(service.origin === undefined ? {} : { origin: service.origin }),
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
        ...(service.origin === undefined ? {} : { origin: service.origin }),
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

function openTransport(
  options: ServiceOptions & { readonly acceptNewHostKeys?: boolean },
  secrets: Secrets,
  say: Say = () => {},
): Transport {
  const { passphrases, becomePassword } = options;
  const secret: ReadSecret = (name, origin) => secrets.read(name, origin);
  return makeTransport({
    stateDir: folders(options).state,
    acceptNew: options.acceptNewHostKeys ?? false,
    warn: (text) => say("warn", text),
    ...(options.ask === undefined ? {} : { ask: options.ask }),
    ...(passphrases === undefined ? {} : { passphrases: (path) => passphrases(path, secret) }),
    loginPassword: (place, user) =>
      readCredential(`the password of "${user}"`, place, { env: (name) => Deno.env.get(name), secret }),
    ...(becomePassword === undefined ? {} : { becomePassword: (user) => becomePassword(user, secret) }),
    ...(options.sshConfig === undefined ? {} : { sshConfig: options.sshConfig }),
  });
}

/** Uses something that must be closed, however its use ends. */
async function using<R extends { close(): Promise<void> }, T>(
  resource: R,
  use: (resource: R) => Promise<T>,
): Promise<T> {
  try {
    return await use(resource);
  } finally {
    await resource.close();
  }
}

/** The functions that an infra file exports, to be called by name. */
function exported(sandbox: Sandbox): NonNullable<ProviderContext["call"]> {
  return (name, data) => sandbox.call(`${EXPORT}${name}`, data);
}

/** Uses the provider of a service. */
export async function withProvider<T>(
  options: ServiceOptions,
  use: (provider: Provider) => Promise<T>,
  call?: ProviderContext["call"],
): Promise<T> {
  return await using(await openProvider(options, () => {}, call), use);
}

/** Uses a sandbox alone. */
export async function withSandbox<T>(
  options: SourceOptions,
  use: (sandbox: Sandbox) => Promise<T>,
): Promise<T> {
  return await using(openSource(options).sandbox, use);
}

/** Uses a transport alone. */
export async function withTransport<T>(
  options: ServiceOptions & Pick<OperationOptions, "acceptNewHostKeys" | "secrets">,
  use: (transport: Transport) => Promise<T>,
): Promise<T> {
  return await using(
    new Secrets(options.secrets ?? []),
    (secrets) => using(openTransport(options, secrets), use),
  );
}

function filesOf(source: OpenSource, allowed: readonly string[] | undefined): LocalFiles {
  return localFiles({ root: source.folder, ...(allowed === undefined ? {} : { allowed }) });
}

/** Uses what `explain` works with; a provider only when the operating system is the image's to tell. */
export async function withExplainTools<T>(
  options: ExplainOptions,
  use: (tools: ExplainTools) => Promise<T>,
): Promise<T> {
  const source = openSource(options);
  const { service, providers } = options;
  return await using(source.sandbox, async (sandbox) => {
    const tools = { sandbox, folder: source.folder, files: filesOf(source, options.localFiles), definitions };
    if (service === undefined || options.os !== undefined) return await use(tools);
    return await withProvider(
      { ...options, service, providers },
      (provider) => use({ ...tools, provider }),
      exported(sandbox),
    );
  });
}

/** Opens all that an operation works with, and closes it when it is over. */
export async function openWiring<T>(
  options: OperationOptions,
  stops: Stops,
  use: (wiring: Wiring) => Promise<T>,
): Promise<T> {
  const past = options.resume === undefined
    ? undefined
    : await openPast(folders(options).state, options.resume.run);
  const clock = past?.run.header.clock ?? Date.now();
  const seed = past?.run.header.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  const early: [Level, string][] = [];
  let say: Say = (level, text) => void early.push([level, text]);
  const listen = (on: Say) => {
    for (const [level, text] of early.splice(0)) on(level, text);
    say = on;
  };
  const source = openSource(options, (level, text) => say(level, text), { clock, seed });
  return await using(
    source.sandbox,
    async (sandbox) =>
      await using(
        await openProvider(options, (level, text) => say(level, text), exported(sandbox)),
        (provider) =>
          using(new Secrets(options.secrets ?? []), (secrets) =>
            using(
              openTransport(options, secrets, (level, text) => say(level, text)),
              (transport) =>
                use({
                  tools: {
                    secrets,
                    sandbox,
                    provider,
                    transport,
                    files: filesOf(source, options.localFiles),
                    definitions,
                  },
                  directories: folders(options),
                  infra: source.name,
                  folder: source.folder,
                  stops,
                  clock,
                  seed,
                  listen,
                  graphHash: source.graphHash,
                  ...(past === undefined ? {} : { past }),
                }),
            )),
      ),
  );
}
