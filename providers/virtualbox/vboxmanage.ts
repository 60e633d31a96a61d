// Runs VBoxManage: one state-changing command a machine at a time, with limits in time and few tries.
import { messageOf, PalletError } from "../../engine/errors.ts";
import { commandText, errorLines, isTransient, VBoxManageError } from "./errors.ts";

/** How a command is run. */
export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Seconds until it counts as hung; the program's own unless told. */
  readonly timeout?: number;
}

/** The program. All calls resolve with what it wrote to its standard output. */
export interface VBoxManage {
  readonly path: string;
  /** Looks: may be done at any time, any number at once. */
  look(args: readonly string[], options?: RunOptions): Promise<string>;
  /** Changes what has this id, a machine's or a file's path; changes of one id wait for each other. */
  change(id: string, args: readonly string[], options?: RunOptions): Promise<string>;
  /** What it says, whether it succeeds or not: standard output and error together. */
  said(args: readonly string[], options?: RunOptions): Promise<string>;
}

/** Settings of the runner. */
export interface RunnerOptions {
  /** Seconds. */
  readonly timeout: number;
  /** The locale that it speaks in. */
  readonly locale: string;
  /** Milliseconds between two tries; 1000 unless told. */
  readonly pause?: number;
  /** Told of each command before it is run. */
  readonly onCommand?: (args: readonly string[]) => void;
}

/** Times that a command is tried that fails for a reason which passes. */
const TRIES = 3;

interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replaceAll("\r\n", "\n");
}

function spawn(path: string, args: readonly string[], locale: string): Deno.ChildProcess {
  try {
    return new Deno.Command(path, {
      args: [...args],
      env: { LANG: locale, LC_ALL: locale },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    throw new PalletError(`Cannot run ${path}: ${messageOf(error)}`, {
      kind: "provider",
      help: "Say where VBoxManage is: option vboxmanage of the service.",
      cause: error,
    });
  }
}

/** Runs it once. What takes longer than its limit is ended: VirtualBox's own service can hang for ever. */
async function once(
  path: string,
  args: readonly string[],
  { timeout, locale, signal }: {
    readonly timeout: number;
    readonly locale: string;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Outcome> {
  signal?.throwIfAborted();
  const child = spawn(path, args, locale);
  let hung = false;
  const end = () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
  };
  const timer = setTimeout(() => {
    hung = true;
    end();
  }, timeout * 1000);
  signal?.addEventListener("abort", end);
  try {
    const [status, out, err] = await Promise.all([child.status, drain(child.stdout), drain(child.stderr)]);
    signal?.throwIfAborted();
    if (hung) throw hungError(args, timeout);
    return { status: status.code, out, err };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
  }
}

async function drain(stream: ReadableStream<Uint8Array>): Promise<string> {
  return decoded(new Uint8Array(await new Response(stream).arrayBuffer()));
}

function hungError(args: readonly string[], timeout: number): PalletError {
  return new PalletError(`${commandText(args)} did not end within ${timeout} seconds`, {
    kind: "provider",
    help:
      "VirtualBox's service (VBoxSVC) may hang: close VirtualBox, end VBoxSVC, and try again; option command-timeout gives it more time.",
  });
}

/** The runner of a program. */
export function makeVBoxManage(path: string, options: RunnerOptions): VBoxManage {
  const { pause = 1000, locale, onCommand } = options;
  const turns = new Map<string, Promise<unknown>>();

  const run = async (args: readonly string[], { signal, timeout = options.timeout }: RunOptions) => {
    for (let attempt = 1;; attempt++) {
      onCommand?.(args);
      const { status, out, err } = await once(path, args, { timeout, locale, signal });
      // Some commands report an error and exit with 0 all the same.
      if (status === 0 && errorLines(err).length === 0) return out;
      const said = `${err}\n${out}`;
      if (attempt === TRIES || !isTransient(said)) {
        throw new VBoxManageError(args, err.trim() === "" ? out : err, status);
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };

  return {
    path,
    look: (args, how = {}) => run(args, how),
    async change(id, args, how = {}) {
      const before = turns.get(id);
      const turn = (async () => {
        await before?.catch(() => {});
        return await run(args, how);
      })();
      turns.set(id, turn);
      try {
        return await turn;
      } finally {
        if (turns.get(id) === turn) turns.delete(id);
      }
    },
    async said(args, { signal, timeout = options.timeout } = {}) {
      onCommand?.(args);
      const { out, err } = await once(path, args, { timeout, locale, signal });
      return `${out}\n${err}`;
    },
  };
}
