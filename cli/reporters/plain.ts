import { formatOrigin } from "../../engine/errors.ts";
import type { Event } from "../../engine/events.ts";
import type { Place } from "../errors.ts";
import type { Output } from "../terminal.ts";
import { count, duration, escapeLine } from "../text.ts";
import { endLines, noFailures, remember } from "./failures.ts";
import { type Detail, isTerse, type Reporter } from "./reporter.ts";
import {
  actionLine,
  countsLines,
  countsOf,
  diffLines,
  loginLines,
  omittedText,
  spokenLines,
  styleOf,
} from "./words.ts";

const LEVELS = { debug: "dim", info: "cyan", warn: "yellow", error: "red" } as const;

/** Lines that an event is worth, by itself; nothing for most when quiet. */
export function eventLines(
  event: Event,
  output: Output,
  detail: Detail,
  place: Place = formatOrigin,
): readonly string[] {
  const { paint } = output;
  const on = (target: string, text: string) => [`${paint.bold(escapeLine(target))} | ${text}`];
  if (event.type === "message") {
    const shown = event.level === "warn" || event.level === "error" ||
      (event.level === "info" && detail !== "quiet") || detail === "verbose";
    const text = `${paint[LEVELS[event.level]](event.level)}: ${escapeLine(event.text)}`;
    return !shown ? [] : event.target === undefined ? [text] : on(event.target, text);
  }
  if (event.type === "output-omitted") {
    return on(event.target, `${escapeLine(event.phase)}: ${paint.yellow(escapeLine(omittedText(event)))}`);
  }
  if (isTerse(detail)) return [];
  switch (event.type) {
    case "run-started":
      return loginLines(event.logins ?? [], paint, place);
    case "counts-planned":
      return countsLines(event, paint);
    case "node-creating":
      return on(event.target, "creating");
    case "node-progress":
      return detail === "verbose" ? on(event.target, paint.dim(escapeLine(event.message))) : [];
    case "node-created":
      return on(
        event.target,
        `created${event.address === undefined ? "" : ` (${escapeLine(event.address)})`}`,
      );
    case "node-failed":
      return on(event.target, `${paint.red("failed")}  ${escapeLine(event.failure.message)}`);
    case "node-removing":
      return detail === "verbose" ? on(event.target, "removing") : [];
    case "node-removed":
      return on(event.target, "removed");
    case "node-connected":
      return detail === "verbose" ? on(event.target, "connected") : [];
    case "node-reconnecting":
      return on(event.target, `${paint.yellow("reconnecting")}: ${escapeLine(event.reason)}`);
    case "phase-started":
      return [`${paint.bold(`phase ${escapeLine(event.phase)}`)} on ${count(event.targets.length, "node")}`];
    case "action-finished": {
      const quietly = event.result === "ok" || event.result === "skipped";
      if (quietly && detail !== "verbose") return [];
      const withDiff = event.diff !== undefined && (detail === "verbose" || event.result === "would-change");
      return [
        ...on(event.target, actionLine(event, paint)),
        ...(withDiff ? diffLines(event.diff ?? "", paint).map((line) => `    ${line}`) : []),
        ...(detail === "verbose" ? spokenLines(event, paint) : []),
      ];
    }
    case "target-finished": {
      const counts = countsOf(event.result, event.counts);
      const result = paint[styleOf(event.result)](event.result);
      return on(event.target, `${escapeLine(event.phase)}: ${result}${counts === "" ? "" : `, ${counts}`}`);
    }
    default:
      return [];
  }
}

function withoutOutput(event: Event): Event {
  if (event.type !== "action-finished") return event;
  const { output: _, ...others } = event;
  return others;
}

/**
 * Lines, one after the other: for logs and pipes.
 *
 * @param told Whether what nodes write is shown elsewhere, as it comes.
 */
export function plainReporter(output: Output, place: Place, detail: Detail, told = false): Reporter {
  const failures = noFailures();
  const write = (lines: readonly string[]) => {
    if (lines.length > 0) output.write(`${lines.join("\n")}\n`);
  };
  return {
    event(event) {
      remember(failures, told ? withoutOutput(event) : event);
      write(eventLines(event, output, detail, place));
      if (event.type !== "run-finished") return;
      const lines = endLines(event, failures, output.paint, place, detail);
      if (!isTerse(detail) || event.result === "failed") write(lines);
      if (!isTerse(detail) && event.targets.length > 0) {
        write([
          output.paint.dim(`${event.result === "ok" ? "done" : "failed"} in ${duration(event.duration)}`),
        ]);
      }
    },
    note: (text) => write([text]),
    pause: () => {},
    resume: () => {},
    close: () => {},
  };
}
