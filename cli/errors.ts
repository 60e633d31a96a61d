// The one place where errors become words for people.
import { excerptOf } from "../engine/config/excerpt.ts";
import { type Origin, PalletError } from "../engine/errors.ts";
import type { Event, Failure } from "../engine/events.ts";
import { exitCodeOf, failureOf } from "../engine/failure.ts";
import { relative, resolve } from "node:path";
import { escapeText } from "./text.ts";
import { type Output, OutputClosed, OutputFailed, type Paint, type Terminal } from "./terminal.ts";

/** A place in a source, in words. */
export type Place = (origin: Origin) => string;

/** How an error is shown. */
export interface ErrorView {
  readonly paint: Paint;
  readonly place: Place;
  /** The line of a place, of a file that has one to show. */
  readonly excerpt?: (origin: Origin) => string | undefined;
  readonly verbose: boolean;
}

/**
 * How places are said: as short as the current folder allows, `infra.ts:12:3`.
 *
 * @param folder that relative files of origins are relative to: the infra file's
 */
export function placeFrom(cwd: string, folder: string = cwd): Place {
  return ({ file, line, column }) => {
    const path = file.startsWith("file://") ? decodeURIComponent(new URL(file).pathname) : file;
    if (/^[a-z]+:/.test(path)) return `${path}:${line}:${column}`;
    const whole = resolve(folder, path);
    const near = relative(cwd, whole);
    return `${near === "" || near.startsWith("../../") ? whole : near}:${line}:${column}`;
  };
}

/**
 * Lines of configuration, as errors show them that were found after it was read. Code is not shown.
 *
 * @param folder as of {@linkcode placeFrom}
 */
export function excerptFrom(folder: string): NonNullable<ErrorView["excerpt"]> {
  return (origin) => {
    if (!/\.ya?ml$/.test(origin.file)) return undefined;
    try {
      return excerptOf(Deno.readTextFileSync(resolve(folder, origin.file)), origin);
    } catch {
      return undefined; // it is gone by now: its place is said all the same
    }
  };
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
  const { paint, place } = view;
  const excerpt = failure.excerpt ?? (failure.origin && view.excerpt?.(failure.origin));
  const lines = [`${paint.red(paint.bold("error:"))} ${escapeText(failure.message)}`];
  if (failure.origin !== undefined && failure.origin.file !== "unknown") {
    lines.push(paint.dim(`  at ${escapeText(place(failure.origin))}`));
  }
  if (excerpt !== undefined && excerpt !== "") {
    lines.push(...escapeText(excerpt).split("\n").map((line) => `    ${line}`));
  }
  lines.push(...because.map((message) => `  because: ${escapeText(message)}`));
  if (failure.help !== undefined) lines.push(`${paint.cyan("help:")} ${escapeText(failure.help)}`);
  return `${lines.join("\n")}\n`;
}

/** What was thrown in words; with `verbose` also the stack. */
export function renderError(thrown: unknown, view: ErrorView): string {
  const because = thrown instanceof Error ? causes(thrown) : [];
  const text = renderFailure(failureOf(thrown), view, because);
  const stack = view.verbose && thrown instanceof Error ? thrown.stack : undefined;
  return stack === undefined ? text : `${text}${view.paint.dim(escapeText(stack))}\n`;
}

/** An error whose origin is relative to a folder, with a whole path in it; anything else as it is. */
export function withWholeOrigin(thrown: unknown, folder: string): unknown {
  if (!(thrown instanceof PalletError) || thrown.origin === undefined) return thrown;
  const { message, kind, help, origin, excerpt, cause, stack } = thrown;
  if (/^([a-z]+:|\/)/.test(origin.file) || origin.file === "unknown") return thrown;
  const whole = new PalletError(message, {
    kind,
    origin: { ...origin, file: resolve(folder, origin.file) },
    help,
    excerpt,
    cause,
  });
  if (stack !== undefined) whole.stack = stack;
  return whole;
}

/** Writes to an output that may be gone or full itself: what is said is all that is left to do. */
function tryWrite(output: Output, text: string): void {
  try {
    output.write(text);
  } catch (thrown) {
    if (!(thrown instanceof OutputClosed) && !(thrown instanceof OutputFailed)) throw thrown;
  }
}

/** Shows what ended a command, with `json` also as an event on standard output; returns the exit status. */
export function reportError(
  thrown: unknown,
  terminal: Terminal,
  { verbose, json }: { readonly verbose: boolean; readonly json: boolean },
): number {
  const [place, excerpt] = [placeFrom(terminal.cwd), excerptFrom(terminal.cwd)];
  const view = { paint: terminal.err.paint, place, excerpt, verbose };
  tryWrite(terminal.err, renderError(thrown, view));
  if (json && !(thrown instanceof OutputFailed)) {
    const event: Event = { type: "error", at: new Date().toISOString(), run: "", failure: failureOf(thrown) };
    tryWrite(terminal.out, `${JSON.stringify(event)}\n`);
  }
  return exitCodeOf(thrown);
}
