import type { Plugins } from "../../plugins/mod.ts";
import type { Event } from "../../engine/events.ts";
import type { Place } from "../errors.ts";
import { OutputClosed, type Terminal } from "../terminal.ts";
import { escapeLine, escapeText } from "../text.ts";
import { plainReporter } from "./plain.ts";
import type { Detail, Reporter } from "./reporter.ts";

/** A colour or a weight, which a terminal may be told by others. */
// deno-lint-ignore no-control-regex
const STYLE = /(\x1b\[[\d;]*m)/;

/** Text of a plugin for a terminal: colours stay, all that could command it does not. */
export function styledText(text: string): string {
  return text.split(STYLE).map((part, at) => at % 2 === 1 ? part : escapeText(part)).join("");
}

/**
 * A reporter that is a plugin. Its output is data: it goes to standard output, unless events do. Failures and warnings
 * are said besides; should it fail itself, the rest of the run is shown in lines.
 */
export async function pluginReporter(
  plugin: Plugins["reporters"][number],
  terminal: Terminal,
  place: Place,
  detail: Detail,
  json: boolean,
): Promise<Reporter> {
  const output = json ? terminal.err : terminal.out;
  const lines = plainReporter(terminal.err, place, detail);
  const seen: Event[] = [];
  let broken = false;
  let gone: OutputClosed | undefined;
  const running = await plugin.open({
    screen: {
      terminal: output.terminal,
      color: output.paint.red("x") !== "x",
      columns: output.size().columns,
      detail: detail === "messages" ? "quiet" : detail,
    },
    write: (text) => {
      try {
        if (gone === undefined) output.write(output.terminal ? styledText(text) : text);
      } catch (thrown) {
        if (!(thrown instanceof OutputClosed)) throw thrown;
        // Whoever hands on the next event learns of it.
        gone = thrown;
      }
    },
    failed: (reason) => {
      broken = true;
      terminal.err.write(`warn: ${escapeLine(reason)}\n`);
      for (const event of seen.splice(0)) lines.event(event);
    },
  });
  return {
    event: (event) => {
      if (gone !== undefined) throw gone;
      if (broken) return lines.event(event);
      seen.push(event);
      running.event(event);
    },
    note: (text) => terminal.err.write(`${text}\n`),
    pause: () => {},
    resume: () => {},
    finish: () => running.finish(),
    close: () => {},
  };
}
