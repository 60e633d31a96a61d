import type { Watch } from "./reach/host.ts";

/** A clock that rests while a person is asked, besides its own reasons to. */
class RestingWatch implements Watch {
  readonly #inner: Watch;
  #asking = 0;
  #queued = false;
  #own: readonly [limit?: number, where?: string] = [];

  constructor(inner: Watch, asking: number) {
    this.#inner = inner;
    for (let at = 0; at < asking; at++) this.rest();
  }

  step(missing: () => string): void {
    this.#inner.step(missing);
  }

  queued(): void {
    this.#queued = true;
    this.#inner.queued();
  }

  begun(...own: readonly [limit?: number, where?: string]): void {
    this.#queued = false;
    this.#own = own;
    if (this.#asking === 0) this.#inner.begun(...own);
  }

  again(): void {
    this.#inner.again();
  }

  rest(): void {
    this.#asking++;
    this.#inner.queued();
  }

  goOn(): void {
    this.#asking--;
    if (this.#asking === 0 && !this.#queued) this.#inner.begun(...this.#own);
  }
}

/**
 * While a person thinks or types, no connection runs out of time: whatever the question is about, others may wait for
 * its answer, such as nodes behind the jump host that asks for a passphrase.
 */
export class Patience {
  readonly #watches = new Set<RestingWatch>();
  #asking = 0;

  /** Does something under a watch that rests while somebody is asked. */
  async during<T>(watch: Watch, body: (watch: Watch) => Promise<T>): Promise<T> {
    const resting = new RestingWatch(watch, this.#asking);
    this.#watches.add(resting);
    try {
      return await body(resting);
    } finally {
      this.#watches.delete(resting);
    }
  }

  /** Questions, to people or to what may ask them, during which all watches rest. */
  around<A extends readonly unknown[], R>(ask: (...words: A) => Promise<R>): (...words: A) => Promise<R> {
    return async (...words) => {
      this.#asking++;
      for (const watch of this.#watches) watch.rest();
      try {
        return await ask(...words);
      } finally {
        this.#asking--;
        for (const watch of this.#watches) watch.goOn();
      }
    };
  }
}
