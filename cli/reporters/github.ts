// Annotations of GitHub Actions: lines on standard output that its runner turns into marks beside the source.
import type { Event, Failure } from "../../engine/events.ts";
import type { Output } from "../terminal.ts";
import { escapeText } from "../text.ts";
import type { Place } from "../errors.ts";
import { plainReporter } from "./plain.ts";
import type { Detail, Reporter } from "./reporter.ts";

function data(text: string): string {
  return escapeText(text).replaceAll("%", "%25").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

type Level = "error" | "warning" | "notice";

/** One annotation; its place is relative to the folder of the checkout, as the runner wants it. */
export function annotation(
  level: Level,
  title: string,
  text: string,
  place?: { readonly file: string; readonly line: number; readonly column: number },
): string {
  const at = place === undefined || place.file === "unknown" || place.file.includes("://")
    ? []
    : [`file=${property(place.file)}`, `line=${place.line}`, `col=${place.column}`];
  return `::${level} ${[...at, `title=${property(title)}`].join(",")}::${data(text)}\n`;
}

function ofFailure(
  title: string,
  { message, help, origin }: Failure,
  relative: (file: string) => string,
): string {
  const text = help === undefined ? message : `${message}\n${help}`;
  return annotation("error", title, text, origin && { ...origin, file: relative(origin.file) });
}

/** The annotations that an event is worth. */
export function annotations(event: Event, relative: (file: string) => string): readonly string[] {
  switch (event.type) {
    case "action-finished": {
      if (event.result !== "failed") return [];
      const origin = { ...event.origin, file: relative(event.origin.file) };
      const output = event.output?.trimEnd().split("\n").slice(-20).join("\n") ?? "";
      return [
        annotation(
          "error",
          `${event.target}: ${event.title}`,
          `exit status ${event.exit}\n${output}`,
          origin,
        ),
      ];
    }
    case "target-finished": {
      const { failure, result } = event;
      if (failure === undefined || result === "failed" || result === "skipped") return [];
      return [ofFailure(`${event.target}: ${event.phase}`, failure, relative)];
    }
    case "node-failed":
      return [ofFailure(event.target, event.failure, relative)];
    case "message":
      if (event.level !== "warn" && event.level !== "error") return [];
      return [annotation(event.level === "warn" ? "warning" : "error", event.target ?? "pallet", event.text)];
    case "run-finished":
      return event.failure === undefined ? [] : [ofFailure("pallet", event.failure, relative)];
    case "error":
      return [ofFailure("pallet", event.failure, relative)];
    default:
      return [];
  }
}

/** Lines on standard error, annotations on standard output. */
export function githubReporter(
  out: Output,
  err: Output,
  place: Place,
  detail: Detail,
  relative: (file: string) => string,
): Reporter {
  const plain = plainReporter(err, place, detail);
  return {
    ...plain,
    event(event) {
      plain.event(event);
      for (const line of annotations(event, relative)) out.write(line);
    },
  };
}
