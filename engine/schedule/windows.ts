import { parseCron } from "./cron.ts";
import { type ScheduleEntry, startOf } from "./entry.ts";

const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/** A word of a command line of Windows. */
function word(text: string): string {
  return /^[\w:\\/.=-]+$/.test(text)
    ? text
    : `"${text.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, "$1$1")}"`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** How the Task Scheduler is told of times that it knows: once a day, on days of a week, of a month; every hour. */
function times(entry: ScheduleEntry): string | undefined {
  const { minute, hour, day, month, weekday } = parseCron(entry.cron);
  const [at, more] = minute ?? [];
  if (at === undefined || more !== undefined || month !== undefined) return undefined;
  if (hour === undefined) {
    return day === undefined && weekday === undefined ? `/SC HOURLY /ST 00:${two(at)}` : undefined;
  }
  const [first, second] = hour;
  if (first === undefined || second !== undefined) return undefined;
  const start = `/ST ${two(first)}:${two(at)}`;
  if (day !== undefined && weekday !== undefined) return undefined;
  if (weekday !== undefined) return `/SC WEEKLY /D ${weekday.map((of) => DAYS[of]).join(",")} ${start}`;
  if (day === undefined) return `/SC DAILY ${start}`;
  return day.length === 1 ? `/SC MONTHLY /D ${day[0]} ${start}` : undefined;
}

/** What somebody is to type to have the Task Scheduler run a schedule; nothing where it knows no such times. */
export function taskInstruction(entry: ScheduleEntry): string | undefined {
  const when = times(entry);
  if (when === undefined) return undefined;
  const run = startOf(entry).map(word).join(" ");
  return `schtasks /Create /TN Pallet\\${entry.name} ${when} /TR ${word(run)}`;
}
