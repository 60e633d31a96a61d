// Questions whose answer nobody else may see: read from the terminal itself, whatever standard input is.
import type { Ask, Question } from "../engine/run.ts";
import { Secret } from "../engine/secrets/secret.ts";
import { usageError } from "./parse.ts";
import type { Terminal } from "./terminal.ts";
import { escapeLine } from "./text.ts";

/** A line that is being typed, byte by byte. */
export interface Typed {
  readonly bytes: readonly number[];
  /** Absent while it is typed; `left`: end of input before anything was typed. */
  readonly end?: "line" | "left" | "interrupt";
}

const KEYS = { interrupt: 3, end: 4, backspace: 8, newline: 10, enter: 13, clear: 21, erase: 127 } as const;

/** A line after one more key. */
export function typed(bytes: readonly number[], key: number): Typed {
  switch (key) {
    case KEYS.newline:
    case KEYS.enter:
      return { bytes, end: "line" };
    case KEYS.interrupt:
      return { bytes: [], end: "interrupt" };
    case KEYS.end:
      return bytes.length === 0 ? { bytes, end: "left" } : { bytes, end: "line" };
    case KEYS.clear:
      return { bytes: [] };
    case KEYS.backspace:
    case KEYS.erase: {
      // A letter may be several bytes, all but the first of which begin with the bits 10.
      const start = bytes.findLastIndex((byte) => (byte & 0xc0) !== 0x80);
      return { bytes: bytes.slice(0, Math.max(0, start)) };
    }
    default:
      return { bytes: [...bytes, key] };
  }
}

/**
 * The terminal that this process belongs to; nothing when it belongs to none. For reading alone: to write to a device
 * takes permissions that the executable does not have, and standard error is a terminal where anything is asked.
 */
function openTerminal(): Deno.FsFile | undefined {
  try {
    return Deno.openSync("/dev/tty", { read: true });
  } catch {
    return undefined; // started by a timer or a service, or a system without such a file
  }
}

async function readTyped(terminal: Deno.FsFile): Promise<Typed> {
  const key = new Uint8Array(1);
  let line: Typed = { bytes: [] };
  while (line.end === undefined) {
    const count = await terminal.read(key);
    if (count === null) return { bytes: [], end: "left" };
    line = typed(line.bytes, key[0] ?? KEYS.enter);
  }
  return line;
}

/**
 * Asks on the terminal; the answer to a question about a secret is not shown. Nothing without a terminal, and when
 * the answer is Ctrl-D or a signal. Ctrl-C interrupts this process as it always does, once the terminal is as it was.
 */
export async function askOnTerminal(question: Question, terminal: Terminal): Promise<string | undefined> {
  const file = openTerminal();
  if (file === undefined) return undefined;
  const hidden = question.kind !== "host-key";
  const ended = Promise.withResolvers<Typed>();
  const leave = () => ended.resolve({ bytes: [], end: "left" });
  // A hidden Ctrl-C comes as a key. The signal that it becomes must not be taken from whoever waits for it.
  const signals = hidden ? ["SIGTERM", "SIGHUP"] as const : ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const stops = signals.map((signal) => terminal.onSignal(signal, leave));
  let line: Typed;
  try {
    // Before the question: who answers at once is not shown either.
    if (hidden) file.setRaw(true);
    terminal.err.write(escapeLine(question.text));
    const reading = readTyped(file);
    reading.catch(() => {}); // of a file that was closed
    try {
      line = await Promise.race([reading, ended.promise]);
    } finally {
      if (hidden) file.setRaw(false);
    }
    if (hidden || line.end === "left") terminal.err.write("\n");
  } finally {
    stops.forEach((stop) => stop());
    file.close();
  }
  if (line.end === "interrupt") {
    Deno.kill(Deno.pid, "SIGINT");
    // It comes in its own time: what waits for it must learn of it before it learns that there is no answer.
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return line.end === "line" ? new TextDecoder().decode(new Uint8Array(line.bytes)) : undefined;
}

/**
 * The password with which users become root, asked for at once.
 *
 * @throws {PalletError} of kind `usage` where nobody can be asked, or does not answer.
 */
export async function askedPassword(
  terminal: Terminal,
): Promise<{ readonly becomePassword: () => Promise<Secret> }> {
  const question = { kind: "become-password", text: "Password to become root: " } as const;
  const text = terminal.err.terminal ? await askOnTerminal(question, terminal) : undefined;
  if (text === undefined) {
    throw usageError(
      "Option --ask-become-password needs a terminal, and an answer.",
      "Without one, name a variable or a file as become-password of admin-user.",
    );
  }
  const password = new Secret(text);
  return { becomePassword: () => Promise.resolve(password) };
}

/**
 * How questions of a run are asked: on the terminal, when standard error is one.
 *
 * @param around Calls of what else is on the terminal while a question is.
 */
export function askOptions(
  terminal: Terminal,
  around: { pause(): void; resume(): void } = { pause() {}, resume() {} },
): { readonly ask?: Ask } {
  if (!terminal.err.terminal) return {};
  const one: Ask = async (question) => {
    around.pause();
    try {
      return await askOnTerminal(question, terminal);
    } finally {
      around.resume();
    }
  };
  // Nodes and sources of secrets ask whenever they want to: there is one terminal.
  let last: Promise<unknown> = Promise.resolve();
  return {
    ask: (question) => {
      const answer = last.then(() => one(question));
      last = answer.catch(() => {}); // whoever asked hears of it
      return answer;
    },
  };
}
