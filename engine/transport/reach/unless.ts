/** What a promise gives, unless a signal ends the wait for it first; what comes of it then is nobody's. */
export async function unless<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  const { promise: given, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  promise.catch(() => {}); // awaited below, unless it is given up
  try {
    return await Promise.race([promise, given]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
