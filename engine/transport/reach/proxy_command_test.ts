import assert from "node:assert/strict";
import { until } from "../testing.ts";
import type { ByteStream } from "./byte_stream.ts";
import { WayLost } from "./byte_stream.ts";
import { openProxyCommand } from "./proxy_command.ts";
import { placeAt, quiet } from "./testing.ts";

const host = placeAt({ hostName: "10.0.0.5" });

const unix = Deno.build.os !== "windows";

function test(name: string, body: () => Promise<void>): void {
  Deno.test({ name, ignore: !unix, fn: body });
}

function ended(stream: ByteStream): Promise<Error | undefined> {
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  let error: Error | undefined;
  stream.on("error", (thrown) => error = thrown);
  stream.on("close", () => resolve(error));
  stream.resume();
  return promise;
}

/** Whether a process runs that is not a zombie. */
async function runs(pid: string): Promise<boolean> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "");
  return stat !== "" && !/\) Z/.test(stat);
}

test("openProxyCommand() carries bytes both ways, and counts them", async () => {
  const stream = openProxyCommand(host, "cat", quiet);
  const bytes = new Uint8Array(300_000).map((_, at) => at % 251);
  let received = 0;
  stream.on("data", (chunk: Uint8Array) => {
    for (const byte of chunk) assert.equal(byte, received++ % 251);
    if (received === bytes.length) stream.destroy();
  });
  stream.write(bytes);
  await ended(stream);
  assert.equal(received, bytes.length);
  assert.deepEqual([stream.bytesWritten, stream.bytesRead], [bytes.length, bytes.length]);
});

test("openProxyCommand() tells what the command said, and with which status it ended", async () => {
  const stream = openProxyCommand(host, "sh -c 'echo \"nc: connect failed\" >&2; exit 7'", quiet);
  const error = await ended(stream);
  assert.ok(error instanceof WayLost && !error.again);
  assert.equal(error.message, "its proxy command ended with status 7: nc: connect failed");
  const missing = await ended(openProxyCommand(host, "no-such-program-anywhere", quiet));
  assert.match(missing?.message ?? "", /its proxy command ended with status 127: .*no-such-program-anywhere/);
  const killed = await ended(openProxyCommand(host, "sh -c 'kill -9 $$'", quiet));
  assert.equal(killed?.message, "its proxy command was ended by SIGKILL");
});

test("openProxyCommand() ends the command with the stream, and all that it started", async () => {
  const stream = openProxyCommand(
    host,
    "sh -c 'trap : HUP; sleep 60 & echo $$ $!; while :; do wait; done'",
    quiet,
  );
  const pids = await new Promise<string[]>((resolve) =>
    stream.once("data", (data: Uint8Array) => resolve(new TextDecoder().decode(data).trim().split(" ")))
  );
  assert.equal(pids.length, 2);
  for (const pid of pids) assert.ok(await runs(pid));
  stream.destroy();
  await until("its processes end", async () => !(await Promise.all(pids.map(runs))).includes(true));
});

test("openProxyCommand() has a session of its own, out of reach of the terminal's interrupt", async () => {
  const stream = openProxyCommand(host, "cat /proc/self/stat", quiet);
  const text = await new Promise<string>((resolve) =>
    stream.once("data", (data: Uint8Array) => resolve(new TextDecoder().decode(data)))
  );
  const [pid, , , , group, session] = text.split(" ");
  assert.equal(pid, session, "exec has spared a shell");
  assert.equal(pid, group);
  await ended(stream);
});
