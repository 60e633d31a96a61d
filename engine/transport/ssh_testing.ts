// What the tests of faults share: a server, transports, and what is expected of an error.
import assert from "node:assert/strict";
import { sshdMissing, startSshd, type TestSshd } from "../../tests/support/sshd.ts";
import { networkMissing } from "../../tests/support/network.ts";
import { type Proxy, startProxy } from "../../tests/support/proxy.ts";
import type { PalletError } from "../errors.ts";
import type { Connection, ConnectOptions, SshRoute } from "./connection.ts";
import { makeTransport, type TransportOptions } from "./mod.ts";
import { options } from "./testing.ts";

const missing = await sshdMissing();
/** Why no network can be made; nothing when one can. */
export const noNetwork = missing ?? await networkMissing();
if (missing !== undefined) console.log(`Faults of ssh are not tried: ${missing}`);
else if (noNetwork !== undefined) console.log(`Faults of networks are not tried: ${noNetwork}`);

/** The server of a file of tests. */
export let sshd: TestSshd;
/** A folder of a file of tests. */
export let folder: string;

if (missing === undefined) {
  Deno.test.beforeAll(async () => {
    folder = await Deno.makeTempDir({ prefix: "pallet-faults-" });
    sshd = await startSshd();
  });
  Deno.test.afterAll(async () => {
    await sshd.stop();
    await Deno.remove(folder, { recursive: true });
  });
}

/** A test that needs the server. */
export function test(name: string, body: () => Promise<void>, ignore = missing !== undefined): void {
  Deno.test({ name, ignore, fn: body });
}

/** Takes away what an earlier test left when it cut its connections. */
export async function tidy(server: TestSshd): Promise<void> {
  await server.exec("pkill -f '[/]scripts/.*/script'; pkill -x sleep; rm -f /var/lib/pallet/lease");
}

let runs = 0;
type Connect = (route: Partial<SshRoute>, changes?: Partial<ConnectOptions>) => Promise<Connection>;

/** Runs a body with a transport of its own. */
export async function withTransport(
  body: (connect: Connect) => Promise<void>,
  changes: Partial<TransportOptions> = {},
  server: TestSshd = sshd,
): Promise<void> {
  await tidy(server);
  const stateDir = await Deno.makeTempDir({ dir: folder });
  const transport = makeTransport({
    stateDir,
    agentSocket: "",
    knownHosts: [],
    sshConfig: "none",
    ...changes,
  });
  const run = `faults-${++runs}`;
  try {
    await body((route, more) =>
      transport.connect({ ...server.route(), name: "node-1", ...route }, options({ run, ...more }))
    );
  } finally {
    await transport.close();
  }
}

/** Runs a body with a proxy before the server. */
export async function withProxy(body: (proxy: Proxy) => Promise<void>, port = sshd.port): Promise<void> {
  const proxy = startProxy({ port });
  try {
    await body(proxy);
  } finally {
    await proxy.close();
  }
}

/** That an attempt fails, with a message and help for people. */
export async function fails(attempt: Promise<unknown>, message: RegExp): Promise<PalletError> {
  let seen: unknown;
  await assert.rejects(attempt, (error) => {
    seen = error;
    return true;
  });
  assert.match(String(seen), message);
  const error = seen as PalletError;
  assert.equal(error.kind, "unreachable");
  assert.ok((error.help ?? "").length > 10);
  return error;
}
