import { PalletError } from "../errors.ts";
import type { Watch } from "./reach/host.ts";

/** The time that connecting may take: it begins when its turn has come, and rests while others are before it. */
export class Deadline implements Watch {
  #where: string;
  readonly #atMost: number;
  readonly #controller = new AbortController();
  #missing: () => string = () => "no connection";
  #limit: number;
  #left: number;
  #since: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #begun = false;
  #own = false;

  /** So many seconds; a host's own limit may be longer, but not longer than `atMost`. */
  constructor(where: string, seconds: number, atMost = Infinity) {
    this.#where = where;
    this.#atMost = atMost;
    this.#limit = this.#left = seconds;
    this.#resume();
  }

  /** Says no when the time is over, with what was missing. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What is missing just now. */
  get missing(): string {
    return this.#missing();
  }

  step(missing: () => string): void {
    this.#missing = missing;
  }

  queued(): void {
    this.#rest();
  }

  begun(limit?: number, where = this.#where): void {
    this.#where = where;
    if (limit !== undefined && !this.#own) {
      this.#own = true;
      this.restart(Math.min(limit, this.#atMost));
    } else if (this.#begun) this.#resume(); // a second attempt has what the first left over
    else this.restart(this.#limit);
    this.#begun = true;
  }

  again(): void {
    // What is left of the time is all that matters.
  }

  /** So many seconds from now. */
  restart(seconds: number): void {
    this.#rest();
    this.#limit = this.#left = seconds;
    this.#resume();
  }

  /** It no longer matters. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#since = undefined;
  }

  #rest(): void {
    if (this.#since === undefined) return;
    this.#left -= (performance.now() - this.#since) / 1000;
    this.stop();
  }

  #resume(): void {
    if (this.#since !== undefined || this.#left === Infinity) return;
    this.#since = performance.now();
    this.#timer = setTimeout(() => this.#ring(), Math.max(0, this.#left) * 1000);
  }

  #ring(): void {
    this.#controller.abort(
      new PalletError(
        `Cannot connect to ${this.#where}: ${this.#missing()} within ${Math.ceil(this.#limit)} s`,
        { kind: "unreachable", help: "See whether the node runs, and whether a firewall is in between." },
      ),
    );
  }
}
