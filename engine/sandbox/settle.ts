// Waiting for evaluated code, which may never answer, or fail where no one looks.

/** How long, in milliseconds, code may rest with nothing to wait for before it is known never to end. */
const REST = 1000;
const TICK = 100;

/** Thrown in place of an answer that can never come. */
export class NeverSettles extends Error {}

/** Waits for evaluated code. */
export interface Settler {
  /**
   * The code's answer.
   *
   * @throws what it threw, or what was rejected or thrown meanwhile with no one to handle it.
   * @throws {NeverSettles} when it waits for nothing that could come; `waits` says whether something could, or something
   * went on since it was last asked.
   */
  settle<T>(code: () => T | Promise<T>, waits: () => boolean): Promise<T>;
}

/** Takes hold of the timers and of this process's reports of unhandled errors. */
export function openSettler(): Settler {
  const { setInterval, clearInterval, setTimeout } = globalThis;
  const now = performance.now.bind(performance);
  let unhandled: { readonly thrown: unknown } | undefined;
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    unhandled ??= { thrown: event.reason };
  });
  addEventListener("error", (event) => {
    event.preventDefault();
    unhandled ??= { thrown: event.error };
  });

  const resting = (waits: () => boolean): { readonly never: Promise<never>; stop(): void } => {
    let [rested, last] = [0, now()];
    const { promise: never, reject } = Promise.withResolvers<never>();
    const timer = setInterval(() => {
      // One that comes late comes after work, of this process or of others that kept it from doing its own.
      const late = now() - last > 2 * TICK;
      last = now();
      rested = waits() || late ? 0 : rested + TICK;
      if (rested >= REST) reject(new NeverSettles());
    }, TICK);
    return { never, stop: () => clearInterval(timer) };
  };

  return {
    settle: async (code, waits) => {
      const rest = resting(waits);
      try {
        const answer = await Promise.race([Promise.try(code), rest.never]);
        // Rejections are reported when nothing else is left to run.
        await new Promise((resolve) => setTimeout(resolve, 0));
        if (unhandled !== undefined) throw unhandled.thrown;
        return answer;
      } finally {
        unhandled = undefined;
        rest.stop();
      }
    },
  };
}
