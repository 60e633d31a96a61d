/** A promise that is given up when a signal says so; `cleanup` then ends what it was about. */
export async function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  cleanup?: () => void,
): Promise<T> {
  if (signal === undefined) return await promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => {
    cleanup?.();
    reject(signal.reason);
  };
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
