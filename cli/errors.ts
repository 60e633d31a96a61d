// The one place where errors become words for people, and exit statuses.
import { type ErrorKind, type Origin, PalletError } from "../engine/errors.ts";
import type { Event, Failure } from "../engine/events.ts";
import { relative } from "node:path";
import { escapeText } from "./text.ts";
import type { Paint, Terminal } from "./terminal.ts";

/** How an error is shown. */
export interface ErrorView {
  readonly paint: Paint;
  readonly cwd: string;
  readonly verbose: boolean;
}

const STATUS: Readonly<Record<ErrorKind, number>> = {
  usage: 2,
  config: 2,
  infra: 2,
  provider: 1,
  action: 1,
  internal: 1,
  unreachable: 4,
};

/** Exit status for what ended a command. */
export function statusOf(thrown: unknown): number {
  return thrown instanceof PalletError ? STATUS[thrown.kind] : 1;
}

/** A place in a source, as short as the current folder allows: `infra.ts:12:3`. */
export function place(origin: Origin, cwd: string): string {
  const path = origin.file.startsWith("file://")
    ? decodeURIComponent(new URL(origin.file).pathname)
    : origin.file;
  const near = path.startsWith("/") ? relative(cwd, path) : path;
  const file = near === "" || near.startsWith("../../") ? path : near;
  return `${file}:${origin.line}:${origin.column}`;
}

/** Messages of what caused an error, outermost first, without what was said already. */
export function causes(error: Error): readonly string[] {
  const said = [error.message];
  const found: string[] = [];
  const seen = new Set<unknown>([error]);
  const visit = (cause: unknown) => {
    if (cause === undefined || cause === null || seen.has(cause)) return;
    seen.add(cause);
    const message = cause instanceof Error ? cause.message : String(cause);
    if (message !== "" && !said.some((earlier) => earlier.includes(message))) {
      said.push(message);
      found.push(message);
    }
    if (cause instanceof AggregateError) cause.errors.forEach(visit);
    if (cause instanceof Error) visit(cause.cause);
  };
  if (error instanceof AggregateError) error.errors.forEach(visit);
  visit(error.cause);
  return found;
}

/** A failure in words: message, place, causes, help. */
export function renderFailure(failure: Failure, view: ErrorView, because: readonly string[] = []): string {
  const { paint, cwd } = view;
  const lines = [`${paint.red(paint.bold("error:"))} ${escapeText(failure.message)}`];
  if (failure.origin !== undefined && failure.origin.file !== "unknown") {
    lines.push(paint.dim(`  at ${escapeText(place(failure.origin, cwd))}`));
  }
  lines.push(...because.map((message) => `  because: ${escapeText(message)}`));
  if (failure.help !== undefined) lines.push(`${paint.cyan("help:")} ${escapeText(failure.help)}`);
  return `${lines.join("\n")}\n`;
}

/** What was thrown as plain data. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof PalletError) {
    return {
      kind: thrown.kind,
      message: thrown.message,
      ...(thrown.help === undefined ? {} : { help: thrown.help }),
      ...(thrown.origin === undefined ? {} : { origin: thrown.origin }),
    };
  }
  return {
    kind: "internal",
    message: `Pallet itself failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    help: "This is a defect of Pallet, not of your files. With --verbose it says where.",
  };
}

/** What was thrown in words; with `verbose` also the stack. */
export function renderError(thrown: unknown, view: ErrorView): string {
  const because = thrown instanceof Error ? causes(thrown) : [];
  const text = renderFailure(failureOf(thrown), view, because);
  const stack = view.verbose && thrown instanceof Error ? thrown.stack : undefined;
  return stack === undefined ? text : `${text}${view.paint.dim(escapeText(stack))}\n`;
}

/** Shows what ended a command, with `json` also as an event on standard output; returns the exit status. */
export function reportError(
  thrown: unknown,
  terminal: Terminal,
  { verbose, json }: { readonly verbose: boolean; readonly json: boolean },
): number {
  terminal.err.write(renderError(thrown, { paint: terminal.err.paint, cwd: terminal.cwd, verbose }));
  if (json) {
    const event: Event = { type: "error", at: new Date().toISOString(), run: "", failure: failureOf(thrown) };
    terminal.out.write(`${JSON.stringify(event)}\n`);
  }
  return statusOf(thrown);
}
