import { messageOf, PalletError } from "../errors.ts";
import type { SecretSource } from "./source.ts";
import { decodeValue, withoutLineEnd } from "./text.ts";

/** How a command is called for a secret. */
export interface CommandOptions {
  /** A program and its words; `NAME` in a word becomes the secret's name. */
  readonly command: readonly string[];
  /** Exit statuses by which the command says that there is no such secret. */
  readonly missing?: readonly number[];
  /** Takes the first line alone, as `pass` has more below it. */
  readonly firstLine?: boolean;
  /** Folder to run it in. */
  readonly cwd?: string;
}

/** Bytes of what a command says on standard error that a message shows. */
const SHOWN = 500;

/** What a command printed, and how it ended. */
export interface Ran {
  readonly code: number;
  readonly stdout: Uint8Array;
  /** Its words on standard error, for messages. */
  readonly said: string;
}

/** Runs a program whose output is a secret: it goes nowhere else. */
export async function runProgram(
  words: readonly string[],
  what: string,
  { cwd, signal }: { readonly cwd?: string; readonly signal?: AbortSignal } = {},
): Promise<Ran> {
  const [program = "", ...args] = words;
  try {
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      ...(cwd === undefined ? {} : { cwd }),
      ...(signal === undefined ? {} : { signal }),
    }).output();
    signal?.throwIfAborted();
    const said = new TextDecoder().decode(stderr).trim();
    return { code, stdout, said: said.length > SHOWN ? `${said.slice(0, SHOWN)}...` : said };
  } catch (cause) {
    signal?.throwIfAborted();
    if (!(cause instanceof Deno.errors.NotFound)) {
      throw new PalletError(`Cannot run ${program} for ${what}: ${messageOf(cause)}`, {
        kind: "config",
        cause,
      });
    }
    throw new PalletError(`Cannot run ${program} for ${what}: there is no such program`, {
      kind: "config",
      help: `Install ${program}, or take the secret from another source.`,
      cause,
    });
  }
}

/** Secrets that a command prints, each by a call of it. */
export function commandSource(
  { command, missing = [], firstLine = false, cwd }: CommandOptions,
): SecretSource {
  const name = command.join(" ");
  return {
    name: `command ${name}`,
    read: async (secret, signal) => {
      const words = command.map((word, at) => at === 0 ? word : word.replaceAll("NAME", () => secret));
      const { code, stdout, said } = await runProgram(words, `secret "${secret}"`, {
        ...(cwd === undefined ? {} : { cwd }),
        ...(signal === undefined ? {} : { signal }),
      });
      if (missing.includes(code)) return undefined;
      if (code !== 0) {
        throw new PalletError(
          `Cannot read secret "${secret}": "${name}" ended with exit status ${code}${
            said === "" ? "" : `: ${said}`
          }`,
          { kind: "config", help: "Unlock the store, or run the command by hand." },
        );
      }
      const text = decodeValue(stdout, `secret "${secret}" of ${name}`);
      return firstLine ? text.split(/\r?\n/, 1)[0] : withoutLineEnd(text);
    },
    close: () => Promise.resolve(),
  };
}
