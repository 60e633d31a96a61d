import type { CronFields } from "./cron.ts";

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

function list(values: readonly number[] | undefined): string {
  return values?.map((value) => String(value).padStart(2, "0")).join(",") ?? "*";
}

/**
 * A time of cron as calendar events of systemd, which are due when one of them is: cron takes a day when it is one of
 * its days *or* of its weekdays, where both are told.
 *
 * @example
 * ```ts
 * import { calendarEvents } from "./calendar.ts";
 * import { parseCron } from "./cron.ts";
 *
 * const [event] = calendarEvents(parseCron("0 3 * * 1"), "Europe/Berlin");
 * console.assert(event === "Mon *-*-* 03:00:00 Europe/Berlin");
 * ```
 */
export function calendarEvents(fields: CronFields, zone: string): readonly string[] {
  const { minute, hour, day, month, weekday } = fields;
  const event = (days: readonly number[] | undefined, weekdays: readonly number[] | undefined) =>
    [
      ...weekdays === undefined ? [] : [weekdays.map((at) => DAYS[at]).join(",")],
      `*-${list(month)}-${list(days)}`,
      `${list(hour)}:${list(minute)}:00`,
      zone,
    ].join(" ");
  if (day !== undefined && weekday !== undefined) return [event(day, undefined), event(undefined, weekday)];
  return [event(day, weekday)];
}
