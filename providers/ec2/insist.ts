import { pause } from "../../engine/pause.ts";

/** What passes, and within which time. */
export interface Insistence {
  /** Seconds to go on trying. */
  readonly seconds: number;
  /** Whether a refusal may pass: what was just made, or has just gone, is not known everywhere at once. */
  readonly passes: (thrown: unknown) => boolean;
  readonly signal: AbortSignal | undefined;
}

/** Does something that EC2 may refuse for a while. @throws what it ends with, once that does not pass or is too late. */
export async function insist<T>(work: () => Promise<T>, { seconds, passes, signal }: Insistence): Promise<T> {
  const until = performance.now() + seconds * 1000;
  for (let wait = 0.5;; wait = Math.min(wait * 2, 5)) {
    try {
      return await work();
    } catch (thrown) {
      if (!passes(thrown) || performance.now() > until) throw thrown;
      await pause(wait, signal);
    }
  }
}
