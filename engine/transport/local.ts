// This machine, without ssh: the same loop, started as a child process.
import { messageOf, PalletError } from "../errors.ts";
import type { Channel, ChannelEvents } from "./channel.ts";

async function drain(stream: ReadableStream<Uint8Array>, take: (bytes: Uint8Array) => void): Promise<void> {
  for await (const bytes of stream) take(bytes);
}

/** Starts a command with the shell of this machine. */
export function openLocalChannel(command: string, events: ChannelEvents): Promise<Channel> {
  const child = spawn(command);
  const writer = child.stdin.getWriter();
  const bytes = { sent: 0, received: 0 };
  let closed = false;
  void watch(child, events, bytes);
  return Promise.resolve({
    bytes,
    async write(data: Uint8Array): Promise<void> {
      bytes.sent += data.length;
      try {
        await writer.write(data);
      } catch {
        // The loop has ended, which `closed` tells.
      }
    },
    close(): void {
      if (closed) return;
      closed = true;
      // The loop ends with its input; scripts that it started go on.
      writer.close().catch(() => {});
    },
  });
}

function spawn(command: string): Deno.ChildProcess {
  const keep = ["PATH", "HOME", "USER"];
  const env = Object.fromEntries(
    keep.map((name) => [name, Deno.env.get(name) ?? ""]).filter(([, v]) => v !== ""),
  );
  try {
    return new Deno.Command("bash", {
      args: ["-c", command],
      clearEnv: true,
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (thrown) {
    throw new PalletError(`Cannot run bash on this machine: ${messageOf(thrown)}`, {
      kind: "unreachable",
      help: "Install bash 4.3 or newer.",
      cause: thrown,
    });
  }
}

async function watch(
  child: Deno.ChildProcess,
  events: ChannelEvents,
  bytes: { received: number },
): Promise<void> {
  const counted = (take: (data: Uint8Array) => void) => (data: Uint8Array) => {
    bytes.received += data.length;
    take(data);
  };
  await Promise.all([
    drain(child.stdout, counted((data) => events.stdout(data))),
    drain(child.stderr, counted((data) => events.stderr(data))),
  ]);
  const { code, signal } = await child.status;
  events.closed(signal === null ? `the loop ended with status ${code}` : `the loop was ended by ${signal}`);
}
