import { type Command, defineCommand } from "./command.ts";
import { runOperation } from "./operation.ts";
import { executionOptions } from "./options.ts";
import { execution, groupsAndCounts } from "./selection.ts";

export const command: Command = defineCommand({
  name: "destroy",
  usage: "[GROUP...]",
  description: [
    "Removes the nodes of groups; without groups, those of all groups of the infra file. Their destroy-server phases",
    "run first. Shows what goes and asks, unless --yes. A group that was taken out of the infra file, and that the",
    "service still has nodes of, can be named too: its phases are not known, and do not run.",
  ].join("\n"),
  arguments: [0, Infinity],
  options: {
    limit: executionOptions.limit,
    "max-fail": executionOptions["max-fail"],
    parallel: executionOptions.parallel,
  },
  examples: ["pallet destroy", "pallet destroy web --yes"],
  evaluates: true,
  async run({ options, args, terminal, ahead }) {
    const selected = groupsAndCounts(args, false);
    const { destroy } = await import("../engine/run.ts");
    return await runOperation({
      options,
      terminal,
      ...(ahead === undefined ? {} : { ahead }),
      begin: ({ base, defaults, consent }) => {
        const none = {
          shard: undefined,
          batch: undefined,
          canary: undefined,
          pause: undefined,
          "retry-failed": undefined,
        };
        const { batch: _b, shard: _s, ...how } = execution({ ...options, ...none }, defaults);
        return destroy({ ...base, ...selected, ...how, ...consent, output: options.verbose });
      },
    });
  },
});
