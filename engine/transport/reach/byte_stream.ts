// What a login talks over: a socket, or something that behaves like one.
import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { messageOf } from "../../errors.ts";

/** Bytes both ways, counted. A socket of `node:net` is one as it stands. */
export interface ByteStream extends Duplex {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Closes it when what was written is on its way. */
  destroySoon(): void;
}

/** What carried a stream is gone. */
export class WayLost extends Error {
  override readonly name = "WayLost";
  readonly help: string;
  /** Whether another attempt may do better. */
  readonly again: boolean;

  constructor(message: string, options: { help: string; again: boolean }) {
    super(message);
    this.help = options.help;
    this.again = options.again;
  }
}

/** What carries the bytes of a {@linkcode Tube}. */
export interface Carrier {
  readonly chunks: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): Promise<unknown>;
  /** No more will be written. */
  end(): Promise<unknown>;
  /** Ends it at once, both ways. */
  destroy(): void;
  /** When `chunks` are over: why, if that is more than the other side having closed. */
  epitaph?(): Promise<WayLost | undefined>;
}

/** A byte stream over a carrier: a channel, a program, a connection of Deno's own. */
export class Tube extends Duplex implements ByteStream {
  readonly #carrier: Carrier;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #bytesRead = 0;
  #bytesWritten = 0;

  constructor(carrier: Carrier) {
    super({ allowHalfOpen: false });
    this.#carrier = carrier;
    this.#chunks = carrier.chunks[Symbol.asyncIterator]();
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  destroySoon(): void {
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
    this.end();
  }

  override _read(): void {
    void this.#pull();
  }

  override _write(bytes: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.#bytesWritten += bytes.length;
    this.#carrier.write(bytes).then(() => done(), (thrown) => done(asError(thrown)));
  }

  override _final(done: (error?: Error | null) => void): void {
    // That the other side has closed already is no trouble at the end.
    this.#carrier.end().then(() => done(), () => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#carrier.destroy();
    done(error);
  }

  async #pull(): Promise<void> {
    try {
      const { value, done } = await this.#chunks.next();
      if (done !== true) {
        this.#bytesRead += value.length;
        this.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
        return;
      }
      const epitaph = this.destroyed ? undefined : await this.#carrier.epitaph?.();
      if (epitaph === undefined) this.push(null);
      else this.destroy(epitaph);
    } catch (thrown) {
      this.destroy(asError(thrown));
    }
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(messageOf(thrown));
}
