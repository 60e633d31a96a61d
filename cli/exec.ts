import type { Event } from "../engine/events.ts";
import { type Command, defineCommand } from "./command.ts";
import { usageError } from "./parse.ts";
import { runOperation } from "./operation.ts";
import { withRetries } from "./run_list.ts";
import { executionOptions } from "./options.ts";
import { linePrinter } from "./output.ts";
import { execution, groupsAndCounts } from "./selection.ts";

export const command: Command = defineCommand({
  name: "exec",
  usage: "COMMAND [GROUP...]",
  description: [
    "Runs a command, bash in one quoted word, on the nodes of groups, all unless told. Its output comes on standard",
    "output, each line behind the name of its node.",
  ].join("\n"),
  arguments: [1, Infinity],
  options: executionOptions,
  examples: ["pallet exec uptime", "pallet exec 'systemctl is-active nginx' web"],
  evaluates: true,
  async run({ options: given, args, terminal, ahead }) {
    const options = await withRetries(given);
    const [line = "", ...groups] = args;
    const odd = groups.find((group) => !/^[\w-]+$/.test(group));
    if (odd !== undefined) {
      throw usageError(
        `"${odd}" is no name of a group.`,
        `A command of several words is quoted: pallet exec '${args.join(" ")}'`,
      );
    }
    const selected = groupsAndCounts(groups, false);
    const { exec } = await import("../engine/run.ts");
    const printer = linePrinter(terminal.out);
    const on = (event: Event) => {
      if (options.json) return;
      if (event.type === "output") printer.add(event.target, event.text);
      if (event.type === "output-omitted" || event.type === "target-finished") printer.end(event.target);
    };
    return await runOperation({
      // The output is what is asked for; a live view would be drawn over it.
      options: options.reporter === undefined && !options.json ? { ...options, reporter: "plain" } : options,
      terminal,
      ...(ahead === undefined ? {} : { ahead }),
      on,
      // What nodes wrote is told already.
      told: true,
      detail: options.verbose ? "normal" : "quiet",
      begin: ({ base, defaults }) =>
        exec({ ...base, ...selected, ...execution(options, defaults), command: line }),
    });
  },
});
