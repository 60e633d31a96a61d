import { type Command, defineCommand } from "./command.ts";
import { runOperation } from "./operation.ts";
import { withRetries } from "./run_list.ts";
import { allOptions, executionOptions, phaseOptions } from "./options.ts";
import { execution, groupsAndCounts, phases } from "./selection.ts";

export const command: Command = defineCommand({
  name: "lift",
  usage: "[GROUP...]",
  description: [
    "Runs phases on the nodes there are, and makes or removes none. Without --phase: the groups' default phases.",
    "With --check it asks the nodes what would change, shows diffs, and changes nothing.",
  ].join("\n"),
  arguments: [0, Infinity],
  options: { ...phaseOptions, ...executionOptions, check: allOptions.check },
  examples: [
    "pallet lift --phase configure",
    "pallet lift web --phase deploy --arg version=1.2",
    "pallet lift --check",
  ],
  evaluates: true,
  async run({ options: given, args, terminal, ahead }) {
    const options = await withRetries(given);
    const selected = { ...groupsAndCounts(args, false), ...phases(options) };
    const { lift } = await import("../engine/run.ts");
    return await runOperation({
      options,
      terminal,
      ...(ahead === undefined ? {} : { ahead }),
      begin: ({ base, defaults }) =>
        lift({
          ...base,
          ...selected,
          ...execution(options, defaults),
          output: options.verbose,
          ...(options.check ? { check: true } : {}),
        }),
    });
  },
});
