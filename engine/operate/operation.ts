import { Stopped } from "../failure.ts";

/** Why an operation was asked to end early. */
export type StopReason = "abort" | "SIGINT" | "SIGTERM" | "SIGHUP";

/**
 * How far an operation was asked to stop: `soft` is aborted by the first request: nothing new starts, what runs ends.
 * `hard` is aborted by the second: everything is left at once.
 */
export interface Stops {
  readonly soft: AbortSignal;
  readonly hard: AbortSignal;
}

/**
 * An operation that is under way. It can be awaited like a promise; waiting, at once or later, yields the same result.
 *
 * @example
 * ```ts
 * import { start } from "./operation.ts";
 *
 * const operation = start(() => Promise.resolve("done"));
 * console.assert(await operation.wait(1000, "too late") === "done");
 * console.assert(await operation === "done" && operation.status === "complete");
 * ```
 */
export interface Operation<T> extends PromiseLike<T> {
  readonly status: "running" | "complete" | "failed";
  readonly result: Promise<T>;
  /**
   * First call: nothing new is started, running scripts end, the result says what was left out. Second call: leaves
   * at once; the result says of which targets nothing is known.
   */
  abort(reason?: StopReason): void;
  /** The result, or `value` when it is not there after `milliseconds`; the operation goes on. */
  wait<V>(milliseconds: number, value: V): Promise<T | V>;
}

/** Starts work that can be told to stop; an outer signal counts as the first request. */
export function start<T>(work: (stops: Stops) => Promise<T>, outer?: AbortSignal): Operation<T> {
  const [soft, hard] = [new AbortController(), new AbortController()];
  let status: Operation<T>["status"] = "running";
  const abort = (reason: StopReason = "abort") => {
    (soft.signal.aborted ? hard : soft).abort(new Stopped(reason));
  };
  const aborted = () => abort();
  if (outer?.aborted) abort();
  else outer?.addEventListener("abort", aborted, { once: true });
  const result = (async () => {
    try {
      const value = await work({ soft: soft.signal, hard: hard.signal });
      status = "complete";
      return value;
    } catch (thrown) {
      status = "failed";
      throw thrown;
    } finally {
      outer?.removeEventListener("abort", aborted);
    }
  })();
  return {
    get status() {
      return status;
    },
    result,
    abort,
    then: (fulfilled, rejected) => result.then(fulfilled, rejected),
    wait: async <V>(milliseconds: number, value: V) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<V>((resolve) => timer = setTimeout(() => resolve(value), milliseconds));
      try {
        return await Promise.race([result, late]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/**
 * Turns interrupts of this process into requests to stop: the first ends an operation in order, the second at once;
 * a hangup, as of a terminal that is closed, is never more than the first.
 * Answers with a function that takes the handlers away.
 *
 * @example
 * ```ts
 * import { converge, type ConvergeOptions, handleSignals } from "pallet/run";
 *
 * const run = async (options: ConvergeOptions) => {
 *   const operation = converge(options);
 *   const leave = handleSignals(operation);
 *   return await operation.result.finally(leave);
 * };
 * ```
 */
export function handleSignals(operation: Operation<unknown>): () => void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  let stopped = false;
  const handlers = signals.map((signal) => ({
    signal,
    handler: () => {
      // A terminal that closes sends it more than once.
      if (signal === "SIGHUP" && stopped) return;
      stopped = true;
      operation.abort(signal);
    },
  }));
  for (const { signal, handler } of handlers) Deno.addSignalListener(signal, handler);
  return () => {
    for (const { signal, handler } of handlers) Deno.removeSignalListener(signal, handler);
  };
}
