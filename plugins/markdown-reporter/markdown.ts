import type { Event } from "pallet/plugin";

type Of<T extends Event["type"]> = Extract<Event, { type: T }>;

/** What is kept of a run until its end. */
export interface Run {
  started?: Of<"run-started">;
  readonly created: string[];
  readonly removed: string[];
  readonly actions: Of<"action-finished">[];
  readonly warnings: string[];
}

/** Bytes of diffs and output that a page shows at most, in all: pages of CI have a limit. */
const MOST = 200_000;
/** Actions that a page lists at most. */
const MOST_ACTIONS = 500;

/** A run of which nothing is known. */
export function emptyRun(): Run {
  return { created: [], removed: [], actions: [], warnings: [] };
}

/** Keeps what a page will show of an event. */
export function note(run: Run, event: Event): void {
  if (event.type === "run-started") run.started = event;
  if (event.type === "node-created") run.created.push(event.target);
  if (event.type === "node-removed") run.removed.push(event.target);
  if (event.type === "action-finished" && event.result !== "ok" && event.result !== "skipped") {
    run.actions.push(event);
  }
  if (event.type === "message" && (event.level === "warn" || event.level === "error")) {
    run.warnings.push(`${event.target === undefined ? "" : `${event.target}: `}${event.text}`);
  }
}

/** A text of a node or a user that is shown as it is, on one line, also inside a table. */
export function plain(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").replaceAll(/\p{Cc}/gu, "");
  return line.replaceAll(/[\\`*_{}[\]<>()#+!|~&@-]/g, (mark) => `&#${mark.codePointAt(0)};`);
}

/** A block of code whose fence is longer than any in it. */
function block(kind: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${kind}\n${text.replace(/\n*$/, "\n")}${fence}`;
}

function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

const COUNTS = [
  ["changed", "changed"],
  ["would change", "wouldChange"],
  ["cannot know", "cannotKnow"],
  ["ok", "ok"],
  ["skipped", "skipped"],
  ["failed", "failed"],
] as const;

function table({ targets }: Of<"run-finished">): readonly string[] {
  if (targets.length === 0) return [];
  const shown = COUNTS.filter(([, key]) => targets.some(({ counts }) => counts[key] > 0));
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const bad = (result: string) => result === "ok" || result === "skipped" ? result : `**${result}**`;
  return [
    [
      row(["node", "group", "result", ...shown.map(([title]) => title)]),
      row(["---", "---", "---", ...shown.map(() => "--:")]),
      ...targets.map(({ target, group, result, counts }) =>
        row([plain(target), plain(group), bad(result), ...shown.map(([, key]) => String(counts[key]))])
      ),
    ].join("\n"),
  ];
}

function details(run: Run, diffs: boolean): readonly string[] {
  let left = MOST;
  const listed = run.actions.slice(0, MOST_ACTIONS);
  const parts = listed.map((action) => {
    const head = `- **${action.result}** ${plain(action.target)}: ${plain(action.title)}`;
    const text = action.result === "failed" ? action.output : diffs ? action.diff : undefined;
    if (text === undefined || text === "" || text.length > left) return head;
    left -= text.length;
    const shown = block(action.result === "failed" ? "text" : "diff", text);
    return `${head}\n\n${shown.replaceAll(/^/gm, "  ")}\n`;
  });
  const more = run.actions.length - listed.length;
  return [...parts.length === 0 ? [] : [parts.join("\n")], ...more === 0 ? [] : [`and ${more} more.`]];
}

/** A page for a run that has ended. */
export function markdown(run: Run, end: Of<"run-finished">, { diffs }: { readonly diffs: boolean }): string {
  const { started } = run;
  const what = started === undefined
    ? "run"
    : [started.operation, ...started.phases].join(" ") + (started.check ? " (check)" : "");
  const list = (title: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${title}: ${names.map(plain).join(", ")}`];
  const failures = end.targets.flatMap(({ target, failure }) =>
    failure === undefined ? [] : [`- ${plain(target)}: ${plain(failure.message)}`]
  );
  const sections = [
    `## pallet ${plain(what)}: ${end.result}`,
    `${started === undefined ? "" : `Service ${plain(started.service)}, `}${duration(end.duration)}, run ${
      plain(end.run)
    }`,
    ...end.failure === undefined ? [] : [`> ${plain(end.failure.message)}`],
    ...list("Created", run.created),
    ...list("Removed", run.removed),
    ...table(end),
    ...failures.length === 0 ? [] : [failures.join("\n")],
    ...details(run, diffs),
    ...run.warnings.length === 0 ? [] : [run.warnings.map((text) => `- ${plain(text)}`).join("\n")],
  ];
  return `${sections.join("\n\n")}\n`;
}
