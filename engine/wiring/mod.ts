// Puts the parts of the engine together for one call; run.ts is the only one that asks for it.
import { definitions } from "../actions/list.ts";
import { localFiles } from "../actions/local_files.ts";
import type { LocalFiles } from "../actions/contents.ts";
import type { Wiring } from "../operate/begin.ts";
import type { ExplainTools } from "../operate/explain.ts";
import type { Stops } from "../operate/operation.ts";
import type { ExplainOptions, OperationOptions, ServiceOptions } from "../operate/options.ts";
import { openPast } from "../operate/past.ts";
import { EXPORT } from "../plan/hooks.ts";
import type { Provider, ProviderContext } from "../provider/provider.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { readCredential, type ReadSecret } from "../secrets/credential.ts";
import { Secrets } from "../secrets/secrets.ts";
import type { Transport } from "../transport/connection.ts";
import { makeTransport } from "../transport/mod.ts";
import { folders, type Level, type Say } from "./common.ts";
import { openProvider } from "./provider.ts";
import { type OpenSource, openSource, type SourceOptions } from "./source.ts";

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
