import type { Output } from "../terminal.ts";
import type { Reporter } from "./reporter.ts";

/** One event a line, as it is. */
export function jsonlReporter(output: Output): Reporter {
  return {
    event: (event) => output.write(`${JSON.stringify(event)}\n`),
    note: () => {},
    pause: () => {},
    resume: () => {},
    close: () => {},
  };
}
