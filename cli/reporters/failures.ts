// Remembers what failed while a run goes on, to show it in full at its end.
import type { Event, Failure } from "../../engine/events.ts";
import { type Place, renderFailure } from "../errors.ts";
import type { Paint } from "../terminal.ts";
import { escapeLine } from "../text.ts";
import { type Detail, isTerse } from "./reporter.ts";
import { type EventOf, failedAction, summaryLines } from "./words.ts";

/** What is remembered of a run. */
export interface Failures {
  readonly actions: EventOf<"action-finished">[];
  readonly nodes: { readonly target: string; readonly failure: Failure }[];
}

/** Nothing failed yet. */
export function noFailures(): Failures {
  return { actions: [], nodes: [] };
}

/** Remembers an event if it is a failure; the same one of the same target once. */
export function remember(failures: Failures, event: Event): void {
  if (event.type === "action-finished" && event.result === "failed") failures.actions.push(event);
  else if (event.type === "node-failed") addNode(failures, event.target, event.failure);
  else if (event.type === "target-finished" && event.failure !== undefined) {
    const told = failures.actions.some((action) =>
      action.target === event.target && action.phase === event.phase
    );
    if (!told) addNode(failures, event.target, event.failure);
  }
}

function addNode(failures: Failures, target: string, failure: Failure): void {
  const known = failures.nodes.some((node) =>
    node.target === target && node.failure.message === failure.message
  );
  if (!known) failures.nodes.push({ target, failure });
}

/** The end of a run: a line a target, or when quiet one that did not succeed; then what failed, in full. */
export function endLines(
  event: EventOf<"run-finished">,
  failures: Failures,
  paint: Paint,
  place: Place,
  detail: Detail,
): readonly string[] {
  const shown = event.targets.filter(({ result }) => !isTerse(detail) || result !== "ok");
  for (const { target, failure } of event.targets) {
    const told = failures.actions.some((action) => action.target === target);
    if (failure !== undefined && !told) addNode(failures, target, failure);
  }
  return [
    ...summaryLines(shown, paint),
    ...failures.actions.flatMap((action) => ["", ...failedAction(action, paint, place)]),
    ...failures.nodes.flatMap(({ target, failure }) => [
      "",
      `${paint.red(paint.bold(escapeLine(target)))}:`,
      renderFailure(failure, { paint, place, verbose: false }).trimEnd(),
    ]),
  ];
}
