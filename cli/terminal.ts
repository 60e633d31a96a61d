import { messageOf, PalletError } from "../engine/errors.ts";
import { readSystemFile } from "../engine/system_file.ts";

/** What begins and ends each style of a terminal. */
const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const;

/** Colours and weights; each returns the text as it is when colour is off. */
export type Paint = Readonly<Record<keyof typeof STYLES, (text: string) => string>>;

/** A stream that text is written to. */
export interface Output {
  write(text: string): void;
  /** Whether a terminal shows it. */
  readonly terminal: boolean;
  readonly paint: Paint;
  /** Columns and rows, as of now. */
  size(): { readonly columns: number; readonly rows: number };
}

/** What a command may touch of the process that it runs in. */
export interface Terminal {
  /** Data. */
  readonly out: Output;
  /** Progress, messages, questions. */
  readonly err: Output;
  readonly cwd: string;
  /** The command line, where there is one: a run keeps it, to be gone on with. */
  readonly argv?: readonly string[];
  /** Whether somebody can answer a question. */
  readonly interactive: boolean;
  readonly env: (name: string) => string | undefined;
  /** A line from standard input; nothing at its end. */
  readLine(): Promise<string | undefined>;
  /**
   * Calls back whenever a signal comes; returns how to stop that. Where there is no such signal, and where whoever
   * started this program has it ignore hangups (nohup), it never comes.
   */
  onSignal(signal: "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGWINCH", callback: () => void): () => void;
}

/** Colours, or none. */
export function paintFor(color: boolean): Paint {
  const painted = Object.entries(STYLES).map(([name, [begin, finish]]) => {
    const [open, close] = [`\x1b[${begin}m`, `\x1b[${finish}m`];
    // What ends within the text a style of the same kind ends this one too: it begins again behind it.
    const paint = (text: string) => `${open}${text.replaceAll(close, `${close}${open}`)}${close}`;
    return [name, color ? paint : (text: string) => text];
  });
  return Object.fromEntries(painted);
}

/** Whether an output gets colour: a terminal that knows it, and nobody said no. */
export function wantsColor(
  terminal: boolean,
  refused: boolean,
  env: (name: string) => string | undefined,
): boolean {
  return terminal && !refused && (env("NO_COLOR") ?? "") === "" && env("TERM") !== "dumb";
}

/** Thrown when nobody reads what is written any more (`pallet nodes | head -1`). */
export class OutputClosed extends Error {}

/** Thrown when an output takes no more: its disk is full, or fails. */
export class OutputFailed extends PalletError {}

function outputFailed(name: string, cause: unknown): OutputFailed {
  const why = messageOf(cause).replace(/ \(os error \d+\)$/, "");
  const message = `Cannot write to standard ${name}: ${why.slice(0, 1).toLowerCase()}${why.slice(1)}`;
  return new OutputFailed(message, { kind: "action" });
}

interface Stream {
  writeSync(bytes: Uint8Array): number;
  isTerminal(): boolean;
}

function outputOf(
  name: "output" | "error",
  stream: Stream,
  noColor: boolean,
  env: (name: string) => string | undefined,
): Output {
  const encoder = new TextEncoder();
  const terminal = stream.isTerminal();
  return {
    terminal,
    paint: paintFor(wantsColor(terminal, noColor, env)),
    write(text) {
      const bytes = encoder.encode(text);
      try {
        for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
      } catch (error) {
        if (error instanceof Deno.errors.BrokenPipe) throw new OutputClosed("nobody reads the output");
        // A terminal that was closed: the hangup that comes with it ends what runs, in order.
        if (terminal && Reflect.get(Object(error), "code") === "EIO") return;
        throw outputFailed(name, error);
      }
    },
    size() {
      try {
        const { columns, rows } = Deno.consoleSize();
        return columns > 0 && rows > 0 ? { columns, rows } : { columns: 80, rows: 24 };
      } catch {
        // No terminal: what is asked for then is only ever used to wrap help texts.
        return { columns: 80, rows: 24 };
      }
    },
  };
}

async function readLine(): Promise<string | undefined> {
  const bytes: number[] = [];
  const buffer = new Uint8Array(1);
  // Byte by byte, so that nothing behind the line is taken from whoever reads standard input next.
  while (true) {
    const read = await Deno.stdin.read(buffer);
    if (read === null) {
      return bytes.length === 0 ? undefined : new TextDecoder().decode(new Uint8Array(bytes));
    }
    const byte = buffer[0] ?? 10;
    if (byte === 10) return new TextDecoder().decode(new Uint8Array(bytes));
    if (bytes.length < 4096) bytes.push(byte);
  }
}

/** Whether this process ignores hangups: a listener would end that. Known where /proc tells it. */
async function hangupsIgnored(): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  try {
    // What is ignored is handed down: should another program read it, it tells the same of itself.
    const status = await readSystemFile("/proc/self/status");
    const [, ignored = ""] = /^SigIgn:\s*([\da-f]+)$/m.exec(status) ?? [];
    return Number(`0x${ignored.slice(-1)}`) % 2 === 1;
  } catch {
    return false;
  }
}

function listen(signal: Deno.Signal, callback: () => void): () => void {
  Deno.addSignalListener(signal, callback);
  return () => Deno.removeSignalListener(signal, callback);
}

/** The terminal of this process. */
export function processTerminal(noColor: boolean): Terminal {
  const env = (name: string) => Deno.env.get(name);
  // Asked before the first listener, which would change the answer.
  let ignored: Promise<boolean> | undefined;
  return {
    out: outputOf("output", Deno.stdout, noColor, env),
    err: outputOf("error", Deno.stderr, noColor, env),
    cwd: Deno.cwd(),
    interactive: Deno.stdin.isTerminal() && Deno.stderr.isTerminal(),
    env,
    readLine,
    onSignal(signal, callback) {
      if (Deno.build.os === "windows" && signal !== "SIGINT") return () => {};
      if (signal !== "SIGHUP") return listen(signal, callback);
      let stop: (() => void) | undefined;
      ignored ??= hangupsIgnored();
      ignored.then((is) => {
        // Stopped before the answer came, it never begins.
        if (!is) stop ??= listen(signal, callback);
      });
      return () => {
        stop?.();
        stop = () => {};
      };
    },
  };
}
