import { Schedules } from "../engine/schedule/entry.ts";
import { thisHost, uninstall } from "../engine/schedule/install.ts";
import { type Command, defineCommand } from "./command.ts";
import { stateFolder } from "./schedule_entry.ts";

export const command: Command = defineCommand({
  name: "schedule remove",
  usage: "NAME...",
  description:
    "Removes schedules: what was installed for them, and what is remembered of them. Runs stay listed.",
  arguments: [1, Infinity],
  examples: ["pallet schedule remove backup"],
  heeds: [],
  async run({ args, terminal }) {
    const schedules = new Schedules(stateFolder(terminal));
    const entries = await Promise.all(args.map((name) => schedules.read(name)));
    for (const entry of entries) {
      const notes = await uninstall(thisHost(), entry);
      await schedules.remove(entry.name);
      terminal.err.write(
        [`Schedule "${entry.name}" is removed.`, ...notes].map((line) => `${line}\n`).join(""),
      );
    }
    return 0;
  },
});
