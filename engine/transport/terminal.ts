// A shell or a command of a node on the user's own terminal.
import type { Buffer } from "node:buffer";
// @ts-types="@types/ssh2"
import type { ClientChannel, PseudoTtyOptions } from "ssh2";
import { PalletError } from "../errors.ts";
import { quote } from "../script/quote.ts";
import { lossOf } from "./reach/loss.ts";
import type { Login } from "./ssh_login.ts";

function size(): PseudoTtyOptions {
  const { columns, rows } = Deno.consoleSize();
  return { cols: columns, rows, term: Deno.env.get("TERM") ?? "dumb" };
}

/** A channel, and what came on it of the end: an exit status, or the signal that ended what ran. */
interface Opened {
  readonly stream: ClientChannel;
  readonly exit: Exit;
}

interface Exit {
  status?: number;
  signal?: string;
}

/** What is to run on a node. */
export interface TerminalCommand {
  /** A command and its arguments; none: a shell. */
  readonly command: readonly string[];
  /** Variables to ask for; a server takes those that it is told to take. */
  readonly environment: Readonly<Record<string, string>>;
  /** The node, for messages. */
  readonly where: string;
}

function open({ client }: Login, { command, environment }: TerminalCommand, tty: boolean): Promise<Opened> {
  const { promise, resolve, reject } = Promise.withResolvers<Opened>();
  const done = (error: Error | undefined, stream: ClientChannel) => {
    if (error !== undefined) return reject(error);
    const exit: Exit = {};
    // Listened for at once: the exit status may stand in the same packet as the channel's confirmation.
    stream.on("exit", (code: number | null, signal?: string) => {
      if (code !== null) exit.status = code;
      else exit.signal = signal ?? "a signal";
    });
    resolve({ stream, exit });
  };
  const text = command.map(quote).join(" ");
  const env = environment;
  if (command.length > 0) client.exec(text, tty ? { env, pty: size() } : { env }, done);
  else client.shell(tty ? size() : false, { env }, done);
  return promise;
}

/** Copies what comes from a node; waits for a slow terminal or pipe. */
function copy(
  source: AsyncIterable<Buffer>,
  target: { write(data: Uint8Array): Promise<number> },
): Promise<void> {
  return (async () => {
    for await (const chunk of source) {
      for (let rest: Uint8Array = chunk; rest.length > 0;) rest = rest.subarray(await target.write(rest));
    }
  })();
}

/**
 * Gives the user's terminal to a shell or command of a node until it ends; resolves with its exit status. With a
 * terminal the node makes one too, of the same size; without, bytes pass as they are.
 */
export async function runOnTerminal(
  login: Login,
  command: TerminalCommand,
  signal?: AbortSignal,
): Promise<number> {
  const { client, socket } = login;
  const { where } = command;
  const tty = Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
  let lost: Error | undefined;
  client.removeAllListeners("error");
  client.on("error", (error) => lost ??= error);
  const resized = () => {
    const { cols, rows } = size();
    stream.setWindow(rows ?? 24, cols ?? 80, 0, 0);
  };
  const abort = () => client.end();
  const { stream, exit } = await open(login, command, tty);
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted) abort();
  if (tty) {
    Deno.stdin.setRaw(true);
    Deno.addSignalListener("SIGWINCH", resized);
  }
  const input = Deno.stdin.readable.getReader();
  const closed = new Promise<void>((resolve) => stream.once("close", resolve));
  void feed(input, stream);
  try {
    await Promise.all([copy(stream, Deno.stdout), copy(stream.stderr, Deno.stderr), closed]);
  } finally {
    if (tty) {
      Deno.removeSignalListener("SIGWINCH", resized);
      Deno.stdin.setRaw(false);
    }
    signal?.removeEventListener("abort", abort);
    await input.cancel().catch(() => {}); // nobody reads on
    client.end();
    socket.destroySoon();
  }
  if (exit.status !== undefined) return exit.status;
  if (exit.signal !== undefined) {
    const what = command.command.length > 0 ? "command" : "shell";
    throw new PalletError(`The ${what} on ${where} was ended by ${exit.signal}`, { kind: "action" });
  }
  signal?.throwIfAborted();
  throw new PalletError(`Lost the connection to ${where}${lost === undefined ? "" : `: ${lossOf(lost)}`}`, {
    kind: "unreachable",
    help: "What ran there may have been ended with it.",
  });
}

async function feed(input: ReadableStreamDefaultReader<Uint8Array>, stream: ClientChannel): Promise<void> {
  for (let read = await input.read(); !read.done; read = await input.read()) {
    if (stream.writable && !stream.write(read.value)) {
      await new Promise<void>((resolve) => {
        stream.once("drain", resolve);
        stream.once("close", resolve);
      });
    }
  }
  stream.end();
}
