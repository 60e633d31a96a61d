/** Works on items, some at one time, and yields each outcome as it comes. */
export async function* eachAsItComes<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<{ readonly item: T; readonly result: PromiseSettledResult<R> }> {
  const waiting = [...items];
  const running = new Map<T, Promise<{ readonly item: T; readonly result: PromiseSettledResult<R> }>>();
  const settle = async (item: T) => {
    const [result] = await Promise.allSettled([work(item)]);
    return { item, result };
  };
  while (waiting.length > 0 || running.size > 0) {
    for (const item of waiting.splice(0, atOnce - running.size)) running.set(item, settle(item));
    const outcome = await Promise.race(running.values());
    running.delete(outcome.item);
    yield outcome;
  }
}
