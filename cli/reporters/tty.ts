import type { Event } from "../../engine/events.ts";
import type { Place } from "../errors.ts";
import type { Terminal } from "../terminal.ts";
import { duration } from "../text.ts";
import { endLines, noFailures, remember } from "./failures.ts";
import { liveRegion } from "./live.ts";
import { eventLines } from "./plain.ts";
import { type Detail, isTerse, type Reporter } from "./reporter.ts";
import { advance, newView, render } from "./view.ts";

/** Milliseconds between two pictures. */
const PACE = 100;

/** Events whose lines outlast the view. */
const STAYING: ReadonlySet<Event["type"]> = new Set([
  "message",
  "run-started",
  "counts-planned",
  "node-created",
  "node-removed",
  "node-failed",
  "output-omitted",
]);

/** Whether an event leaves a line above the live view, which shows the rest while it lasts. */
function stays(event: Event, detail: Detail): boolean {
  if (event.type === "action-finished") {
    return detail === "verbose" || (event.result !== "ok" && event.result !== "skipped");
  }
  return STAYING.has(event.type);
}

/** A view that is redrawn in place while a run lasts, then a summary that stays. */
export function ttyReporter(terminal: Terminal, place: Place, detail: Detail): Reporter {
  const output = terminal.err;
  const view = newView();
  const region = liveRegion(output);
  const failures = noFailures();
  let timer: ReturnType<typeof setInterval> | undefined;
  let stopResize = () => {};

  const draw = () => {
    if (timer === undefined) return;
    const { columns, rows } = output.size();
    region.draw(render(view, Date.now(), { columns: columns - 1, rows: rows - 1 }));
  };
  const print = (lines: readonly string[]) => {
    if (lines.length === 0) return;
    region.print(`${lines.join("\n")}\n`);
    draw();
  };
  const open = () => {
    if (timer !== undefined) return;
    timer = setInterval(draw, PACE);
    stopResize = terminal.onSignal("SIGWINCH", draw);
    draw();
  };
  const close = () => {
    clearInterval(timer);
    timer = undefined;
    stopResize();
    stopResize = () => {};
    region.clear();
  };
  return {
    event(event) {
      advance(view, event);
      remember(failures, event);
      if (event.type === "run-started") open();
      if (stays(event, detail)) print(eventLines(event, output, detail, place));
      if (event.type !== "run-finished") return;
      close();
      const lines = endLines(event, failures, output.paint, place, detail);
      const last = `${event.result === "ok" ? "done" : "failed"} in ${duration(event.duration)}`;
      if (event.targets.length > 0 && (!isTerse(detail) || event.result === "failed")) {
        print([...lines, output.paint.dim(last)]);
      }
    },
    note: (text) => print([text]),
    pause: close,
    resume: open,
    close,
  };
}
