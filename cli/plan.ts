import { type Command, defineCommand } from "./command.ts";
import { runOperation } from "./operation.ts";
import { withRetries } from "./run_list.ts";
import { allOptions, executionOptions, phaseOptions } from "./options.ts";
import { showPlan } from "./plan_view.ts";
import { detailOf } from "./reporters/choose.ts";
import { execution, groupsAndCounts, phases } from "./selection.ts";

export const command: Command = defineCommand({
  name: "plan",
  usage: "[GROUP[=N]...]",
  description: [
    "Shows which nodes converge would add and remove, and which actions it would run. Connects to no node, unless",
    "--check asks those that exist what would change, with diffs. Changes nothing.",
  ].join("\n"),
  arguments: [0, Infinity],
  options: {
    ...phaseOptions,
    ...executionOptions,
    check: allOptions.check,
    "no-phases": allOptions["no-phases"],
    "detailed-exitcode": allOptions["detailed-exitcode"],
    os: allOptions.os,
  },
  examples: ["pallet plan", "pallet plan web=3 --check --detailed-exitcode"],
  evaluates: true,
  async run({ options: given, args, terminal, ahead }) {
    const options = await withRetries(given);
    const selected = { ...groupsAndCounts(args, true), ...phases(options) };
    const { plan } = await import("../engine/run.ts");
    return await runOperation({
      options,
      terminal,
      ...(ahead === undefined ? {} : { ahead }),
      begin: ({ base, defaults }) =>
        plan({
          ...base,
          ...selected,
          ...execution(options, defaults),
          ...(options.check ? { check: true } : {}),
          ...(options["no-phases"] ? { noPhases: true } : {}),
          ...(options["detailed-exitcode"] ? { detailedExitCode: true } : {}),
          ...(options.os === undefined ? {} : { os: options.os }),
        }),
      // Without it no value is needed: that a source would ask is part of the plan.
      asks: options.check,
      // What the nodes answer is part of the plan, which is shown as data.
      detail: options.verbose ? "verbose" : options.quiet ? "quiet" : "messages",
      show: (result, place) => showPlan(result, terminal.out, place, detailOf(options)),
    });
  },
});
