import pLimit, { type LimitFunction } from "p-limit";
import { pause } from "./pause.ts";

/** The server closed a connection before it said anything: too many at once, most likely. */
export class TurnedAway extends Error {
  override readonly name = "TurnedAway";
}

/** Handshakes at one time with one server: below the ten of which OpenSSH begins to drop some. */
const PER_SERVER = 8;
/** Seconds before the second attempt, and at most before a later one. */
const WAIT = { first: 0.1, longest: 2 };
const ATTEMPTS = 10;

/** Caps the handshakes that run at one time, over all and with each server. */
export class Handshakes {
  readonly #all: LimitFunction;
  readonly #servers = new Map<string, LimitFunction>();

  constructor(limit: number) {
    this.#all = pLimit(limit);
  }

  /** Does a handshake in its turn, again with growing and random pauses while the server turns it away. */
  async run<T>(server: string, signal: AbortSignal, handshake: () => Promise<T>): Promise<T> {
    const limit = this.#servers.get(server) ?? pLimit(PER_SERVER);
    this.#servers.set(server, limit);
    let wait = WAIT.first;
    for (let attempt = 1;; attempt++) {
      try {
        return await limit(() =>
          this.#all(() => {
            signal.throwIfAborted();
            return handshake();
          })
        );
      } catch (thrown) {
        if (!(thrown instanceof TurnedAway) || attempt === ATTEMPTS) throw thrown;
      }
      await pause(wait * (0.5 + Math.random()), signal);
      wait = Math.min(wait * 2, WAIT.longest);
    }
  }
}
