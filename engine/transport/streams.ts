import { type Offsets, START } from "../script/types.ts";
import { ScriptStream } from "./stream.ts";

/** The two sides of a channel, cut into the streams of the scripts that are followed on it. */
export class Streams {
  readonly #mark: string;
  /** What shells, sudo and sshd say before the loop speaks: it ends with the mark, as each script's output does. */
  #preface: ScriptStream | undefined;
  /** The stream whose records come now. */
  #reading: ScriptStream | undefined;
  /** Streams whose output has not ended, in order. */
  #streams: ScriptStream[] = [];
  /** Output that came before the line that begins its stream. */
  #early: Uint8Array[] = [];

  /**
   * @param mark ends the output of each script
   * @param said takes what is said on standard error before any script
   */
  constructor(mark: string, said: (bytes: Uint8Array) => void) {
    this.#mark = mark;
    this.#preface = new ScriptStream(START, mark, Infinity);
    this.#preface.listen(START, (item) => {
      if (item.kind === "output") said(item.bytes);
    });
  }

  /** What comes next is a script's, from some offsets; of its output the node keeps so many bytes at the head. */
  begin(from: Offsets, head: number): ScriptStream {
    const stream = new ScriptStream(from, this.#mark, head);
    this.#reading = stream;
    this.#streams.push(stream);
    const early = this.#early;
    this.#early = [];
    for (const bytes of early) this.output(bytes);
    return stream;
  }

  /** Takes a line of standard output, unless it is the loop's own; says whether it did. */
  line(line: string, length: number): boolean {
    if (this.#reading === undefined) return false;
    this.#reading.line(line, length);
    if (this.#reading.stdoutDone) this.#reading = undefined;
    return true;
  }

  /** Takes bytes of standard error. */
  output(bytes: Uint8Array): void {
    let left = bytes;
    while (left.length > 0) {
      const stream = this.#preface ?? this.#streams[0];
      if (stream === undefined) {
        this.#early.push(left.slice());
        return;
      }
      left = stream.output(left);
      if (!stream.stderrDone) return;
      if (stream === this.#preface) this.#preface = undefined;
      else this.#streams.shift();
    }
  }

  /** The channel is gone. */
  lose(): void {
    for (const stream of [this.#preface, this.#reading, ...this.#streams]) stream?.lose();
  }
}
