// Fields of the ssh protocol (RFC 4251, section 5) and of DER, as far as private keys need them.
import { joined } from "../bytes.ts";

/** Reads length-prefixed fields in order. */
export class FieldReader {
  #at = 0;

  constructor(readonly bytes: Uint8Array) {}

  uint32(): number {
    const part = this.take(4);
    return new DataView(part.buffer, part.byteOffset, 4).getUint32(0);
  }

  string(): Uint8Array {
    return this.take(this.uint32());
  }

  uint64(): bigint {
    const part = this.take(8);
    return new DataView(part.buffer, part.byteOffset, 8).getBigUint64(0);
  }

  text(): string {
    return new TextDecoder().decode(this.string());
  }

  /** Whether nothing is left. */
  get ended(): boolean {
    return this.#at === this.bytes.length;
  }

  rest(): Uint8Array {
    return this.bytes.subarray(this.#at);
  }

  take(length: number): Uint8Array {
    if (this.#at + length > this.bytes.length) throw new RangeError("it ends too early");
    return this.bytes.subarray(this.#at, this.#at += length);
  }
}

/** A number of four bytes. */
export function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** A field with its length before it. */
export function field(value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return joined([uint32(bytes.length), bytes]);
}

/** A number without the zeros before it. */
export function trimZeros(number: Uint8Array): Uint8Array {
  const start = number.findIndex((byte) => byte !== 0);
  return start < 0 ? number.subarray(number.length) : number.subarray(start);
}

/** A field of a number that is not negative. */
export function mpint(number: Uint8Array): Uint8Array {
  const digits = trimZeros(number);
  return field((digits[0] ?? 0) >= 0x80 ? joined([Uint8Array.of(0), digits]) : digits);
}

/** Writes one element of DER. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const value = joined(parts);
  const { length } = value;
  const head = length < 0x80
    ? [length]
    : length < 0x100
    ? [0x81, length]
    : [0x82, length >> 8, length & 0xff];
  return joined([Uint8Array.of(tag, ...head), value]);
}

/** One element of DER: its tag, what it holds, and what follows it. */
export function readDer(bytes: Uint8Array): { tag: number; value: Uint8Array; rest: Uint8Array } {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined) throw new RangeError("it ends too early");
  const count = first < 0x80 ? 0 : first & 0x7f;
  const length = count === 0
    ? first
    : bytes.subarray(2, 2 + count).reduce((sum, byte) => sum * 256 + byte, 0);
  const start = 2 + count;
  if (start + length > bytes.length) throw new RangeError("it ends too early");
  return { tag, value: bytes.subarray(start, start + length), rest: bytes.subarray(start + length) };
}

/** The elements that a DER sequence holds. */
export function derElements(bytes: Uint8Array): readonly { tag: number; value: Uint8Array }[] {
  const elements: { tag: number; value: Uint8Array }[] = [];
  for (let rest = bytes; rest.length > 0;) {
    const element = readDer(rest);
    elements.push(element);
    rest = element.rest;
  }
  return elements;
}
