// What commands about kept runs have in common.
import type { RunSummary } from "../engine/run.ts";
import { usageError } from "./parse.ts";
import { words } from "./selection.ts";

/** How a run stands, in a word; `refused`: it did nothing, e.g. because another run held its nodes. */
export function standing({ state, finished }: RunSummary): string {
  if (state !== "finished" || finished === undefined) return state;
  switch (finished.exitCode) {
    case 0:
    case 3:
      return "ok";
    case 2:
      return "refused";
    case 4:
      return "unknown";
    case 129:
    case 130:
    case 143:
      return "interrupted";
    default:
      return "failed";
  }
}

/** Whether there may be something left to do, or to learn, of a run. */
export function isOpen(run: RunSummary): boolean {
  return run.header.changes && ["unfinished", "unknown", "interrupted"].includes(standing(run));
}

/** The run that is named, or the latest that fits. @throws {PalletError} of kind `usage` when there is none. */
export function chooseRun(
  runs: readonly RunSummary[],
  named: string | undefined,
  fits: (run: RunSummary) => boolean,
): string {
  if (named !== undefined) return named;
  const latest = runs.find(fits);
  if (latest === undefined) throw usageError("No run is kept on this workstation.");
  return latest.run;
}

/**
 * Options with the nodes of `--retry-failed` as their limit: those on which that run did not succeed, or did nothing.
 *
 * @throws {PalletError} of kind `usage` when there is no such run, or it succeeded on all.
 */
export async function withRetries<O extends { readonly limit: readonly string[] }>(
  options: O & { readonly "retry-failed": string | undefined },
): Promise<O & { readonly "retry-failed": string | undefined }> {
  const name = options["retry-failed"];
  if (name === undefined) return options;
  const { readRun } = await import("../engine/run.ts");
  const { events, outcomes, intents } = await readRun(name);
  const end = events.findLast((event) => event.type === "run-finished");
  const ended = end?.targets ?? [];
  // Of a run that was killed only its scripts tell.
  const open = intents.filter((intent) =>
    !outcomes.some((one) =>
      one.target === intent.target && one.phase === intent.phase && one.report?.result === "ok"
    )
  );
  const bad = end === undefined
    ? open.map((intent) => intent.target)
    : ended.filter((target) => target.result !== "ok").map((target) => target.target);
  const limit = words(options.limit);
  const chosen = [...new Set(bad)].filter((target) => limit.length === 0 || limit.includes(target));
  if (chosen.length === 0) throw usageError(`Run ${name} did not fail on any node.`);
  return { ...options, limit: chosen };
}
