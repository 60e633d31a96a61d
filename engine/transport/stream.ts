import { joined } from "../bytes.ts";
import { parseRecord } from "../script/records.ts";
import type { Offsets, StatusRecord } from "../script/types.ts";
import type { ScriptItem } from "./connection.ts";
import { indexOfBytes, overlap } from "./lines.ts";

/** How a stream of a script came to its end. */
export type StreamEnd = "ended" | "died" | "lost";

/** A record that waits for the output before it may be told. */
interface Waiting {
  readonly record: StatusRecord;
  readonly next: number;
}

/** Milliseconds that a record waits for output that a script may have thrown away itself, by truncating it. */
const PATIENCE = 500;

const encoder = new TextEncoder();

/**
 * One stream of a script: lines of records on one side, bytes of output on the other, as they come. A record is told
 * after the output that came before it, so that whoever listens can tell whose output is whose.
 */
export class ScriptStream {
  /** How the stream ended; never rejects. */
  readonly end: Promise<StreamEnd>;
  readonly #settle: (end: StreamEnd) => void;
  readonly #mark: Uint8Array;
  readonly #head: number;
  #listener: ((item: ScriptItem) => void) | undefined;
  #items: ScriptItem[] = [];
  #waiting: Waiting[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #records: number;
  #output: number;
  #told: Offsets;
  /** Output beyond the head: told when it is known where it belongs. */
  #tail: Uint8Array[] = [];
  #rest: { readonly offset: number; readonly lost: number; readonly path: string } | undefined;
  #dropped = 0;
  /** Bytes that may be the beginning of the mark. */
  #partial: Uint8Array = new Uint8Array(0);
  #torn: unknown;
  #failure: unknown;
  #final = false;
  #stdoutDone = false;
  #stderrDone = false;

  constructor(from: Offsets, mark: string, head: number) {
    this.#mark = encoder.encode(mark);
    this.#head = head;
    this.#records = from.records;
    this.#output = from.output;
    this.#told = from;
    const { promise, resolve } = Promise.withResolvers<StreamEnd>();
    this.end = promise;
    this.#settle = resolve;
  }

  /** How far what was told goes. */
  get told(): Offsets {
    return this.#told;
  }

  /** Whether all of it has come, on its side; a next stream may follow. */
  get stdoutDone(): boolean {
    return this.#stdoutDone;
  }

  get stderrDone(): boolean {
    return this.#stderrDone;
  }

  /** What could not be understood; the stream is worth nothing then. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Tells everything after some offsets, what came already at once. */
  listen(from: Offsets, listener: (item: ScriptItem) => void): void {
    this.#listener = (item) => {
      if (item.kind === "output" && item.next.output > from.output) {
        const skip = Math.max(0, from.output - (item.next.output - item.bytes.length));
        listener(skip === 0 ? item : { ...item, bytes: item.bytes.subarray(skip) });
      } else if (item.kind === "record" && item.next.records > from.records) listener(item);
      else if (item.kind === "omitted" && item.next.output > from.output) listener(item);
    };
    const items = this.#items;
    this.#items = [];
    for (const item of items) this.#listener(item);
  }

  /** A line of standard output, without its line end. */
  line(line: string, length: number): void {
    if (line === "@end") {
      this.#stdoutDone = true;
      this.#placeTail();
      this.#finish();
      return;
    }
    if (line === "") return; // sets a line of the loop apart from a record that may lack its line end
    if (line.startsWith("@rest ")) {
      const [, offset, lost, ...path] = line.split(" ");
      this.#rest = { offset: Number(offset), lost: Number(lost), path: path.join(" ") };
      this.#placeTail();
      return;
    }
    if (this.#torn !== undefined) this.#failure ??= this.#torn;
    try {
      const record = parseRecord(line);
      this.#records += length;
      this.#waiting.push({ record, next: this.#records });
      this.#release();
    } catch (thrown) {
      // The last record of a script that was killed may be torn; any other is a failure.
      this.#torn = thrown;
    }
  }

  /** Bytes of standard error; returns those after the mark, which belong to the next stream. */
  output(bytes: Uint8Array): Uint8Array {
    const all = joined([this.#partial, bytes]);
    const at = indexOfBytes(all, this.#mark);
    if (at >= 0) {
      this.#partial = new Uint8Array(0);
      this.#take(all.subarray(0, at));
      this.#stderrDone = true;
      this.#finish();
      return all.subarray(at + this.#mark.length);
    }
    const held = overlap(all, this.#mark);
    this.#partial = all.slice(all.length - held);
    this.#take(all.subarray(0, all.length - held));
    return new Uint8Array(0);
  }

  /** The channel is gone: what came is told, and the stream is lost unless it had its final record. */
  lose(): void {
    clearTimeout(this.#timer);
    this.#settle(this.#final ? "ended" : "lost");
  }

  #take(bytes: Uint8Array): void {
    const room = Math.max(0, this.#head - this.#output);
    const head = bytes.subarray(0, room);
    this.#takeHead(head);
    const tail = bytes.subarray(room);
    if (tail.length > 0) {
      this.#tail.push(tail.slice());
      this.#placeTail();
    }
    this.#release();
  }

  /** Output and the records in it, in their order. */
  #takeHead(bytes: Uint8Array): void {
    let left = bytes;
    while (left.length > 0) {
      const record = this.#waiting[0]?.record;
      const until = record !== undefined && "output" in record ? record.output - this.#output : 0;
      const next = left.subarray(0, until > 0 ? until : left.length);
      this.#tellOutput(next);
      this.#release();
      left = left.subarray(next.length);
    }
  }

  #placeTail(): void {
    if (this.#rest === undefined && !this.#stdoutDone) return;
    if (this.#rest !== undefined && this.#rest.offset > this.#output && this.#output >= this.#head) {
      const { offset, lost, path } = this.#rest;
      const bytes = offset - this.#output;
      this.#dropped = bytes;
      this.#output = offset;
      const next = { records: this.#told.records, output: offset };
      this.#tell({ kind: "omitted", omitted: { bytes, lost, ...(lost < bytes ? { path } : {}) }, next });
    }
    const chunks = this.#tail;
    this.#tail = [];
    for (const chunk of chunks) this.#tellOutput(chunk);
  }

  #tellOutput(bytes: Uint8Array): void {
    this.#output += bytes.length;
    this.#tell({
      kind: "output",
      bytes: bytes.slice(),
      next: { records: this.#told.records, output: this.#output },
    });
  }

  #tell(item: ScriptItem): void {
    if (item.kind !== "reconnecting") this.#told = item.next;
    if (this.#listener === undefined) this.#items.push(item);
    else this.#listener(item);
  }

  /** Tells the records whose output has come. */
  #release(evenWithout = false): void {
    while (this.#waiting.length > 0) {
      const first = this.#waiting[0];
      if (first === undefined || !(evenWithout || this.#isDue(first.record))) break;
      this.#waiting.shift();
      const final = first.record.type === "script-finished";
      const record = first.record.type === "script-finished" && this.#dropped > 0
        ? { ...first.record, dropped: this.#dropped }
        : first.record;
      if (final) this.#final = true;
      this.#tell({ kind: "record", record, next: { records: first.next, output: this.#output } });
      if (final) this.#settle("ended");
    }
    clearTimeout(this.#timer);
    const [first] = this.#waiting;
    // What is beyond the head comes when the script has ended, and its end is told; that takes its time.
    const follows = first?.record.type === "script-finished" && first.record.output > this.#head;
    if (first !== undefined && !follows && !this.#stderrDone) {
      this.#timer = setTimeout(() => this.#release(true), PATIENCE);
    }
  }

  #isDue(record: StatusRecord): boolean {
    if (!("output" in record)) return true;
    const needed = record.type === "script-finished" ? record.output : Math.min(record.output, this.#head);
    return this.#output >= needed;
  }

  #finish(): void {
    if (!this.#stdoutDone || !this.#stderrDone) return;
    this.#placeTail();
    this.#release(true);
    clearTimeout(this.#timer);
    this.#settle(this.#final ? "ended" : "died");
  }
}
