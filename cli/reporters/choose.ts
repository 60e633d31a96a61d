import { resolve } from "node:path";
import type { CommonValues } from "../command.ts";
import type { Place } from "../errors.ts";
import type { Plugins } from "../../plugins/mod.ts";
import type { Terminal } from "../terminal.ts";
import type { Detail, Reporter } from "./reporter.ts";

const SILENT: Reporter = { event() {}, note() {}, pause() {}, resume() {}, close() {} };

/** How much the options ask for. */
export function detailOf(options: Pick<CommonValues, "quiet" | "verbose">): Detail {
  return options.verbose ? "verbose" : options.quiet ? "quiet" : "normal";
}

/** Name of the reporter: what was asked for, else JSON for `--json`, the live view on a terminal, lines elsewhere. */
function reporterName(options: CommonValues, terminal: Terminal): string {
  if (options.reporter !== undefined) return options.reporter;
  if (options.json) return "jsonl";
  if (terminal.env("GITHUB_ACTIONS") === "true") return "github-actions";
  const live = terminal.err.terminal && terminal.env("TERM") !== "dumb" && !options.quiet;
  return live ? "tty" : "plain";
}

/** What a reporter shows. */
export interface Shown {
  readonly detail: Detail;
  /** Whether what nodes write is shown elsewhere, as it comes. */
  readonly told?: boolean;
}

/** The reporter of a run, loaded. With `--json` events go to standard output whatever else is shown. */
export async function openReporter(
  options: CommonValues,
  terminal: Terminal,
  place: Place,
  { detail, told = false }: Shown,
  plugins: Plugins["reporters"] = [],
): Promise<Reporter> {
  const reporter = await shownReporter(options, terminal, place, { detail, told }, plugins);
  if (options.save.length === 0) return reporter;
  const paths = options.save.map((path) => resolve(terminal.cwd, path));
  return (await import("./document.ts")).alsoSaved(reporter, paths, place);
}

async function shownReporter(
  options: CommonValues,
  terminal: Terminal,
  place: Place,
  { detail, told }: Shown,
  plugins: Plugins["reporters"],
): Promise<Reporter> {
  const name = reporterName(options, terminal);
  const jsonl = async () => (await import("./jsonl.ts")).jsonlReporter(terminal.out);
  // What an interrupt did is said to whoever sent it, also when events go elsewhere.
  if (name === "jsonl") return { ...await jsonl(), note: (text) => terminal.err.write(`${text}\n`) };
  const plugin = plugins.find((one) => one.name === name);
  const shown = plugin !== undefined
    ? await (await import("./plugin.ts")).pluginReporter(plugin, terminal, place, detail, options.json)
    : name === "tty"
    ? (await import("./tty.ts")).ttyReporter(terminal, place, detail)
    : name === "github-actions"
    ? (await import("./github.ts")).githubReporter(
      terminal.out,
      terminal.err,
      place,
      detail,
      relativeTo(terminal),
    )
    : name === "html" || name === "junit"
    ? (await import("./document.ts")).documentReporter(name, terminal, place, detail)
    : name === "plain"
    ? (await import("./plain.ts")).plainReporter(terminal.err, place, detail, told)
    : SILENT;
  return options.json ? both(await jsonl(), shown) : shown;
}

/** Paths as the runner of a workflow wants them: from the folder that it checked out. */
function relativeTo(terminal: Terminal): (file: string) => string {
  const folder = terminal.env("GITHUB_WORKSPACE") ?? terminal.cwd;
  return (file) => file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : file;
}

function both(first: Reporter, second: Reporter): Reporter {
  const each = (call: (reporter: Reporter) => void) => {
    call(first);
    call(second);
  };
  return {
    event: (event) => each((reporter) => reporter.event(event)),
    note: (text) => each((reporter) => reporter.note(text)),
    pause: () => each((reporter) => reporter.pause()),
    resume: () => each((reporter) => reporter.resume()),
    finish: async () => {
      for (const reporter of [first, second]) await reporter.finish?.();
    },
    close: () => each((reporter) => reporter.close()),
  };
}
