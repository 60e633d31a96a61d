import { crontabLines } from "../engine/schedule/crontab.ts";
import { Schedules } from "../engine/schedule/entry.ts";
import { filesOf, thisHost } from "../engine/schedule/install.ts";
import { type Command, defineCommand } from "./command.ts";
import { stateFolder } from "./schedule_entry.ts";
import { dueLines } from "./schedule_times.ts";

export const command: Command = defineCommand({
  name: "schedule show",
  usage: "NAME",
  description: "Shows a schedule: its command, its next times, its last runs, and what was installed for it.",
  arguments: [1, 1],
  examples: ["pallet schedule show backup"],
  heeds: ["json"],
  async run({ options, args: [name = ""], terminal }) {
    const schedules = new Schedules(stateFolder(terminal));
    const entry = await schedules.read(name);
    const history = (await schedules.history(name)).slice(-10).toReversed();
    const files = filesOf(thisHost(), entry);
    if (options.json) {
      terminal.out.write(`${JSON.stringify({ ...entry, history, files }, null, 2)}\n`);
      return 0;
    }
    const shown = [
      `${entry.name}: ${entry.cron} (${entry.zone}), by ${entry.backend}`,
      `  in ${entry.cwd}: ${[...entry.program, ...entry.argv].join(" ")}`,
      ...(await dueLines(entry)).map((line) => `  ${line}`),
      ...(entry.source === undefined ? [] : [`  from ${entry.source}`]),
      ...history.map(({ startedAt, result, status, run }) =>
        `  ${startedAt} ${result}, status ${status}${run === undefined ? "" : `: pallet report ${run}`}`
      ),
      `  output of the last run: ${schedules.path(name, "output.log")}`,
      ...Object.entries(files).flatMap(([path, text]) => ["", `# ${path}`, text.trimEnd()]),
      ...(entry.backend === "cron" ? ["", "# crontab", ...crontabLines(entry)] : []),
    ];
    terminal.out.write(`${shown.join("\n")}\n`);
    return 0;
  },
});
