import type { RunSummary } from "../engine/run.ts";
import type { Event } from "../engine/events.ts";
import { type Command, defineCommand } from "./command.ts";
import { placeFrom } from "./errors.ts";
import { openReporter } from "./reporters/choose.ts";
import { documentText } from "./reporters/document.ts";
import { toldOnce } from "./reporters/once.ts";
import { mergeRuns } from "./reporters/merge.ts";
import { isFile, readRunFile } from "./run_file.ts";
import { chooseRun, isOpen } from "./run_list.ts";
import { resolve } from "node:path";

/** A run to tell of. */
interface ToldRun {
  readonly events: readonly Event[];
  /** Where it was begun, when that is known. */
  readonly folder?: string;
  /** What there is to be said of it besides. */
  readonly notes: readonly string[];
}

async function fromFile(path: string, cwd: string): Promise<ToldRun> {
  const { events, damaged } = await readRunFile(resolve(cwd, path));
  return { events, notes: damaged > 0 ? [`${damaged} lines of ${path} are damaged, and left out here`] : [] };
}

async function kept(name: string | undefined, runs: readonly RunSummary[]): Promise<ToldRun> {
  const { readRun } = await import("../engine/run.ts");
  const chosen = chooseRun(runs, name, () => true);
  const { header, events, damaged, folder } = await readRun(chosen);
  const summary = runs.find(({ run }) => run === chosen);
  const open = summary !== undefined && isOpen(summary);
  return {
    events,
    ...(header.commandLine === undefined ? {} : { folder: header.commandLine.cwd }),
    notes: [
      ...(damaged > 0 ? [`${damaged} lines of the journal in ${folder} are damaged, and left out here`] : []),
      ...(open ? [`It can be gone on with: pallet resume ${chosen}`] : []),
    ],
  };
}

export const command: Command = defineCommand({
  name: "report",
  usage: "[RUN|FILE...]",
  description: [
    "Shows what a run did, from its journal: every action with its changes and diffs, and what failed ones",
    "wrote, or all where the run was --verbose. The latest run unless one is named, or a file of events (.jsonl).",
    "Several, such as the shards of one operation, are told as one. With --save FILE: as a page (.html), for CI",
    "(.xml), or its events (.jsonl).",
  ].join("\n"),
  arguments: [0, Infinity],
  examples: [
    "pallet report --save run.html",
    "pallet report",
    "pallet report 20261122-101530-abcd --json",
    "pallet report shard-*.jsonl --save all.html",
  ],
  heeds: ["json", "reporter", "save"],
  async run({ options, args, terminal }) {
    const { listRuns } = await import("../engine/run.ts");
    const { runs } = args.length > 0 && args.every(isFile) ? { runs: [] } : await listRuns();
    const told: ToldRun[] = [];
    for (const arg of args.length === 0 ? [undefined] : args) {
      told.push(arg !== undefined && isFile(arg) ? await fromFile(arg, terminal.cwd) : await kept(arg, runs));
    }
    const [only] = told;
    const events = told.length > 1 ? mergeRuns(told.map((run) => run.events)) : only?.events ?? [];
    // A report is data: it goes where data goes.
    const paper = { ...terminal, err: terminal.out };
    const place = placeFrom(terminal.cwd, only?.folder ?? terminal.cwd);
    if (options.reporter === "html" || options.reporter === "junit") {
      terminal.out.write(await documentText(options.reporter, events, place) ?? "");
      return 0;
    }
    const unsaid = options.json ? "jsonl" : options.save.length > 0 ? "none" : "plain";
    const shown = { ...options, reporter: options.reporter ?? unsaid };
    const reporter = await openReporter(shown, paper, place, { detail: options.quiet ? "quiet" : "verbose" });
    // What goes to programs goes as it was told.
    const lines = options.json || shown.reporter === "jsonl" || options.save.length > 0
      ? events
      : toldOnce(events);
    for (const event of lines) reporter.event(event);
    await reporter.finish?.();
    reporter.close();
    for (const note of told.flatMap(({ notes }) => notes)) terminal.err.write(`${note}\n`);
    return 0;
  },
});
