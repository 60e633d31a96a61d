import { PalletError } from "../errors.ts";
import { type CronFields, parseCron } from "./cron.ts";
import { type ScheduleEntry, startOf } from "./entry.ts";

/** Calendar intervals that a file may hold: more are hard to read and to undo. */
const MOST = 500;

function xml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Label of a schedule's agent. */
export function agentLabel(name: string): string {
  return `pallet.schedule.${name}`;
}

/** Each combination of values as one interval; launchd knows no lists. */
function intervals(fields: CronFields): readonly Readonly<Record<string, number>>[] {
  const { minute, hour, day, month, weekday } = fields;
  const combine = (
    keys: readonly (readonly [string, readonly number[] | undefined])[],
  ): readonly Readonly<Record<string, number>>[] =>
    keys.reduce<readonly Readonly<Record<string, number>>[]>(
      (made, [key, values]) =>
        values === undefined
          ? made
          : made.flatMap((one) => values.map((value) => ({ ...one, [key]: value }))),
      [{}],
    );
  const always = [["Minute", minute], ["Hour", hour], ["Month", month]] as const;
  if (day !== undefined && weekday !== undefined) {
    return [...combine([...always, ["Day", day]]), ...combine([...always, ["Weekday", weekday]])];
  }
  return combine([...always, ["Day", day], ["Weekday", weekday]]);
}

/**
 * The property list of a schedule's launch agent. Launchd makes up for what was missed in sleep, and reads times by
 * the machine's own clock.
 *
 * @throws {PalletError} of kind `usage` for a time that takes too many intervals.
 */
export function agentFile(entry: ScheduleEntry): string {
  const all = intervals(parseCron(entry.cron));
  if (all.length > MOST) {
    throw new PalletError(`launchd would need ${all.length} intervals for "${entry.cron}"`, {
      kind: "usage",
      help: "Choose fewer times: launchd knows no ranges.",
    });
  }
  const string = (text: string) => `<string>${xml(text)}</string>`;
  const dictionary = (one: Readonly<Record<string, number>>) =>
    `<dict>${
      Object.entries(one).map(([key, value]) => `<key>${key}</key><integer>${value}</integer>`).join("")
    }</dict>`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    "<dict>",
    `  <key>Label</key>${string(agentLabel(entry.name))}`,
    "  <key>ProgramArguments</key>",
    `  <array>${startOf(entry).map(string).join("")}</array>`,
    `  <key>WorkingDirectory</key>${string(entry.cwd)}`,
    "  <key>EnvironmentVariables</key>",
    `  <dict>${
      Object.entries(entry.env).map(([name, value]) => `<key>${xml(name)}</key>${string(value)}`).join("")
    }</dict>`,
    "  <key>StartCalendarInterval</key>",
    `  <array>${all.map(dictionary).join("")}</array>`,
    "</dict>",
    "</plist>",
    "",
  ].join("\n");
}
