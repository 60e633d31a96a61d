import { joined } from "../bytes.ts";

const NEWLINE = 10;

/** Lines from bytes that come in any pieces. */
export class LineSplitter {
  /** Pieces of a line whose end has not come. */
  #pieces: Uint8Array[] = [];

  /** Takes bytes; gives each line that they complete, without its line end, and its length in bytes with it. */
  push(bytes: Uint8Array, onLine: (line: string, length: number) => void): void {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.#pieces.push(bytes.subarray(start, end));
      start = end + 1;
      const line = joined(this.#pieces);
      this.#pieces = [];
      onLine(new TextDecoder().decode(line), line.length + 1);
    }
    // A copy: whoever gave the bytes may use their memory again.
    if (start < bytes.length) this.#pieces.push(bytes.slice(start));
  }
}

/** Where a part is in bytes; -1 when it is not. */
export function indexOfBytes(bytes: Uint8Array, part: Uint8Array): number {
  const first = part[0] ?? 0;
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (part.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}

/** How many bytes at the end may be the beginning of a part. */
export function overlap(bytes: Uint8Array, part: Uint8Array): number {
  for (let length = Math.min(part.length - 1, bytes.length); length > 0; length--) {
    const start = bytes.length - length;
    if (bytes.subarray(start).every((byte, index) => byte === part[index])) return length;
  }
  return 0;
}
