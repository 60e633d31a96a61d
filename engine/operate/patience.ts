// Going on trying: nodes that start again, and lines that are cut for a while.
import { PalletError } from "../errors.ts";
import { BecomeError } from "../transport/passwords.ts";
import { pause } from "../pause.ts";
import { HostKeyError, LoginRefused } from "../transport/problems.ts";

/** Seconds between one attempt and the next; refused logins count against whoever makes them. */
const PAUSE = { usual: 1, refused: 12 };

/** How long to go on. */
export interface Patience {
  /** Seconds. */
  readonly within: number;
  readonly signal: AbortSignal;
  /** Called with what the first attempt failed for. */
  readonly failed?: (why: PalletError) => void;
  /** What is thrown when the time is over, in place of what the last attempt failed for. */
  readonly late?: (why: PalletError) => PalletError;
}

/** What time may mend. A wrong host key stays wrong, and no password is tried again. */
function mayPass(thrown: unknown): thrown is PalletError {
  return thrown instanceof PalletError && thrown.kind === "unreachable" &&
    !(thrown instanceof HostKeyError) && !(thrown instanceof BecomeError);
}

/**
 * Tries something until it succeeds.
 *
 * @throws the last attempt's {@linkcode PalletError} of kind `unreachable`, or what `late` makes of it, when the time is
 *   over; whatever else an attempt throws, and the signal's reason.
 */
export async function goOnTrying<T>(attempt: () => Promise<T>, patience: Patience): Promise<T> {
  const { within, signal } = patience;
  const deadline = performance.now() + within * 1000;
  for (let tried = 0;; tried++) {
    try {
      return await attempt();
    } catch (thrown) {
      signal.throwIfAborted();
      if (!mayPass(thrown)) throw thrown;
      if (performance.now() > deadline) throw patience.late?.(thrown) ?? thrown;
      if (tried === 0) patience.failed?.(thrown);
      await pause(thrown instanceof LoginRefused ? PAUSE.refused : PAUSE.usual, signal);
    }
  }
}

/** Seconds for one attempt to connect, when there is time for several: a node that goes down may say nothing at all. */
export function perAttempt(connect: number, within: number): number {
  return Math.min(connect, Math.max(2, within / 4));
}
