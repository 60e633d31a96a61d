// TCP connections to listeners of loopback; what a network can do to them is in faults_test.ts.
import assert from "node:assert/strict";
import { freePort } from "../../../tests/support/sshd.ts";
import { PalletError } from "../../errors.ts";
import type { SshSettings } from "../ssh_settings.ts";
import type { ByteStream } from "./byte_stream.ts";
import { openTcp } from "./tcp.ts";
import { placeAt, quiet } from "./testing.ts";

function open(changes: Partial<SshSettings>, signal = AbortSignal.timeout(5000)): Promise<ByteStream> {
  return openTcp(placeAt(changes), quiet, signal);
}

/** Runs a body with a listener that says who came. */
async function withListener(hostname: string, body: (port: number) => Promise<void>): Promise<void> {
  const listener = Deno.listen({ hostname, port: 0 });
  const serving = (async () => {
    for await (const connection of listener) {
      const { hostname } = connection.remoteAddr as Deno.NetAddr;
      await connection.write(new TextEncoder().encode(hostname));
      connection.close();
    }
  })();
  try {
    await body((listener.addr as Deno.NetAddr).port);
  } finally {
    listener.close();
    await serving;
  }
}

async function said(stream: ByteStream): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks.map((chunk) => new TextDecoder().decode(chunk)).join("");
}

async function fails(attempt: Promise<ByteStream>, message: RegExp): Promise<void> {
  await assert.rejects(attempt, (error) => {
    assert.ok(error instanceof PalletError && error.kind === "unreachable", String(error));
    assert.match(error.message, message);
    assert.ok((error.help ?? "").length > 10);
    return true;
  });
}

Deno.test("openTcp() reaches IPv4 and IPv6 addresses, also in brackets", async () => {
  await withListener("127.0.0.1", async (port) => {
    assert.equal(await said(await open({ port })), "127.0.0.1");
  });
  await withListener("::1", async (port) => {
    for (const hostName of ["::1", "[::1]"]) assert.equal(await said(await open({ hostName, port })), "::1");
  });
});

Deno.test({
  name: "openTcp() reaches IPv6 addresses with a scope",
  ignore: scoped() === undefined,
  fn: () =>
    withListener("::", async (port) => {
      const stream = await open({ hostName: scoped() ?? "", port });
      assert.match(await said(stream), /^fe80:/);
      assert.ok(stream.bytesRead > 5);
    }),
});

/** An address of this machine that is of one interface only. */
function scoped(): string | undefined {
  const found = Deno.networkInterfaces().find(({ address }) => address.startsWith("fe80:"));
  return found && `${found.address}%${found.name}`;
}

Deno.test("openTcp() tries all addresses of a name: what listens on one of them only is found", async () => {
  for (const hostname of ["127.0.0.1", "::1"]) {
    if (hostname === "::1" && !(await hasBoth())) continue;
    await withListener(hostname, async (port) => {
      assert.equal(await said(await open({ hostName: "localhost", port })), hostname);
    });
  }
});

async function hasBoth(): Promise<boolean> {
  const hosts = await Deno.readTextFile("/etc/hosts").catch(() => "");
  return /^::1\s.*\blocalhost\b/m.test(hosts);
}

Deno.test("openTcp() connects from the address or interface that is asked for", async () => {
  await withListener("127.0.0.1", async (port) => {
    assert.equal(await said(await open({ port, bindAddress: "127.0.0.7" })), "127.0.0.7");
    assert.equal(await said(await open({ port, bindInterface: "lo" })), "127.0.0.1");
    await fails(open({ port, bindAddress: "192.0.2.77" }), /not one of this machine/);
    await fails(
      open({ port, bindInterface: "none0" }),
      /cannot connect from "none0": there is no such interface/,
    );
    await fails(
      open({ port, bindAddress: "::1" }),
      /cannot connect from "::1": it has no address of the other/,
    );
  });
});

Deno.test("openTcp() keeps to the family that is asked for", async () => {
  await fails(open({ addressFamily: "inet6" }), /"127\.0\.0\.1" has no IPv6 address/);
});

Deno.test("fault 1: refused is said at once, with the address; ConnectionAttempts are made", async () => {
  const port = freePort();
  const began = performance.now();
  await fails(open({ port }), /^Cannot connect to node-1 \(127\.0\.0\.1:\d+\): the connection was refused$/);
  assert.ok(performance.now() - began < 1000);
  let listener: Deno.Listener | undefined;
  const timer = setTimeout(() => listener = Deno.listen({ hostname: "127.0.0.1", port }), 300);
  try {
    (await open({ port, connectionAttempts: 3 })).destroy();
  } finally {
    clearTimeout(timer);
    listener?.close();
  }
});

Deno.test("fault 12: a name that does not exist is named", async () => {
  await fails(open({ hostName: "nowhere.invalid" }), /the name "nowhere\.invalid" is unknown/);
});
