import type { RunSummary } from "../engine/run.ts";
import { type Command, defineCommand } from "./command.ts";
import { placeFrom, renderError } from "./errors.ts";
import { allOptions } from "./options.ts";
import { isOpen, standing } from "./run_list.ts";
import { showTable } from "./table.ts";
import { duration } from "./text.ts";

/** Runs that are shown unless all are asked for. */
const SHOWN = 20;

function phasesOf({ header }: RunSummary): string | undefined {
  const calls = Array.isArray(header.phases) ? header.phases : [];
  const names = calls.flatMap((call) =>
    typeof call === "object" && call !== null && "phase" in call ? [String(call.phase)] : []
  );
  return names.length === 0 ? undefined : names.join(", ");
}

/** A time on this workstation's clock: `10:15` of today, else `2026-11-21`. */
function local(iso: string): string {
  const at = new Date(iso);
  const two = (value: number) => String(value).padStart(2, "0");
  return at.toDateString() === new Date().toDateString()
    ? `${two(at.getHours())}:${two(at.getMinutes())}`
    : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

export const command: Command = defineCommand({
  name: "runs",
  description: [
    "Lists the runs of this workstation, latest first, and how they ended. A run is kept for 30 days at least, and",
    'the latest 200 in any case. "unfinished": it was killed; "pallet resume" goes on with it. "refused": it did',
    "nothing, e.g. because another run was at work on the same nodes.",
  ].join("\n"),
  options: { all: allOptions.all },
  examples: ["pallet runs", "pallet runs --all --json"],
  heeds: ["json"],
  async run({ options, terminal }) {
    const { listRuns } = await import("../engine/run.ts");
    const { runs, damaged } = await listRuns();
    const shown = options.all ? runs : runs.slice(0, SHOWN);
    const view = { paint: terminal.err.paint, place: placeFrom(terminal.cwd), verbose: options.verbose };
    for (const error of damaged) terminal.err.write(renderError(error, view));
    if (options.json) {
      const rows = shown.map((run) => ({
        run: run.run,
        startedAt: run.header.startedAt,
        operation: run.header.operation,
        service: run.header.service,
        groups: run.header.groups,
        phases: run.header.phases,
        state: run.state,
        result: standing(run),
        resumable: isOpen(run),
        ...(run.finished === undefined
          ? {}
          : { exitCode: run.finished.exitCode, duration: run.finished.duration }),
      }));
      terminal.out.write(`${JSON.stringify(rows, null, 2)}\n`);
      return 0;
    }
    showTable(shown, [
      { title: "RUN", of: (run) => run.run },
      { title: "BEGAN", of: (run) => local(run.header.startedAt) },
      { title: "OPERATION", of: (run) => run.header.operation },
      { title: "SERVICE", of: (run) => run.header.service },
      { title: "PHASES", of: phasesOf },
      { title: "NODES", of: (run) => run.finished?.targets.length },
      {
        title: "TOOK",
        of: (run) => run.finished === undefined ? undefined : duration(run.finished.duration),
      },
      { title: "RESULT", of: standing },
    ], { json: false, terminal, none: "No run is kept on this workstation." });
    const more = runs.length - shown.length;
    if (more > 0) terminal.err.write(`${more} more with --all\n`);
    return 0;
  },
});
