import type { Event } from "../events.ts";

/** A run that has ended: how it began and what became of it. Plain data. */
export interface RunEnd {
  readonly run: string;
  readonly operation: Extract<Event, { type: "run-started" }>["operation"];
  readonly infra: string;
  readonly service: string;
  readonly phases: readonly string[];
  readonly check: boolean;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Milliseconds. */
  readonly duration: number;
  readonly result: "ok" | "failed";
  readonly exitCode: number;
  readonly targets: Extract<Event, { type: "run-finished" }>["targets"];
  readonly failure?: Extract<Event, { type: "run-finished" }>["failure"];
}

/** Tells somebody that a run has ended. */
export interface Notifier {
  readonly name: string;
  /** @throws {PalletError} when it could not; the run's result stays what it is. */
  notify(end: RunEnd, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/**
 * The end of a run from its first and its last event.
 *
 * @example
 * ```ts
 * import { runEnd } from "./notifier.ts";
 *
 * const end = runEnd(
 *   {
 *     type: "run-started", at: "2026-01-02T03:04:05.000Z", run: "r1", operation: "lift", infra: "infra.ts",
 *     service: "lab", phases: ["configure"], check: false,
 *   },
 *   {
 *     type: "run-finished", at: "2026-01-02T03:04:06.000Z", run: "r1", result: "ok", exitCode: 0, targets: [],
 *     duration: 1000,
 *   },
 * );
 * console.assert(end.operation === "lift" && end.result === "ok");
 * ```
 */
export function runEnd(
  started: Extract<Event, { type: "run-started" }>,
  finished: Extract<Event, { type: "run-finished" }>,
): RunEnd {
  const { run, operation, infra, service, phases, check } = started;
  const { result, exitCode, targets, duration, failure } = finished;
  return {
    run,
    operation,
    infra,
    service,
    phases,
    check,
    startedAt: started.at,
    finishedAt: finished.at,
    duration,
    result,
    exitCode,
    targets,
    ...(failure === undefined ? {} : { failure }),
  };
}
