import type { EventBody } from "../events.ts";
import { exitCodeOfRun } from "./failures.ts";
import type { Json } from "../json.ts";
import type { RunResult } from "./results.ts";
import type { Session } from "./session.ts";

/** What the work of an operation adds to the result. */
export interface Work {
  readonly created?: RunResult["created"];
  readonly removed?: RunResult["removed"];
  readonly pending?: boolean;
  /** What the operation found out, for the last event. */
  readonly data?: Json;
}

/** Milliseconds since then, by a clock that nobody sets. */
export function elapsed(began: number): number {
  return Math.round(performance.now() - began);
}

/**
 * The result of a run, from its session and what its work adds.
 *
 * @param began when it did, by `performance.now()`
 */
export function resultOf(
  session: Session,
  operation: RunResult["operation"],
  work: Work,
  began: number,
): RunResult {
  const targets = session.roster.summaries();
  const failures = session.failures;
  const exitCode = exitCodeOfRun({
    results: targets.map((target) => target.result),
    failures,
    touched: session.touched,
    ...(session.stopped === undefined ? {} : { stopped: session.stopped }),
    ...(work.pending === undefined ? {} : { pending: work.pending }),
  });
  const created = work.created ?? [];
  const fresh = new Set(created.map((node) => node.id));
  const nodes = session.roster.targets().flatMap((target) => target.node ?? []);
  return {
    run: session.setup.run,
    operation,
    result: exitCode === 0 || exitCode === 3 ? "ok" : "failed",
    exitCode,
    ...(failures[0] === undefined ? {} : { failure: failures[0] }),
    phases: session.roster.reports,
    targets,
    created,
    existing: nodes.filter((node) => !fresh.has(node.id)),
    removed: work.removed ?? [],
    settings: session.roster.settings,
    captured: session.roster.captured(),
    duration: elapsed(began),
  };
}

/** What holds between the groups of a run. */
function relationsOf(
  { setup, roster }: Session,
): Pick<Extract<EventBody, { readonly type: "groups-related" }>, "groups" | "reads"> {
  const nodes = (group: string) =>
    roster.targets().filter((target) => target.groups.includes(group)).map((target) => target.name);
  const groups = setup.groups.map(({ name, after }) => ({ name, after, nodes: nodes(name) }));
  return { groups, reads: roster.reads };
}

/** Tells the end of a run. */
export function finish(
  session: Session,
  result: Pick<RunResult, "result" | "exitCode" | "targets" | "failure" | "duration">,
  data?: Json,
): void {
  const { exitCode, targets, failure, duration } = result;
  session.emit({ type: "groups-related", ...relationsOf(session) });
  session.emit({
    type: "run-finished",
    result: result.result,
    exitCode,
    targets,
    ...(failure === undefined ? {} : { failure }),
    duration,
    ...(data === undefined ? {} : { data }),
  });
}
