import { type Command, defineCommand } from "./command.ts";
import { runOperation } from "./operation.ts";
import { withRetries } from "./run_list.ts";
import { allOptions, executionOptions, phaseOptions } from "./options.ts";
import { execution, groupsAndCounts, phases } from "./selection.ts";

export const command: Command = defineCommand({
  name: "converge",
  usage: "[GROUP[=N]...]",
  description: [
    "Brings each group to its count: makes nodes that are missing, removes the newest of those that are too many,",
    "then runs phases on all of them. Without groups: all of the infra file. Asks before a node is removed.",
  ].join("\n"),
  arguments: [0, Infinity],
  options: { ...phaseOptions, ...executionOptions, "no-phases": allOptions["no-phases"] },
  examples: ["pallet converge", "pallet converge web=3 db", "pallet converge web=0 --yes"],
  evaluates: true,
  async run({ options: given, args, terminal, ahead }) {
    const options = await withRetries(given);
    const selected = { ...groupsAndCounts(args, true), ...phases(options) };
    const { converge } = await import("../engine/run.ts");
    return await runOperation({
      options,
      terminal,
      ...(ahead === undefined ? {} : { ahead }),
      begin: ({ base, defaults, consent }) =>
        converge({
          ...base,
          ...selected,
          ...execution(options, defaults),
          ...consent,
          output: options.verbose,
          ...(options["no-phases"] ? { noPhases: true } : {}),
        }),
    });
  },
});
