// Runs the command line as a process of its own.
import { homedir } from "node:os";
import { join } from "node:path";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

/** What a process left. */
export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** How {@linkcode pallet} is run. */
export interface ProcessOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Seconds after which it is ended: 120. */
  readonly limit?: number;
}

/** Where packages and compiled modules are kept: also for a process that gets another home or cache. */
export const denoDir: string = Deno.env.get("DENO_DIR") ??
  join(Deno.env.get("XDG_CACHE_HOME") ?? join(homedir(), ".cache"), "deno");

/** The command that runs the command line from the sources. */
export const palletCommand: readonly string[] = [
  Deno.execPath(),
  "run",
  "-A",
  "-q",
  "--config",
  CONFIG,
  MAIN,
];

/** Runs `pallet` with no terminal, no input and no configuration of the user. */
export async function pallet(args: readonly string[], options: ProcessOptions = {}): Promise<Outcome> {
  const [program = "", ...first] = palletCommand;
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...first, ...args],
    stdin: "null",
    env: { XDG_CONFIG_HOME: "/nonexistent", DENO_DIR: denoDir, ...options.env },
    signal: AbortSignal.timeout((options.limit ?? 120) * 1000),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  }).output();
  const decoder = new TextDecoder();
  return { status: code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** Whether a text holds no escape sequence. */
export function withoutColor(text: string): boolean {
  return !text.includes("\x1b");
}

/** Does something in a folder that has files, and takes it away. */
export async function inFolder(
  files: Readonly<Record<string, string>>,
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
