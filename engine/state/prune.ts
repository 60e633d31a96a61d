import { join } from "node:path";

/** Runs that are kept at least. */
const KEPT = 200;
/** Milliseconds for which a run is kept in any case: 30 days. */
const AGE = 30 * 24 * 3600 * 1000;

/** When a run began, by its name; nothing for what is no run. */
function startOf(run: string): number | undefined {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-[a-z0-9]+$/.exec(run) ?? [];
  return y === undefined ? undefined : Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
}

/** Removes runs that are older than 30 days and not among the latest 200; a folder that cannot be removed stays. */
export async function pruneRuns(runs: string, now: number = Date.now()): Promise<void> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(runs)) {
    if (startOf(name) !== undefined) names.push(name);
  }
  const old = names.sort().reverse().slice(KEPT).filter((name) => now - (startOf(name) ?? now) > AGE);
  for (const name of old) await Deno.remove(join(runs, name), { recursive: true }).catch(() => {});
}
