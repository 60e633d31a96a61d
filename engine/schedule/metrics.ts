import { dirname, join } from "node:path";
import { messageOf, PalletError } from "../errors.ts";
import type { HistoryLine, ScheduleEntry } from "./entry.ts";

function label(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

/**
 * What Prometheus is told of a schedule, in its text format.
 *
 * @example
 * ```ts
 * import { metricsText } from "./metrics.ts";
 *
 * const line = { startedAt: "2026-11-22T03:00:00Z", endedAt: "2026-11-22T03:00:09Z", result: "ok", status: 0 } as const;
 * console.assert(metricsText("backup", line, [line]).includes('pallet_schedule_last_status{schedule="backup"} 0'));
 * ```
 */
export function metricsText(name: string, line: HistoryLine, history: readonly HistoryLine[]): string {
  const of = (time: string) => Date.parse(time) / 1000;
  const success = history.findLast(({ result }) => result === "ok");
  const gauge = (metric: string, help: string, value: number) =>
    `# HELP pallet_schedule_${metric} ${help}\n# TYPE pallet_schedule_${metric} gauge\n` +
    `pallet_schedule_${metric}{schedule="${label(name)}"} ${value}\n`;
  return [
    gauge("last_start_seconds", "When the last run began, in seconds since the epoch.", of(line.startedAt)),
    gauge("last_duration_seconds", "How long the last run took.", of(line.endedAt) - of(line.startedAt)),
    gauge("last_status", "Exit status of the last run.", line.status),
    success === undefined
      ? ""
      : gauge("last_success_seconds", "When the last run that succeeded ended.", of(success.endedAt)),
  ].join("");
}

/** Writes a schedule's file for the node exporter; it is there whole, and readable by others. */
export async function writeMetrics(
  entry: ScheduleEntry,
  line: HistoryLine,
  history: readonly HistoryLine[],
): Promise<void> {
  const path = entry.metrics ?? "";
  // A name that the exporter passes over, until it is whole.
  const draft = join(dirname(path), `.${crypto.randomUUID()}`);
  try {
    await Deno.writeTextFile(draft, metricsText(entry.name, line, history), { mode: 0o644 });
    await Deno.rename(draft, path);
  } catch (cause) {
    throw new PalletError(`Cannot write metrics to ${JSON.stringify(path)}: ${messageOf(cause)}`, {
      kind: "config",
      cause,
    });
  }
}
