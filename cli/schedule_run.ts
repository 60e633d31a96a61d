import { Schedules } from "../engine/schedule/entry.ts";
import { runScheduled } from "../engine/schedule/run.ts";
import { type Command, defineCommand } from "./command.ts";
import { allOptions } from "./options.ts";
import { stateFolder } from "./schedule_entry.ts";

export const command: Command = defineCommand({
  name: "schedule run",
  usage: "NAME",
  description: [
    "Runs a schedule now, as it runs by itself: in its folder, with nobody to ask, within its time limit, and not",
    "while another run of it is at work. Its exit status is the command's.",
  ].join("\n"),
  arguments: [1, 1],
  options: { scheduled: allOptions.scheduled, missed: allOptions.missed },
  examples: ["pallet schedule run backup"],
  heeds: [],
  async run({ options, args: [name = ""], terminal }) {
    const stateDir = stateFolder(terminal);
    const schedules = new Schedules(stateDir);
    const entry = await schedules.read(name);
    const ended = new AbortController();
    const stops = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) =>
      terminal.onSignal(signal, () => ended.abort(signal))
    );
    try {
      return await runScheduled({
        stateDir,
        entry,
        schedules,
        scheduled: options.scheduled,
        missed: options.missed,
        say: (text) => terminal.err.write(`${text}\n`),
        signal: ended.signal,
      });
    } finally {
      for (const stop of stops) stop();
    }
  },
});
