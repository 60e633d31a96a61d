import { parseCron } from "../engine/schedule/cron.ts";
import type { Backend, ScheduleEntry } from "../engine/schedule/entry.ts";
import { clockTroubles, nextTimes, wallClock } from "../engine/schedule/times.ts";

/** The next times of a schedule by its own clock. */
export async function due(
  entry: ScheduleEntry,
  count: number,
  from: Date = new Date(),
): Promise<readonly string[]> {
  const skipped = entry.backend.startsWith("systemd") ? "never" : "after";
  const times = await nextTimes(parseCron(entry.cron), entry.zone, from, count, skipped);
  return times.map((at) => wallClock(entry.zone, at));
}

/** What each does at a time that a clock going forward leaves out. */
const SKIPPED: Readonly<Record<Backend, string>> = {
  "systemd-user": "systemd leaves it out",
  "systemd-system": "systemd leaves it out",
  cron: "cron runs it right after the change",
  launchd: "launchd decides",
  windows: "the Task Scheduler decides",
};

/** When a schedule is due next, and what changes of the clock do to it. */
export async function dueLines(entry: ScheduleEntry, from: Date = new Date()): Promise<readonly string[]> {
  const next = await due(entry, 3, from);
  const troubles = clockTroubles(parseCron(entry.cron), entry.zone, from).map(({ change, kind }) => {
    const day = wallClock(entry.zone, change.at).slice(0, 14);
    return kind === "skipped"
      ? `On ${day} the clock goes forward over it: ${SKIPPED[entry.backend]}.`
      : `On ${day} the clock goes back, and shows the time twice: it runs once.`;
  });
  return [
    next.length === 0 ? "It is never due." : `Due next, in ${entry.zone}: ${next.join(", ")}.`,
    ...troubles,
  ];
}
