import { type ScheduleEntry, Schedules } from "../engine/schedule/entry.ts";
import { type Command, defineCommand } from "./command.ts";
import { stateFolder } from "./schedule_entry.ts";
import { due, dueLines } from "./schedule_times.ts";
import { showTable } from "./table.ts";

interface Row {
  readonly entry: ScheduleEntry;
  readonly next: readonly string[];
  /** Latest first. */
  readonly results: readonly string[];
}

export const command: Command = defineCommand({
  name: "schedule list",
  description: "Lists schedules: the next three times by each one's own clock, and how its last runs went.",
  examples: ["pallet schedule list", "pallet schedule list --json"],
  heeds: ["json"],
  async run({ options, terminal }) {
    const schedules = new Schedules(stateFolder(terminal));
    const rows: readonly Row[] = await Promise.all((await schedules.all()).map(async (entry) => ({
      entry,
      next: await due(entry, 3),
      results: (await schedules.history(entry.name)).slice(-5).toReversed().map((line) =>
        line.result === "failed" ? `failed (${line.status})` : line.result
      ),
    })));
    if (options.json) {
      const data = await Promise.all(rows.map(async ({ entry, next }) => ({
        ...entry,
        next,
        history: (await schedules.history(entry.name)).slice(-20),
      })));
      terminal.out.write(`${JSON.stringify(data, null, 2)}\n`);
      return 0;
    }
    showTable(rows, [
      { title: "NAME", of: ({ entry }) => entry.name },
      { title: "CRON", of: ({ entry }) => entry.cron },
      { title: "NEXT", of: ({ next }) => next.join(", ") || "never" },
      { title: "ZONE", of: ({ entry }) => entry.zone },
      { title: "LAST RESULTS", of: ({ results }) => results.join(", ") || undefined },
      { title: "COMMAND", of: ({ entry }) => entry.argv.join(" ") },
    ], { json: false, terminal, none: "Nothing is scheduled." });
    for (const { entry } of rows) {
      for (const line of (await dueLines(entry)).slice(1)) terminal.err.write(`${entry.name}: ${line}\n`);
    }
    return 0;
  },
});
