// Keeps the values of secrets out of what is shown and kept, whatever printed them and however it wrote them.
import { encodingsOf, wrappedFormsOf } from "./encodings.ts";
import { squeezed, WrappedSearch } from "./wrapped.ts";

/** What stands in the place of a value. */
const MASK = "***";

/** One character a byte, so that bytes can be searched as a text. */
function binaryOf(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}

function bytesOf(binary: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

const encoder = new TextEncoder();

/** Takes out values from bytes that come in pieces. */
export interface StreamRedactor {
  /** What can be shown by now; the end is kept back while it may be the beginning of a value. */
  push(bytes: Uint8Array): Uint8Array<ArrayBuffer>;
  /** What was kept back, as nothing follows it. */
  flush(): Uint8Array<ArrayBuffer>;
  /** Bytes that are kept back. */
  readonly held: number;
}

/** What a byte of a value becomes in place: no text in UTF-8 has it. */
const HIDDEN = 0xff;

/** Bytes in which values were hidden in place, with {@linkcode MASK} for each. */
export function collapse(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(HIDDEN)) return bytes;
  return bytesOf(binaryOf(bytes).replace(/\xff+/g, MASK));
}

/** Knows values, and takes them out of texts. */
export class Redactor {
  /** What is looked for: of values as they are and as programs write them, a character a byte. */
  #patterns: readonly string[] = [];
  #texts: readonly string[] = [];
  /** What is looked for whatever blanks are in it: of ASCII alone. */
  #wrapped: readonly string[] = [];
  readonly #known = new Set<string>();

  /** Whether there is anything to look for. */
  get empty(): boolean {
    return this.#patterns.length === 0;
  }

  /** What is looked for, the longest first. */
  get patterns(): readonly string[] {
    return this.#patterns;
  }

  /** What is looked for with blanks in it. */
  get wrapped(): readonly string[] {
    return this.#wrapped;
  }

  add(value: string): void {
    this.#wrapped = [...new Set([...this.#wrapped, ...wrappedFormsOf(value)])];
    for (const form of encodingsOf(value)) this.#known.add(form);
    this.#texts = [...this.#known].sort((a, b) => b.length - a.length);
    this.#patterns = this.#texts.map((text) => binaryOf(encoder.encode(text)));
  }

  /** A text without the values. */
  text(text: string): string {
    const dense = squeezed(text);
    const found = this.#texts.some((pattern) => text.includes(pattern)) ||
      this.#wrapped.some((form) => dense.includes(form));
    if (!found) return text;
    const stream = this.stream();
    const bytes = [stream.push(encoder.encode(text)), stream.flush()];
    return bytes.map((part) => new TextDecoder().decode(part)).join("");
  }

  /** Plain data without the values, in keys as well. */
  data<T>(data: T): T {
    return this.empty ? data : this.#data(data) as T;
  }

  #data(data: unknown): unknown {
    if (typeof data === "string") return this.text(data);
    if (Array.isArray(data)) return data.map((item) => this.#data(item));
    if (typeof data !== "object" || data === null) return data;
    return Object.fromEntries(
      Object.entries(data).map(([key, item]) => [this.text(key), this.#data(item)]),
    );
  }

  /**
   * For output that comes in pieces: a value may be cut anywhere, also within a character.
   *
   * @param inPlace Every byte keeps its place, for those who go by offsets; {@linkcode collapse} makes it readable.
   */
  stream(inPlace = false): StreamRedactor {
    return new Stream(this, inPlace);
  }
}

class Stream implements StreamRedactor {
  #kept = "";
  /** For each byte that is kept back, whether it is of a value. */
  #hidden: boolean[] = [];
  /** Whether what was given out last ended in the middle of a value. */
  #within = false;

  readonly #search: WrappedSearch;

  constructor(readonly redactor: Redactor, readonly inPlace: boolean) {
    this.#search = new WrappedSearch(() => redactor.wrapped);
  }

  get held(): number {
    return this.#kept.length;
  }

  push(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const before = this.#kept.length;
    this.#kept += binaryOf(bytes);
    this.#hidden = this.#hidden.concat(new Array<boolean>(bytes.length).fill(false));
    for (const pattern of this.redactor.patterns) this.#mark(pattern, before);
    const { places, open } = this.#search.find(this.#kept);
    for (const [start, end] of places) this.#hidden.fill(true, start, end);
    return this.#give(this.#kept.length - Math.max(open, this.#open()));
  }

  flush(): Uint8Array<ArrayBuffer> {
    const given = this.#give(this.#kept.length);
    this.#within = false;
    this.#search.forget();
    return given;
  }

  /** Marks all places of a pattern that end in what is new; they may overlap. */
  #mark(pattern: string, before: number): void {
    const start = Math.max(0, before - pattern.length + 1);
    for (
      let at = this.#kept.indexOf(pattern, start);
      at >= 0;
      at = this.#kept.indexOf(pattern, at + 1)
    ) {
      this.#hidden.fill(true, at, at + pattern.length);
    }
  }

  /** How many bytes at the end may be the beginning of a value. */
  #open(): number {
    const { length } = this.#kept;
    const last = this.#kept[length - 1];
    let most = 0;
    for (const pattern of this.redactor.patterns) {
      const limit = Math.min(length, pattern.length - 1);
      for (let count = limit; count > most; count--) {
        if (pattern[count - 1] === last && this.#kept.endsWith(pattern.slice(0, count))) {
          most = count;
          break;
        }
      }
    }
    return most;
  }

  #give(count: number): Uint8Array<ArrayBuffer> {
    let given = "";
    for (let at = 0; at < count; at++) {
      const hidden = this.#hidden[at] === true;
      // Another byte that no text has takes the place of one that would be read as hidden.
      if (!hidden) given += this.inPlace && this.#kept[at] === "\xff" ? "\xfe" : this.#kept[at];
      else if (this.inPlace) given += "\xff";
      else if (!this.#within) given += MASK;
      this.#within = hidden;
    }
    this.#search.given(this.#kept.slice(0, count));
    this.#kept = this.#kept.slice(count);
    this.#hidden = this.#hidden.slice(count);
    return bytesOf(given);
  }
}
