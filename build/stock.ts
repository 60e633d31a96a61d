import { BuildError, deno } from "./run.ts";
import { permissions } from "./permissions.ts";
import type { Target } from "./targets.ts";

/** Why there is no base runtime, in one line; nothing when something else went wrong. */
function whyNoBase(message: string): string | undefined {
  if (!message.includes("Setting up base binary") || Deno.env.get("DENORT_BIN") !== undefined) {
    return undefined;
  }
  const request = /error sending request for url \((\S+)\)/.exec(message)?.[1];
  const reason = message.split("\n").map((line) => line.replace(/^\s*\d+: /, "").trim())
    .findLast((line) => line !== "" && !/^(?:Stack backtrace:|<unknown>)/.test(line));
  return `${request ?? "its base runtime"} cannot be had: ${reason ?? "unknown reason"}`;
}

/**
 * Compiles by `deno compile`.
 *
 * @returns nothing when done, or why its base runtime cannot be had.
 * @throws {BuildError} when it fails otherwise, also with a base runtime that `DENORT_BIN` names.
 */
export async function compileStock(target: Target, output: string): Promise<string | undefined> {
  const { success, err } = await deno([
    "compile",
    "--quiet",
    "--no-check",
    "--frozen",
    "--target",
    target.triple,
    "--exclude-unused-npm",
    "--include",
    "crates",
    // Plugins get their permissions in a worker, as this file has its own for good.
    "--include",
    "plugins/child/main.ts",
    "--unstable-worker-options",
    ...permissions,
    "--output",
    output,
    "main.ts",
  ]);
  if (success) return undefined;
  const reason = whyNoBase(err);
  if (reason === undefined) throw new BuildError(`deno compile failed for ${target.name}: ${err}`);
  return reason;
}
