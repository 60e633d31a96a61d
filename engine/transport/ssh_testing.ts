// What tests with real OpenSSH share: a server that is up during the tests of a file, transports, proxies, and what is
// expected of an error.
import assert from "node:assert/strict";
import { sshdMissing, type SshdOptions, startSshd, type TestSshd } from "../../tests/support/sshd.ts";
import { networkMissing } from "../../tests/support/network.ts";
import { type Proxy, startProxy } from "../../tests/support/proxy.ts";
import { PalletError } from "../errors.ts";
import type { Connection, ConnectOptions, SshRoute } from "./connection.ts";
import { makeTransport, type TransportOptions } from "./mod.ts";
import { options, until } from "./testing.ts";

const missing = await sshdMissing();
/** Why no network can be made; nothing when one can. */
export const noNetwork = missing ?? await networkMissing();
if (missing !== undefined) console.log(`Tests with ssh are ignored: ${missing}`);
else if (noNetwork !== undefined) console.log(`Faults of networks are not tried: ${noNetwork}`);

/** The server of a file of tests. */
export let sshd: TestSshd;
/** A folder of a file of tests. */
export let folder: string;

/** Has a folder and a server for the tests of a file; `settle` runs before the server starts. */
export function serveTests(settle: () => SshdOptions | Promise<SshdOptions> = () => ({})): void {
  if (missing !== undefined) return;
  Deno.test.beforeAll(async () => {
    folder = await Deno.makeTempDir({ prefix: "pallet-ssh-" });
    sshd = await startSshd(await settle());
  });
  Deno.test.afterAll(async () => {
    await sshd.stop();
    await Deno.remove(folder, { recursive: true });
  });
}

/** A test that needs a server. */
export function test(
  name: string,
  fn: (t: Deno.TestContext) => Promise<void>,
  ignore = missing !== undefined,
): void {
  Deno.test({ name, ignore, fn });
}

/** Takes away what an earlier test left when it cut its connections. */
export async function tidy(server: TestSshd): Promise<void> {
  await server.exec("pkill -f '[/]scripts/.*/script'; pkill -x sleep; rm -f /var/lib/pallet/lease");
}

/** Waits until no login is left on a server, and all is in its log that it has to say of them. */
async function quiet(server: TestSshd): Promise<void> {
  await until(
    "logins have ended",
    async () => await server.exec("pgrep -f '[s]shd(-session)?: [^/]' || true") === "",
  );
}

/** What a server logs of what a body does, from its begin until all its logins have ended; and what ended the body. */
export async function logOf(
  body: () => Promise<unknown>,
  server: TestSshd = sshd,
): Promise<{ readonly log: string; readonly thrown?: unknown }> {
  await quiet(server);
  const since = (await server.log()).length;
  const went = await body().then(() => ({}), (thrown: unknown) => ({ thrown }));
  await quiet(server);
  return { ...went, log: (await server.log()).slice(since) };
}

let runs = 0;
type Connect = (
  route: Partial<SshRoute>,
  changes?: Partial<ConnectOptions> & { run?: string },
) => Promise<Connection>;

/** Runs a body with a transport of its own; its connections have the leases of one run. */
export async function withTransport(
  body: (connect: Connect, stateDir: string) => Promise<void>,
  changes: Partial<TransportOptions> | ((stateDir: string) => Partial<TransportOptions>) = {},
  server: TestSshd = sshd,
): Promise<void> {
  await tidy(server);
  const stateDir = await Deno.makeTempDir({ dir: folder });
  const transport = makeTransport({
    stateDir,
    agentSocket: "",
    knownHosts: [],
    sshConfig: "none",
    ...(typeof changes === "function" ? changes(stateDir) : changes),
  });
  const run = `run-${++runs}`;
  try {
    await body(
      (route, more) => transport.connect(server.route(route), options({ run, ...more })),
      stateDir,
    );
  } finally {
    await transport.close();
  }
}

/** Runs a body with a proxy before a server. */
export async function withProxy(
  body: (proxy: Proxy) => Promise<void>,
  settings: { readonly port?: number; readonly roundTrip?: number } = {},
): Promise<void> {
  const proxy = startProxy({ port: sshd.port, ...settings });
  try {
    await body(proxy);
  } finally {
    await proxy.close();
  }
}

/** That an attempt fails, with a message and help for people. */
export async function fails(attempt: Promise<unknown>, message = /./): Promise<PalletError> {
  let error: unknown;
  await assert.rejects(attempt, (thrown) => {
    error = thrown;
    return true;
  });
  assert.ok(error instanceof PalletError, String(error));
  assert.match(String(error), message);
  assert.equal(error.kind, "unreachable");
  assert.ok((error.help ?? "").length > 10);
  return error;
}

/** Something in place of an sshd; counts who comes. */
export async function withServer(
  serve: (connection: Deno.TcpConn) => Promise<void>,
  body: (port: number, asked: () => number) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  let asked = 0;
  const serving = (async () => {
    for await (const connection of listener) {
      asked++;
      open.add(connection);
      serve(connection).catch(() => {}); // it has gone, which is what is tried
    }
  })();
  try {
    await body((listener.addr as Deno.NetAddr).port, () => asked);
  } finally {
    listener.close();
    await serving;
    for (const connection of open) {
      try {
        connection.close();
      } catch {
        // The server was first.
      }
    }
  }
}

/** Says something to whoever connected. */
export async function say(connection: Deno.TcpConn, text: string): Promise<void> {
  await connection.write(new TextEncoder().encode(text));
}
