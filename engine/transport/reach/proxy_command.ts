// A connection that a program carries: its input and output are the bytes.
import { messageOf, PalletError } from "../../errors.ts";
import { oneLine, whereIs } from "../problems.ts";
import { type ByteStream, Tube, WayLost } from "./byte_stream.ts";
import type { Place, Watch } from "./host.ts";

/** Milliseconds that a program gets to say with what it ends, and to end when it is told to. */
const PATIENCE = 1000;
/** Bytes that are kept of what it says on standard error. */
const KEPT = 4096;

const HELP = "Try the command of ProxyCommand by itself; its standard error is shown above.";

/** The shell's words for a command: `exec` saves the shell a process, as ssh does. */
function shellOf(command: string): readonly [program: string, args: readonly string[]] {
  if (Deno.build.os === "windows") return [Deno.env.get("COMSPEC") ?? "cmd.exe", ["/d", "/s", "/c", command]];
  return [Deno.env.get("SHELL") || "/bin/sh", ["-c", `exec ${command}`]];
}

/**
 * Starts the command of `ProxyCommand`. It has a session of its own, so that an interrupt of the terminal does not cut
 * connections, and ends, with all that it started, when the stream does.
 *
 * @throws {PalletError} of kind `unreachable` when there is no shell to start it.
 */
export function openProxyCommand(host: Place, command: string, watch: Watch): ByteStream {
  watch.step(() => "no ssh banner by way of its proxy command");
  const [program, args] = shellOf(command);
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
  } catch (thrown) {
    throw new PalletError(
      `Cannot connect to ${whereIs(host.route)}: its proxy command cannot be started: ${messageOf(thrown)}`,
      { kind: "unreachable", help: HELP, cause: thrown },
    );
  }
  let over = false;
  void child.status.then(() => over = true);
  const said = tailOf(child.stderr);
  const writer = child.stdin.getWriter();
  writer.closed.catch(() => {}); // a program that has gone takes nothing: its end is told by its output
  return new Tube({
    chunks: child.stdout,
    write: (bytes) => writer.write(bytes),
    end: () => writer.close(),
    destroy() {
      writer.abort().catch(() => {}); // as above
      child.stdout.cancel().catch(() => {}); // somebody may be reading it still, and ends with it
      if (over) return;
      send(child, "SIGHUP");
      const timer = setTimeout(() => send(child, "SIGKILL"), PATIENCE);
      void child.status.then(() => clearTimeout(timer));
    },
    async epitaph() {
      const status = await within(PATIENCE, child.status);
      const words = oneLine(await within(PATIENCE, said) ?? "");
      const how = status === undefined
        ? "closed its output"
        : status.signal !== null
        ? `was ended by ${status.signal}`
        : `ended with status ${status.code}`;
      return new WayLost(`its proxy command ${how}${words === "" ? "" : `: ${words}`}`, {
        help: HELP,
        again: false,
      });
    },
  });
}

/** Signals a program and whatever it started. */
function send(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    if (Deno.build.os === "windows") child.kill();
    else Deno.kill(-child.pid, signal);
  } catch {
    // It was faster.
  }
}

async function tailOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) text = (text + decoder.decode(chunk, { stream: true })).slice(-KEPT);
  return text;
}

/** What a promise gives, if it does within so many milliseconds. */
async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), milliseconds);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
