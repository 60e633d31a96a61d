/**
 * Waits so many seconds.
 *
 * @throws the reason of a signal that comes before the end.
 */
export function pause(seconds: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => {
    clearTimeout(timer);
    reject(signal?.reason);
  };
  const timer = setTimeout(() => {
    signal?.removeEventListener("abort", abort);
    resolve();
  }, seconds * 1000);
  if (signal?.aborted) abort();
  else signal?.addEventListener("abort", abort, { once: true });
  return promise;
}

/** Waits so many seconds, or until a signal ends the wait. */
export async function rest(seconds: number, signal: AbortSignal): Promise<void> {
  await pause(seconds, signal).catch(() => {});
}
