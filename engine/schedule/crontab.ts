import { quoteLiteral } from "../script/quote.ts";
import { cronText, parseCron } from "./cron.ts";
import { type ScheduleEntry, startOf } from "./entry.ts";

/** The line that stands before a schedule's own. */
function mark(name: string): string {
  return `# pallet schedule ${name}: written by pallet, which finds it by this line`;
}

/** A command as cron takes it: to cron itself a percent sign is the end of the line. */
function command(entry: ScheduleEntry): string {
  const variables = Object.entries(entry.env).map(([name, value]) => `${name}=${quoteLiteral(value)}`);
  const words = [...variables, "exec", ...startOf(entry).map(quoteLiteral)].join(" ");
  return `cd ${quoteLiteral(entry.cwd)} && ${words}`.replaceAll("%", "\\%");
}

/** A schedule's lines of a crontab. */
export function crontabLines(entry: ScheduleEntry): readonly string[] {
  const start = command(entry);
  return [
    mark(entry.name),
    `${cronText(parseCron(entry.cron))} ${start}`,
    // Cron itself makes up for three hours of sleep at most.
    ...(entry.catchUp ? [`@reboot ${start} --missed`, `*/15 * * * * ${start} --missed`] : []),
  ];
}

/** A crontab without a schedule's lines; everything else stays as it stands. */
export function withoutEntry(crontab: string, name: string): string {
  const lines = crontab.split("\n");
  const at = lines.indexOf(mark(name));
  if (at < 0) return crontab;
  const missed = `${lines[at + 1]?.split(" ").slice(5).join(" ")} --missed`;
  const next = lines.findIndex((line, place) => place > at + 1 && !line.endsWith(missed));
  return lines.toSpliced(at, next < 0 ? lines.length : next - at).join("\n");
}

/**
 * A crontab with a schedule's lines, in place of those that it had before.
 *
 * @example
 * ```ts
 * import { withEntry, withoutEntry } from "./crontab.ts";
 *
 * const before = "MAILTO=ann\n5 4 * * * /usr/local/bin/own\n";
 * const after = withEntry(before, {
 *   name: "backup", cron: "@daily", zone: "UTC", argv: ["lift", "--phase", "backup"], cwd: "/srv/infra",
 *   program: ["/usr/local/bin/pallet"], env: {}, backend: "cron", jitter: 0, limit: 0, catchUp: false,
 *   addedAt: "2026-11-22T10:00:00Z",
 * });
 * console.assert(after.endsWith("0 0 * * * cd /srv/infra && exec /usr/local/bin/pallet schedule run backup --scheduled\n"));
 * console.assert(withoutEntry(after, "backup") === before);
 * ```
 */
export function withEntry(crontab: string, entry: ScheduleEntry): string {
  const rest = withoutEntry(crontab, entry.name);
  const open = rest === "" || rest.endsWith("\n") ? rest : `${rest}\n`;
  return `${open}${crontabLines(entry).join("\n")}\n`;
}
