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

/** Runs this Deno, in the checkout. */
export async function deno(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Outcome> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: options.cwd ?? ROOT,
    env: { NO_COLOR: "1", ...options.env },
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
