// What the live view knows of a run: events in, lines out. No terminal here.
import type { Event, PhaseResult } from "../../engine/events.ts";
import type { Paint } from "../terminal.ts";
import { count, duration, escapeLine, pad, truncate, width } from "../text.ts";
import { styleOf } from "./words.ts";

/** A piece of a line and its style. */
export interface Segment {
  readonly text: string;
  readonly style?: keyof Paint;
}

/** A line of the view. */
export type Line = readonly Segment[];

type Stage = "waiting" | "busy" | "working" | "done";

/** What is known of one node. */
interface Row {
  readonly name: string;
  stage: Stage;
  phase: string;
  /** The action or step it is at. */
  at: string;
  done: number;
  actions: number;
  /** Milliseconds since the epoch at which the current stage began. */
  since: number;
  result?: PhaseResult | "gone";
}

/** What is known of a run. */
export interface View {
  operation: string;
  service: string;
  phase: string;
  started: number;
  readonly rows: Map<string, Row>;
  readonly totals: { ok: number; changed: number; failed: number; pending: number };
}

/** A view of a run that has not begun. */
export function newView(): View {
  return {
    operation: "",
    service: "",
    phase: "",
    started: 0,
    rows: new Map(),
    totals: { ok: 0, changed: 0, failed: 0, pending: 0 },
  };
}

function rowOf(view: View, name: string): Row {
  const known = view.rows.get(name);
  if (known !== undefined) return known;
  const row: Row = { name, stage: "waiting", phase: "", at: "", done: 0, actions: 0, since: 0 };
  view.rows.set(name, row);
  return row;
}

function busy(view: View, name: string, at: string, now: number): void {
  const row = rowOf(view, name);
  if (row.stage !== "busy") row.since = now;
  Object.assign(row, { stage: "busy", at });
}

function done(view: View, name: string, result: PhaseResult | "gone", at: string): void {
  Object.assign(rowOf(view, name), { stage: "done", at, result });
}

function tally(view: View, result: Extract<Event, { type: "action-finished" }>["result"]): void {
  const { totals } = view;
  if (result === "ok") totals.ok += 1;
  else if (result === "changed") totals.changed += 1;
  else if (result === "failed") totals.failed += 1;
  else if (result !== "skipped") totals.pending += 1;
}

/** Brings a view up to date with an event. */
export function advance(view: View, event: Event): void {
  const now = Date.parse(event.at);
  switch (event.type) {
    case "run-started":
      Object.assign(view, {
        operation: event.check ? `${event.operation} --check` : event.operation,
        service: event.service,
        started: now,
      });
      break;
    case "node-creating":
      busy(view, event.target, "creating", now);
      break;
    case "node-progress":
      busy(view, event.target, event.message, now);
      break;
    case "node-created":
      busy(view, event.target, "created", now);
      break;
    case "node-connected":
      Object.assign(rowOf(view, event.target), { stage: "waiting", at: "connected" });
      break;
    case "node-reconnecting":
      busy(view, event.target, `reconnecting: ${event.reason}`, now);
      break;
    case "node-failed":
      done(view, event.target, "failed", event.failure.message);
      break;
    case "node-removing":
      busy(view, event.target, "removing", now);
      break;
    case "node-removed":
      done(view, event.target, "gone", "removed");
      break;
    case "phase-started":
      view.phase = event.phase;
      for (const name of event.targets) {
        Object.assign(rowOf(view, name), {
          stage: "waiting",
          phase: event.phase,
          at: "",
          done: 0,
          actions: 0,
        });
      }
      break;
    case "target-started":
      Object.assign(rowOf(view, event.target), {
        stage: "working",
        phase: event.phase,
        at: "",
        done: 0,
        actions: event.actions,
        since: now,
      });
      break;
    case "action-started": {
      const row = rowOf(view, event.target);
      Object.assign(row, {
        stage: "working",
        phase: event.phase,
        at: event.title,
        done: event.index,
        since: now,
      });
      break;
    }
    case "action-finished":
      rowOf(view, event.target).done = event.index + 1;
      tally(view, event.result);
      break;
    case "target-finished":
      done(view, event.target, event.result, event.failure?.message ?? "");
      break;
    default:
  }
}

const ORDER: Readonly<Record<Stage, number>> = { working: 0, busy: 1, waiting: 2, done: 3 };
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** Rows that say most first: what failed, what is at work, what waits, what is done. */
function ranked(rows: readonly Row[]): readonly Row[] {
  const rank = (row: Row) =>
    row.stage === "done" && row.result !== "ok" && row.result !== "gone" ? -1 : ORDER[row.stage];
  return rows.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, "en", { numeric: true }));
}

/** Whole seconds, so that a line changes once a second. */
function seconds(milliseconds: number): string {
  return milliseconds < 10000 ? `${Math.floor(milliseconds / 1000)}s` : duration(milliseconds);
}

function rowLine(row: Row, names: number, phases: number, now: number): Line {
  const name: Segment = { text: `  ${pad(escapeLine(row.name), names)}  `, style: "bold" };
  const phase: Segment = { text: `${pad(escapeLine(row.phase), phases)}  `, style: "dim" };
  const at = escapeLine(row.at);
  if (row.stage === "waiting") return [name, phase, { text: at === "" ? "waiting" : at, style: "dim" }];
  if (row.stage === "done") {
    const style = row.result === undefined || row.result === "gone" ? "dim" : styleOf(row.result);
    const word = row.result === "gone" ? "" : row.result ?? "";
    return [name, phase, { text: word, style }, { text: word === "" ? at : at && `  ${at}` }];
  }
  const elapsed: Segment = { text: `  ${seconds(Math.max(0, now - row.since))}`, style: "dim" };
  if (row.stage === "busy") return [name, phase, { text: at, style: "cyan" }, elapsed];
  const step = row.actions > 0 ? `${Math.min(row.done + 1, row.actions)}/${row.actions}  ` : "";
  return [name, phase, { text: step, style: "cyan" }, { text: at === "" ? "starting" : at }, elapsed];
}

/** A line's text cut to the columns, its styles kept. */
export function fit(line: Line, columns: number): Line {
  const fitted: Segment[] = [];
  let left = columns;
  for (const segment of line) {
    if (left <= 0) break;
    const text = truncate(segment.text, left);
    fitted.push({ ...segment, text });
    if (text !== segment.text) break;
    left -= width(text);
  }
  return fitted;
}

/** The view as lines that fit a terminal: never wider than `columns`, never more than `rows`. */
export function render(
  view: View,
  now: number,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): readonly Line[] {
  const all = [...view.rows.values()];
  const number = (stage: Stage) => all.filter((row) => row.stage === stage).length;
  const frame = FRAMES[Math.floor(now / 100) % FRAMES.length] ?? "";
  const head: Line = [
    { text: `${frame} `, style: "cyan" },
    { text: view.operation, style: "bold" },
    { text: ` on ${escapeLine(view.service)}` },
    ...(view.phase === "" ? [] : [{ text: `  phase ${escapeLine(view.phase)}` }]),
    { text: `  ${seconds(Math.max(0, now - view.started))}`, style: "dim" },
  ];
  const { totals } = view;
  const states = [
    [number("working") + number("busy"), "running"],
    [number("waiting"), "waiting"],
    [number("done"), "done"],
  ] as const;
  const foot: Line = [
    { text: states.filter(([n]) => n > 0).map(([n, word]) => `${n} ${word}`).join(", ") || "no nodes yet" },
    { text: "  " },
    { text: `${totals.ok} ok`, style: "green" },
    { text: `  ${totals.changed} changed`, style: "yellow" },
    ...(totals.pending > 0 ? [{ text: `  ${totals.pending} pending`, style: "magenta" as const }] : []),
    { text: `  ${totals.failed} failed`, style: totals.failed > 0 ? "red" : "dim" },
  ];
  const room = Math.max(0, rows - 2);
  const hidden = all.length > room ? all.length - Math.max(0, room - 1) : 0;
  const shown = ranked(all).slice(0, all.length - hidden);
  const names = Math.min(24, Math.max(0, ...shown.map((row) => width(escapeLine(row.name)))));
  const phases = Math.min(20, Math.max(0, ...shown.map((row) => width(escapeLine(row.phase)))));
  const lines = [
    head,
    ...shown.map((row) => rowLine(row, names, phases, now)),
    ...(hidden > 0 && room > 0
      ? [[{ text: `  … ${count(hidden, "more node")}`, style: "dim" as const }]]
      : []),
    foot,
  ];
  return lines.slice(0, Math.max(1, rows)).map((line) => fit(line, columns));
}
