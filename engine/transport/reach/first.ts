import { messageOf } from "../../errors.ts";

/** Why an attempt came to nothing. */
export interface Failed<T> {
  readonly candidate: T;
  readonly error: unknown;
}

/** All candidates failed, in the order in which they did. */
export class AllFailed<T> extends Error {
  override readonly name = "AllFailed";

  constructor(readonly failures: readonly Failed<T>[]) {
    super(failures.map(({ error }) => messageOf(error)).join("; "));
  }
}

/**
 * The first result of several candidates. Each has a head start before the next is tried beside it, and the next is
 * tried at once when one fails: so a candidate that leads nowhere costs little, and one that works no more than itself.
 *
 * @throws {AllFailed} when none has one. The signal's reason when it is given up.
 *
 * @example
 * ```ts
 * import { firstOf } from "./first.ts";
 *
 * const seen = await firstOf(["a", "b"], (name) => {
 *   if (name === "a") return Promise.reject(new Error("down"));
 *   return Promise.resolve(name);
 * }, { headStart: 0.25, signal: new AbortController().signal, discard: () => {} });
 * console.assert(seen === "b");
 * ```
 */
export async function firstOf<T, R>(
  candidates: readonly T[],
  attempt: (candidate: T, signal: AbortSignal) => Promise<R>,
  options: {
    /** Seconds. */
    readonly headStart: number;
    readonly signal: AbortSignal;
    /** Takes what came too late. */
    readonly discard: (late: R) => void;
  },
): Promise<R> {
  const { headStart, signal, discard } = options;
  signal.throwIfAborted();
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const { promise, resolve, reject } = Promise.withResolvers<R>();
  const failures: Failed<T>[] = [];
  const left = [...candidates];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const next = () => {
    clearTimeout(timer);
    const candidate = left.shift();
    if (candidate === undefined) return;
    if (left.length > 0) timer = setTimeout(next, headStart * 1000);
    attempt(candidate, either).then(
      (result) => over.signal.aborted ? discard(result) : resolve(result),
      (error) => {
        failures.push({ candidate, error });
        if (failures.length === candidates.length) reject(new AllFailed(failures));
        else if (!either.aborted) next();
      },
    );
  };
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    if (candidates.length === 0) reject(new AllFailed([]));
    next();
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    over.abort(new Error("another was faster"));
  }
}
