import { messageOf, PalletError } from "../../engine/errors.ts";

/** How {@linkcode run} runs a program. */
export interface RunOptions {
  /** Bytes for its standard input: none unless told. */
  readonly input?: string;
  readonly signal?: AbortSignal;
}

/** What a program left. */
export interface Output {
  readonly status: number;
  readonly stdout: string;
  /** Without white space at its end. */
  readonly stderr: string;
}

/**
 * Runs a program that the plugin was granted, without a shell, and waits for its end, whatever its exit status is.
 *
 * @throws {PalletError} of kind `config` when there is no such program.
 *
 * @example
 * ```ts
 * import { run } from "./run.ts";
 *
 * const { status, stdout } = await run(["echo", "two words"]);
 * console.assert(status === 0 && stdout === "two words\n");
 * ```
 */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<Output> {
  const [program = "", ...args] = command;
  try {
    const child = new Deno.Command(program, {
      args,
      stdin: options.input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    }).spawn();
    const [{ code, stdout, stderr }] = await Promise.all([child.output(), feed(child, options.input)]);
    options.signal?.throwIfAborted();
    const decoder = new TextDecoder();
    return { status: code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr).trimEnd() };
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new PalletError(`Cannot run "${program}": ${messageOf(cause)}`, {
      kind: "config",
      help: "Install it, or name it by its whole path.",
      cause,
    });
  }
}

async function feed(child: Deno.ChildProcess, input: string | undefined): Promise<void> {
  if (input === undefined) return;
  const writer = child.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  } catch {
    // A program that does not read to the end is free to.
  }
}
