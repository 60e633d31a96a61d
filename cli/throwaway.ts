// A node that is there for one phase, and is removed whatever happens.
import type { groupSpec } from "../engine/mod.ts";
import type { Event, Failure } from "../engine/events.ts";
import { exitCodeOf, failureOf } from "../engine/failure.ts";
import type { Operation, RunResult, ServiceOptions } from "../engine/run.ts";
import { placeFrom, renderFailure } from "./errors.ts";
import { outputLines } from "./reporters/words.ts";
import type { Terminal } from "./terminal.ts";
import { escapeLine } from "./text.ts";

/** Says failures, each once. */
function teller({ err, cwd }: Terminal): (failure: Failure) => void {
  const told = new Set<string>();
  return ({ origin: _, ...failure }) => {
    if (told.has(failure.message)) return;
    told.add(failure.message);
    // Nobody wrote the group: there is no place to show.
    err.write(renderFailure(failure, { paint: err.paint, place: placeFrom(cwd), verbose: false }));
  };
}

/** The exit status of an operation, whose failures are told. */
async function statusAfter(
  operation: Operation<RunResult>,
  tell: (failure: Failure) => void,
): Promise<number> {
  try {
    const { exitCode, failure, targets } = await operation;
    for (const one of [{ failure }, ...targets]) if (one.failure !== undefined) tell(one.failure);
    return exitCode;
  } catch (thrown) {
    tell(failureOf(thrown));
    return exitCodeOf(thrown);
  }
}

/** What there is to see of an event: the steps to a node that can be used, and what a failed action said. */
function linesOf(event: Event, { err }: Terminal): readonly string[] {
  if (event.type === "node-progress") return [escapeLine(`${event.step}: ${event.message}`)];
  if (event.type !== "action-finished" || event.result !== "failed") return [];
  return outputLines(event.output ?? "", err.paint);
}

/** What is made for a while. */
export interface Throwaway {
  readonly service: ServiceOptions;
  readonly terminal: Terminal;
  /** With a name that no group of anybody's has: all its nodes are removed. */
  readonly group: ReturnType<typeof groupSpec>;
  /** What is done when its phases have succeeded, and before its nodes are removed. */
  readonly then?: () => Promise<void>;
}

/** Exit statuses of what was done on nodes, and of their removal. */
export interface Ending {
  readonly status: number;
  readonly removed: number;
}

/** Makes nodes of a group, runs its phases, and removes the nodes. Failures are told. */
export async function throwaway({ service, terminal, group, then }: Throwaway): Promise<Ending> {
  const { converge, destroy, handleSignals } = await import("../engine/run.ts");
  const operation = {
    ...service,
    source: { specs: [group] },
    on: (event: Event) => {
      for (const line of linesOf(event, terminal)) terminal.err.write(`${line}\n`);
    },
  };
  const tell = teller(terminal);
  const making = converge(operation);
  const release = handleSignals(making);
  let status = await statusAfter(making, tell).finally(release);
  try {
    if (status === 0) await then?.();
  } catch (thrown) {
    tell(failureOf(thrown));
    status = exitCodeOf(thrown);
  }
  return { status, removed: await statusAfter(destroy({ ...operation, yes: true }), tell) };
}
