// One file by `deno compile`: a base runtime with the program in it.
import { compiledOptions, isolation, permissions } from "./options.ts";
import { type ProgramFile, writeProgram } from "./program_files.ts";
import { BuildError, deno } from "./run.ts";
import type { Target } from "./targets.ts";

/** Variable that names a base runtime, where none can be downloaded. */
const BASE = "DENORT_BIN";

/** How `deno compile` is called. */
function compileOptions(target: Target): readonly string[] {
  return [
    ...isolation,
    "--target",
    target.triple,
    // Read as files: crates and packages when an infra file imports them, the other to start plugins.
    "--include=crates",
    "--include=npm",
    "--include=plugin.js",
    ...compiledOptions,
    ...permissions,
  ];
}

/** Why there is no base runtime, in one line; nothing when something else went wrong. */
export function whyNoBase(message: string): string | undefined {
  if (!message.includes("Setting up base binary")) return undefined;
  const request = /error sending request for url \((\S+)\)/.exec(message)?.[1];
  const reason = message.split("\n").map((line) => line.replace(/^\s*\d+: /, "").trim())
    .findLast((line) => line !== "" && !/^(?:Stack backtrace:|<unknown>)/.test(line));
  const what = request === undefined ? "its base runtime" : `its base runtime (${request})`;
  return `${what} cannot be had: ${reason ?? "unknown reason"}`;
}

/** What to do about a base runtime that is missing or does not serve. */
export function baseHelp(target: Target): string {
  return `Get "denort" of Deno ${Deno.version.deno} for ${target.triple} on a machine that can, and name its file by ${BASE}.`;
}

/** @throws {BuildError} when a compiled file for this platform does not start. */
async function checkStarts(file: string, target: Target, base: string): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(file, {
    args: ["version"],
    clearEnv: true,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (success && decoder.decode(stdout).startsWith("pallet ")) return;
  const said = decoder.decode(stderr).split("\n", 1)[0] ?? "";
  throw new BuildError(
    `What deno compile made with the base runtime ${base} does not start${
      said === "" ? "" : `: ${said}`
    }. ${BASE} must name "denort" of Deno ${Deno.version.deno} for ${target.triple}.`,
  );
}

/** How {@linkcode compileStock} compiles. */
export interface StockOptions {
  /** File of a base runtime for the target; else Deno looks for one by itself. */
  readonly base?: string;
  /** Whether what was made is started once, where this machine can. */
  readonly check?: boolean;
}

/**
 * Compiles the bundled program by `deno compile`.
 *
 * @returns nothing when done, or why its base runtime cannot be had.
 * @throws {BuildError} when it fails otherwise, also with a base runtime that was named.
 */
export async function compileStock(
  target: Target,
  program: readonly ProgramFile[],
  output: string,
  { base, check = false }: StockOptions = {},
): Promise<string | undefined> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-stock-" });
  try {
    await writeProgram(folder, program);
    const { success, err } = await deno(
      ["compile", ...compileOptions(target), "--output", output, "main.js"],
      { cwd: folder, without: [BASE], ...(base === undefined ? {} : { env: { [BASE]: base } }) },
    );
    const reason = success || base !== undefined ? undefined : whyNoBase(err);
    if (!success && reason === undefined) {
      throw new BuildError(`deno compile failed for ${target.name}: ${err}`);
    }
    if (success && check && base !== undefined) await checkStarts(output, target, base);
    return reason;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The base runtime that the environment names: for this machine's platform, as one file is of one platform. */
export function namedBase(target: Target, own: Target | undefined): string | undefined {
  return target === own ? Deno.env.get(BASE) : undefined;
}
