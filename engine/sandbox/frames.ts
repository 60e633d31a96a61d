// Messages on a pipe: four bytes of length, little-endian, then JSON in UTF-8.
import { joined } from "../bytes.ts";

/** Bytes of the length before each message. */
const HEADER = 4;

/** A message as it goes on the pipe. */
export function encodeFrame(message: unknown): Uint8Array {
  const body = new TextEncoder().encode(JSON.stringify(message));
  const frame = new Uint8Array(HEADER + body.length);
  new DataView(frame.buffer).setUint32(0, body.length, true);
  frame.set(body, HEADER);
  return frame;
}

/** Cuts what comes out of a pipe into messages; `limit` bytes is the longest that is taken. */
export class FrameReader {
  #chunks: Uint8Array[] = [];
  #size = 0;

  constructor(
    readonly read: () => Promise<Uint8Array | undefined>,
    readonly limit: number,
  ) {}

  /**
   * The text of the next message; nothing when the pipe ended.
   *
   * @throws {RangeError} when the message is longer than the limit, before its body is taken in.
   */
  async next(): Promise<string | undefined> {
    const header = await this.#take(HEADER);
    if (header === undefined) return undefined;
    const length = new DataView(header.buffer, header.byteOffset).getUint32(0, true);
    if (length > this.limit) throw new RangeError(`a message of ${length} bytes`);
    const body = await this.#take(length);
    return body === undefined ? undefined : new TextDecoder().decode(body);
  }

  async #take(length: number): Promise<Uint8Array | undefined> {
    while (this.#size < length) {
      const chunk = await this.read();
      if (chunk === undefined) return undefined;
      this.#chunks.push(chunk);
      this.#size += chunk.length;
    }
    const first = this.#chunks[0];
    const whole = this.#chunks.length === 1 && first !== undefined ? first : joined(this.#chunks);
    this.#chunks = whole.length > length ? [whole.subarray(length)] : [];
    this.#size = whole.length - length;
    return whole.subarray(0, length);
  }
}
