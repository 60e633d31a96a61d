import type { CommonValues } from "./command.ts";
import { type Command, defineCommand } from "./command.ts";
import { usageError } from "./parse.ts";
import { chooseRun, isOpen, standing } from "./run_list.ts";

/** Options of this command that are handed on to the one that began the run. */
function handedOn(options: CommonValues): readonly string[] {
  const flags = (["json", "quiet", "verbose", "yes", "no-color"] as const).filter((name) => options[name]);
  return [
    ...flags.map((name) => `--${name}`),
    ...(options.reporter === undefined ? [] : [`--reporter=${options.reporter}`]),
    ...(options["lock-wait"] === undefined ? [] : [`--lock-wait=${options["lock-wait"]}`]),
  ];
}

export const command: Command = defineCommand({
  name: "resume",
  usage: "[RUN]",
  description: [
    "Goes on with a run that was killed, interrupted, or cut off from its nodes; the latest one unless another is",
    "named. Scripts that still run on nodes are followed, how others ended is read from the nodes, none runs a second",
    "time, and what was not begun is done. It asks when the infra file or its crates have changed since.",
  ].join("\n"),
  arguments: [0, 1],
  examples: ["pallet resume", "pallet resume 20261122-101530-abcd --yes"],
  heeds: ["json", "reporter", "lock-wait", "yes"],
  async run({ options, args, terminal }) {
    const { listRuns, readRun } = await import("../engine/run.ts");
    const { runs } = await listRuns();
    const name = chooseRun(runs, args[0], (run) => run.header.changes && standing(run) !== "refused");
    const { header } = await readRun(name);
    const older = args[0] === undefined
      ? runs.find((run) => isOpen(run) && run.run !== name)?.run
      : undefined;
    const goOn = older === undefined ? "" : ` An older run is not over: pallet resume ${older}`;
    const summary = runs.find((run) => run.run === name);
    if (summary !== undefined && !isOpen(summary) && summary.state === "finished") {
      const how = standing(summary);
      if (how === "refused") {
        const argv = header.commandLine?.argv ?? [header.operation];
        throw usageError(
          `There is nothing to go on with: run ${name} was refused before it did anything.`,
          `Give its command again: pallet ${argv.join(" ")}`,
        );
      }
      if (how === "ok") {
        terminal.err.write(`Nothing is left to do: run ${name} is done.${goOn}\n`);
        return 0;
      }
      // A destroy is tried again as it was: what it removed is not there any more.
      const again = header.operation === "destroy" ? "destroy" : `${header.operation} --retry-failed ${name}`;
      throw usageError(
        `Nothing is left to do in run ${name}: what it began is over, and it ${how}.`,
        `See "pallet report ${name}", and try again what did not succeed: pallet ${again}.${goOn}`,
      );
    }
    if (header.commandLine === undefined) {
      throw usageError(
        `Run ${name} was not begun by this command line, but by a program: ${header.holder}`,
        "Go on with it by the option `resume` of the program's call.",
      );
    }
    const { argv, cwd } = header.commandLine;
    if (!options.quiet && !options.json) {
      terminal.err.write(`Going on with ${name}: pallet ${argv.join(" ")}\n`);
    }
    const { dispatch } = await import("./main.ts");
    // In front of what was typed: behind "--" nothing is an option.
    return await dispatch([`--resume-run=${name}`, ...handedOn(options), ...argv], { ...terminal, cwd });
  },
});
