import pLimit, { type LimitFunction } from "p-limit";
import { pause } from "../pause.ts";

/** It did not work out just now, and nothing was done: it is worth another attempt in a moment. */
export class TurnedAway extends Error {
  override readonly name = "TurnedAway";
  /** What to do about it when it stays like that. */
  readonly help: string;
  /** Attempts in all that are worth making. */
  readonly attempts: number;

  constructor(message: string, options: { help: string; attempts?: number; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.help = options.help;
    this.attempts = options.attempts ?? ATTEMPTS;
  }
}

/** Handshakes at one time with one server: below the ten of which OpenSSH begins to drop some. */
const PER_SERVER = 8;
/** Handshakes at one time by way of one jump host: its sshd opens each of their connections. */
const PER_HOP = 16;
/** Seconds before the second attempt, and at most before a later one. */
export interface Pauses {
  readonly first: number;
  readonly longest: number;
}

const PAUSES: Pauses = { first: 0.1, longest: 2 };
const ATTEMPTS = 10;

/** Where a handshake leads. */
export interface Destination {
  readonly server: string;
  /** The jump host on the way. */
  readonly hop?: string;
}

/** Caps the handshakes that run at one time, over all, with each server, and by way of each jump host. */
export class Handshakes {
  readonly #all: LimitFunction;
  readonly #limits = new Map<string, LimitFunction>();

  constructor(limit: number) {
    this.#all = pLimit(limit);
  }

  /** Does a handshake in its turn. */
  async run<T>({ server, hop }: Destination, signal: AbortSignal, handshake: () => Promise<T>): Promise<T> {
    const last = () =>
      this.#all(() => {
        signal.throwIfAborted();
        return handshake();
      });
    const here = () => this.#limit(`to ${server}`, PER_SERVER)(last);
    return await (hop === undefined ? here() : this.#limit(`by ${hop}`, PER_HOP)(here));
  }

  #limit(key: string, atOnce: number): LimitFunction {
    const limit = this.#limits.get(key) ?? pLimit(atOnce);
    this.#limits.set(key, limit);
    return limit;
  }
}

/** Attempts something again, after growing and random pauses, while it is {@linkcode TurnedAway}; tells of each. */
export async function insist<T>(
  signal: AbortSignal,
  attempt: () => Promise<T>,
  again: () => void,
  pauses: Pauses = PAUSES,
): Promise<T> {
  let wait = pauses.first;
  for (let count = 1;; count++) {
    try {
      return await attempt();
    } catch (thrown) {
      if (!(thrown instanceof TurnedAway) || count >= thrown.attempts) throw thrown;
    }
    await pause(wait * (0.5 + Math.random()), signal);
    wait = Math.min(wait * 2, pauses.longest);
    again();
  }
}
