import { type Command, defineCommand } from "./command.ts";
import { placeFrom } from "./errors.ts";
import { openReporter } from "./reporters/choose.ts";
import { documentText } from "./reporters/document.ts";
import { chooseRun, isOpen } from "./run_list.ts";

export const command: Command = defineCommand({
  name: "report",
  usage: "[RUN]",
  description: [
    "Shows what a run did, from its journal: every action with its changes, diffs and output. The latest run unless",
    "one is named. With --save FILE: as a page (.html), for CI (.xml), or its events (.jsonl).",
  ].join("\n"),
  arguments: [0, 1],
  examples: [
    "pallet report --save run.html",
    "pallet report",
    "pallet report 20261122-101530-abcd --json",
  ],
  async run({ options, args, terminal }) {
    const { listRuns, readRun } = await import("../engine/run.ts");
    const { runs } = await listRuns();
    const name = chooseRun(runs, args[0], () => true);
    const { header, events, damaged, folder } = await readRun(name);
    // A report is data: it goes where data goes.
    const paper = { ...terminal, err: terminal.out };
    const place = placeFrom(terminal.cwd, header.commandLine?.cwd ?? terminal.cwd);
    if (options.reporter === "html" || options.reporter === "junit") {
      terminal.out.write(await documentText(options.reporter, events, place) ?? "");
      return 0;
    }
    const unsaid = options.json ? "jsonl" : options.save.length > 0 ? "none" : "plain";
    const shown = { ...options, reporter: options.reporter ?? unsaid };
    const reporter = await openReporter(shown, paper, place, options.quiet ? "quiet" : "verbose");
    for (const event of events) reporter.event(event);
    await reporter.finish?.();
    reporter.close();
    if (damaged > 0) {
      terminal.err.write(`${damaged} lines of the journal in ${folder} are damaged, and left out here\n`);
    }
    const summary = runs.find((run) => run.run === name);
    if (summary !== undefined && isOpen(summary)) {
      terminal.err.write(`It can be gone on with: pallet resume ${name}\n`);
    }
    return 0;
  },
});
