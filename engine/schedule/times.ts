import type { CronFields } from "./cron.ts";
import { cronText } from "./cron.ts";

/** The time zone of this machine: `Europe/Berlin`. */
export function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Whether there is a time zone of this name. */
export function isZone(zone: string): boolean {
  try {
    Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/**
 * The next times at which something is due; fewer when there are no more, such as for 30 February.
 *
 * @param skipped What is due at a time that the clock goes forward over: it comes `after` the change, or `never`.
 */
export async function nextTimes(
  fields: CronFields,
  zone: string,
  from: Date,
  count: number,
  skipped: "after" | "never" = "after",
): Promise<readonly Date[]> {
  const { Cron } = await import("./croner.ts");
  const cron = new Cron(cronText(fields), { timezone: zone });
  if (skipped === "after") return cron.nextRuns(count, from);
  const times: Date[] = [];
  let at = cron.nextRun(from);
  while (at !== null && times.length < count) {
    if (isDue(fields, new Date(at.getTime() + offsetAt(zone, at) * 60_000))) times.push(at);
    at = cron.nextRun(at);
  }
  return times;
}

/** Minutes by which a zone's clock is ahead of UTC at some moment. */
export function offsetAt(zone: string, at: Date): number {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(
    at,
  );
  const name = parts.find((part) => part.type === "timeZoneName")?.value ?? "GMT";
  const [, sign, hours = "0", minutes = "0"] = /^GMT(?:([+-])(\d\d):(\d\d))?/.exec(name) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/** A change of a zone's clock. */
export interface ClockChange {
  readonly at: Date;
  /** Minutes by which it goes forward; negative: back. */
  readonly minutes: number;
}

const HOUR = 3_600_000;

/** The changes of a zone's clock within some days. */
export function clockChanges(zone: string, from: Date, days: number): readonly ClockChange[] {
  const changes: ClockChange[] = [];
  for (let day = 0; day < days; day++) {
    const start = from.getTime() + day * 24 * HOUR;
    let [low, high] = [start, start + 24 * HOUR];
    const [before, after] = [offsetAt(zone, new Date(low)), offsetAt(zone, new Date(high))];
    if (before === after) continue;
    while (high - low > 60_000) {
      const middle = Math.floor((low + high) / 2);
      if (offsetAt(zone, new Date(middle)) === before) low = middle;
      else high = middle;
    }
    changes.push({ at: new Date(Math.floor(high / 60_000) * 60_000), minutes: after - before });
  }
  return changes;
}

/** A time of a zone's clock: `Sun 2027-03-28 03:00 GMT+2`. */
export function wallClock(zone: string, at: Date): string {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "short",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZoneName: "shortOffset",
  });
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${part.weekday} ${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute} ${part.timeZoneName}`;
}

/** A change of the clock that takes a due time away, or gives it twice. */
export interface ClockTrouble {
  readonly change: ClockChange;
  /** `skipped`: the clock never shows the time; `twice`: it shows it two times. */
  readonly kind: "skipped" | "twice";
}

/** The first changes of the clock within a year that something which is due at a fixed time falls into. */
export function clockTroubles(fields: CronFields, zone: string, from: Date): readonly ClockTrouble[] {
  // What is due every hour is due in the hour before or after, too.
  if (fields.hour === undefined) return [];
  return clockChanges(zone, from, 366).flatMap((change): ClockTrouble[] => {
    const kind = change.minutes > 0 ? "skipped" : "twice";
    // Minutes that the clock never shows: read on it as if it had not been changed.
    const first = kind === "skipped" ? change.at.getTime() : change.at.getTime() + change.minutes * 60_000;
    const offset = offsetAt(zone, new Date(change.at.getTime() - 60_000));
    const due = Array.from(
      { length: Math.abs(change.minutes) },
      (_, at) => new Date(first + at * 60_000 + offset * 60_000),
    )
      .some((wall) => isDue(fields, wall));
    return due ? [{ change, kind }] : [];
  });
}

/** Whether something is due at a time of the clock, given as if it were UTC. */
function isDue({ minute, hour, day, month, weekday }: CronFields, wall: Date): boolean {
  const has = (values: readonly number[] | undefined, value: number) => values?.includes(value) ?? true;
  const onDay = day !== undefined && weekday !== undefined
    ? has(day, wall.getUTCDate()) || has(weekday, wall.getUTCDay())
    : has(day, wall.getUTCDate()) && has(weekday, wall.getUTCDay());
  return has(minute, wall.getUTCMinutes()) && has(hour, wall.getUTCHours()) &&
    has(month, wall.getUTCMonth() + 1) &&
    onDay;
}
