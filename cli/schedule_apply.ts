import { join } from "node:path";
import { below } from "../engine/config/merge.ts";
import type { ScheduleValues } from "../engine/config/schema.ts";
import { type ScheduleEntry, Schedules } from "../engine/schedule/entry.ts";
import { install, thisHost, uninstall } from "../engine/schedule/install.ts";
import { type Command, defineCommand } from "./command.ts";
import { allOptions, projectNames, serviceNames } from "./options.ts";
import { usageError } from "./parse.ts";
import { loadProject } from "./project.ts";
import { makeEntry, type ScheduleRequest, stateFolder } from "./schedule_entry.ts";
import { splitWords } from "./words.ts";

/** A schedule of pallet.yaml as one that was typed. */
function requestOf(name: string, values: ScheduleValues, folder: string): ScheduleRequest {
  const { cron, command, "catch-up": catchUp, "time-limit": limit, scheduler: backend, jitter, ...rest } =
    values;
  const { zone, mail, webhook, metrics } = rest;
  const optional = {
    zone,
    backend,
    mail,
    webhook,
    metrics,
    jitter: jitter?.toString(),
    limit: limit?.toString(),
  };
  return {
    name,
    cron,
    argv: typeof command === "string" ? splitWords(command) : command,
    cwd: folder,
    catchUp: catchUp ?? false,
    source: join(folder, "pallet.yaml"),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
}

/** Whether two schedules are the same but for when they were added. */
function alike(one: ScheduleEntry, two: ScheduleEntry): boolean {
  const text = (entry: ScheduleEntry) =>
    JSON.stringify(Object.entries({ ...entry, addedAt: "" }).sort(([a], [b]) => a < b ? -1 : 1));
  return text(one) === text(two);
}

export const command: Command = defineCommand({
  name: "schedule apply",
  description: [
    "Brings schedules in line with `schedules` of this folder's pallet.yaml: adds, changes and removes those that come",
    "from there, and leaves all others alone. All are checked before the first is touched.",
  ].join("\n"),
  options: { "dry-run": allOptions["dry-run"] },
  examples: ["pallet schedule apply --dry-run", "pallet schedule apply"],
  heeds: [...projectNames, ...serviceNames],
  async run({ options, terminal }) {
    const configuration = await loadProject(options, terminal);
    const folder = terminal.cwd;
    const source = join(folder, "pallet.yaml");
    const host = thisHost();
    const schedules = new Schedules(stateFolder(terminal));
    const known = await schedules.all();
    const wanted: ScheduleEntry[] = [];
    for (const [name, { value }] of below(configuration.entries, "schedules")) {
      const taken = known.find((entry) => entry.name === name && entry.source !== source);
      if (taken !== undefined) {
        throw usageError(
          `There is a schedule "${name}" already, from ${taken.source ?? "the command line"}.`,
          "Give one of them another name.",
        );
      }
      // The file was found good when it was read.
      wanted.push(
        await makeEntry(requestOf(name, value as unknown as ScheduleValues, folder), terminal, host),
      );
    }
    const own = known.filter((entry) => entry.source === source);
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
    if (gone.length + changed.length === 0) say("All schedules are as pallet.yaml has them.");
    return 0;
  },
});
