import { type ScheduleEntry, Schedules } from "../engine/schedule/entry.ts";
import { install, thisHost, uninstall } from "../engine/schedule/install.ts";
import { type Command, defineCommand } from "./command.ts";
import { allOptions, crateNames } from "./options.ts";
import { usageError } from "./parse.ts";
import { loadProject } from "./project.ts";
import { stateFolder } from "./schedule_entry.ts";
import { entryOf, fileSchedules } from "./schedule_files.ts";

/** Whether two schedules are the same but for when they were added. */
function alike(one: ScheduleEntry, two: ScheduleEntry): boolean {
  const text = (entry: ScheduleEntry) =>
    JSON.stringify(Object.entries({ ...entry, addedAt: "" }).sort(([a], [b]) => a < b ? -1 : 1));
  return text(one) === text(two);
}

export const command: Command = defineCommand({
  name: "schedule apply",
  description: [
    "Brings schedules in line with this folder's project: `schedules` of pallet.yaml, and what the infra file exports.",
    "Adds, changes and removes those that come from there, and leaves all others alone. All are checked before the first",
    "is touched.",
  ].join("\n"),
  options: { "dry-run": allOptions["dry-run"] },
  examples: ["pallet schedule apply --dry-run", "pallet schedule apply"],
  heeds: crateNames,
  async run({ options, terminal }) {
    const configuration = await loadProject(options, terminal);
    const host = thisHost();
    const schedules = new Schedules(stateFolder(terminal));
    const known = await schedules.all();
    const own = known.filter(({ source, cwd }) => source !== undefined && cwd === terminal.cwd);
    const wanted: ScheduleEntry[] = [];
    for (const file of await fileSchedules(options, configuration, terminal)) {
      const taken = known.find((entry) => entry.name === file.name && !own.includes(entry));
      if (taken !== undefined) {
        throw usageError(
          `There is a schedule "${file.name}" already, from ${taken.source ?? "the command line"}.`,
          "Give one of them another name.",
        );
      }
      wanted.push(await entryOf(file, terminal, host));
    }
    const gone = own.filter((entry) => !wanted.some(({ name }) => name === entry.name));
    const changed = wanted.filter((entry) => !own.some((other) => alike(other, entry)));
    const say = (text: string) => terminal.err.write(`${text}\n`);
    for (const entry of gone) {
      say(`- ${entry.name}`);
      if (options["dry-run"]) continue;
      for (const note of await uninstall(host, entry)) say(`  ${note}`);
      await schedules.remove(entry.name);
    }
    for (const entry of changed) {
      const before = own.find(({ name }) => name === entry.name);
      say(`${before === undefined ? "+" : "~"} ${entry.name}: ${entry.cron} ${entry.argv.join(" ")}`);
      if (options["dry-run"]) continue;
      if (before !== undefined && before.backend !== entry.backend) await uninstall(host, before);
      await schedules.write(entry);
      for (const note of await install(host, entry)) say(`  ${note}`);
    }
    if (gone.length + changed.length === 0) say("All schedules are as the project has them.");
    return 0;
  },
});
