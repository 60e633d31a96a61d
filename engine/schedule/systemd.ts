import { calendarEvents } from "./calendar.ts";
import { parseCron } from "./cron.ts";
import { type ScheduleEntry, startOf } from "./entry.ts";

/** Seconds that a run gets to end in order before systemd ends it. */
const GRACE = 120;

/** A word of a command line in a unit file, by systemd's rules of quoting. */
function unitWord(word: string): string {
  const escaped = word.replaceAll(/[\\"]/g, "\\$&").replaceAll("%", "%%").replaceAll("$", "$$$$")
    .replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  return `"${escaped}"`;
}

/** A value of a setting that is no command line: only specifiers stand for something else in it. */
function unitValue(value: string): string {
  return value.replaceAll("%", "%%");
}

/** Name of a schedule's units, without their endings. */
export function unitName(name: string): string {
  return `pallet-${name}`;
}

/**
 * The two units of a schedule: what runs, and when.
 *
 * @example
 * ```ts
 * import { unitFiles } from "./systemd.ts";
 *
 * const { timer } = unitFiles({
 *   name: "backup", cron: "0 3 * * *", zone: "UTC", argv: ["lift", "--phase", "backup"], cwd: "/srv/infra",
 *   program: ["/usr/local/bin/pallet"], env: {}, backend: "systemd-user", jitter: 300, limit: 3600, catchUp: true,
 *   addedAt: "2026-11-22T10:00:00Z",
 * });
 * console.assert(timer.includes("OnCalendar=*-*-* 03:00:00 UTC\nRandomizedDelaySec=300\nPersistent=true"));
 * ```
 */
export function unitFiles(entry: ScheduleEntry): { readonly service: string; readonly timer: string } {
  const note = `# Written by pallet. To change it: pallet schedule remove ${entry.name}, and add it again.`;
  const service = [
    note,
    "[Unit]",
    `Description=Pallet: ${entry.name}`,
    "Wants=network-online.target",
    "After=network-online.target",
    "",
    "[Service]",
    "Type=oneshot",
    `WorkingDirectory=${unitValue(entry.cwd)}`,
    ...Object.entries(entry.env).map(([name, value]) => `Environment=${unitWord(`${name}=${value}`)}`),
    `ExecStart=${startOf(entry).map(unitWord).join(" ")}`,
    // What runs on nodes goes on there; only this program is told to end.
    "KillMode=mixed",
    `TimeoutStartSec=${entry.limit === 0 ? "infinity" : entry.limit + entry.jitter + GRACE}`,
    `TimeoutStopSec=${GRACE}`,
    "",
  ];
  const timer = [
    note,
    "[Unit]",
    `Description=Pallet: ${entry.name}`,
    "",
    "[Timer]",
    ...calendarEvents(parseCron(entry.cron), entry.zone).map((event) => `OnCalendar=${event}`),
    ...(entry.jitter === 0 ? [] : [`RandomizedDelaySec=${entry.jitter}`]),
    `Persistent=${entry.catchUp}`,
    "AccuracySec=1s",
    "",
    "[Install]",
    "WantedBy=timers.target",
    "",
  ];
  return { service: service.join("\n"), timer: timer.join("\n") };
}
