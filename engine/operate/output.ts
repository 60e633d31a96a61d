import { collapse } from "../secrets/redactor.ts";

/** How much of a script's output is kept for failures: enough to see why, bounded whatever it prints. */
const KEPT = 64 * 1024;
/** How much of it a report shows. */
const SHOWN = 4 * 1024;

/** The last output of a script, by byte offset, so that records can say which part is whose. */
export class OutputTail {
  #bytes = new Uint8Array(0);
  /** Offset of the first byte that is kept. */
  #from = 0;

  /** Offset after the last byte that came. */
  get end(): number {
    return this.#from + this.#bytes.length;
  }

  /** Takes bytes that end at an offset; a gap before them is output that was not kept. */
  add(bytes: Uint8Array, end: number): void {
    const start = end - bytes.length;
    const joins = start === this.end;
    const whole = joins ? new Uint8Array(this.#bytes.length + bytes.length) : bytes.slice();
    if (joins) {
      whole.set(this.#bytes);
      whole.set(bytes, this.#bytes.length);
    }
    const cut = Math.max(0, whole.length - KEPT);
    this.#from = (joins ? this.#from : start) + cut;
    this.#bytes = whole.subarray(cut);
  }

  /** The end of what came between two offsets, as text; says so when its beginning is left out. */
  between(start: number, end: number): string {
    const first = Math.max(start, this.#from, end - SHOWN);
    const part = this.#bytes.subarray(Math.max(0, first - this.#from), Math.max(0, end - this.#from));
    const text = new TextDecoder().decode(collapse(part));
    const missing = Math.min(first, end) - start;
    return missing > 0 ? `[... ${missing} bytes before]\n${text}` : text;
  }
}
