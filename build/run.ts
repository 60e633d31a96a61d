import { fileURLToPath } from "node:url";

/** The checkout, with a slash at its end. */
export const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** What a process left. */
export interface Outcome {
  readonly success: boolean;
  readonly out: string;
  /** Without colours. */
  readonly err: string;
}

/** How {@linkcode deno} runs. */
export interface DenoOptions {
  readonly cwd?: string;
  /** Variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Variables of this process that it does not get. */
  readonly without?: readonly string[];
}

/** Runs this Deno, in the checkout. */
export async function deno(
  args: readonly string[],
  options: DenoOptions = {},
): Promise<Outcome> {
  const inherited = Object.entries(Deno.env.toObject()).filter(([name]) => !options.without?.includes(name));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: options.cwd ?? ROOT,
    clearEnv: true,
    env: { ...Object.fromEntries(inherited), NO_COLOR: "1", ...options.env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  // A stack of a program without symbols tells nobody anything.
  const err = decoder.decode(stderr).replace(/\n+Stack backtrace:[\s\S]*$/, "").trim();
  return { success, out: decoder.decode(stdout), err };
}

/** A step of the build that cannot be done, in words for who builds. */
export class BuildError extends Error {
  override readonly name = "BuildError";
}

/** A file that cannot be built because its platform's runtime cannot be had; others can. */
export class NoRuntime extends BuildError {}
