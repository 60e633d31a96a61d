import { joined } from "../bytes.ts";
import { type Offsets, START } from "../script/types.ts";
import type { Channel, ChannelEvents } from "./channel.ts";
import { LineSplitter } from "./lines.ts";
import { ConnectionLost } from "./problems.ts";
import type { ScriptStream } from "./stream.ts";
import { Streams } from "./streams.ts";

/** Bytes that are kept of what shells, sudo and sshd say before the loop speaks. */
const NOISE = 4096;

/** What the loop answers to a command. */
export interface Answer {
  readonly line: string;
  /** Of the script that follows the line, where one does. */
  readonly stream: ScriptStream | undefined;
}

/** What is told that answers no command. */
export interface Listener {
  /** Before the loop speaks, on standard error. */
  said(text: string): void;
  /** The loop speaks. */
  speaks(): void;
  fact(line: string): void;
  /** The node is busy with its first start, which may take so many seconds. */
  starting(seconds: number): void;
  /** Another run has the node: `@waiting RUN HOLDER SECONDS`. */
  waiting(line: string): void;
  closed(): void;
}

/** A command that is not answered yet. */
interface Waiting {
  /** Where the stream begins that may follow the answer. */
  readonly from: Offsets;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (cause: unknown) => void;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The loop on one channel, spoken to: it takes commands in order and answers them in order. */
export class Dialogue {
  /** Resolves with the reason when the channel has gone. */
  readonly lost: Promise<string>;
  /** Bytes of output that the node keeps at the head of each script's. */
  head = 0;
  readonly #listener: Listener;
  readonly #lose: (reason: string) => void;
  readonly #lines = new LineSplitter();
  readonly #streams: Streams;
  readonly #waiting: Waiting[] = [];
  #channel: Channel | undefined;
  #gone: string | undefined;
  #ended = false;
  #speaks = false;
  #noise = "";

  constructor(mark: string, listener: Listener) {
    this.#listener = listener;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.lost = promise;
    this.#lose = resolve;
    this.#streams = new Streams(mark, (bytes) => {
      const text = decoder.decode(bytes);
      this.#hear(text);
      listener.said(text);
    });
  }

  /** Takes what the channel tells of itself. */
  get events(): Pick<ChannelEvents, "stdout" | "stderr" | "closed"> {
    return {
      stdout: (bytes) => this.#lines.push(bytes, (line, length) => this.#line(line, length)),
      stderr: (bytes) => this.#streams.output(bytes),
      closed: (reason, cut) => this.#closed(reason, cut),
    };
  }

  /** The channel is there. */
  begin(channel: Channel): void {
    this.#channel = channel;
  }

  /** Why the channel has gone, once it has. */
  get gone(): string | undefined {
    return this.#gone;
  }

  /** Whether what ran has ended by itself; it may also be out of reach. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the loop has spoken. */
  get speaks(): boolean {
    return this.#speaks;
  }

  /** What was said before it spoke. */
  get noise(): string {
    return this.#noise;
  }

  get bytes(): { readonly sent: number; readonly received: number } {
    return this.#channel?.bytes ?? { sent: 0, received: 0 };
  }

  /** The answer after those that are waited for; a script that follows it begins at some offsets. */
  next(from: Offsets = START): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    if (this.#gone !== undefined) reject(new ConnectionLost(this.#gone));
    else this.#waiting.push({ from, resolve, reject });
    promise.catch(() => {}); // whoever asked awaits it once what was asked is sent
    return promise;
  }

  /** What is waited for will not come. */
  fail(error: unknown): void {
    this.#waiting.shift()?.reject(error);
  }

  /** Sends a command that is not answered. */
  async send(command: string, content: Uint8Array = new Uint8Array()): Promise<void> {
    if (this.#gone !== undefined) throw new ConnectionLost(this.#gone);
    await this.write(joined([encoder.encode(`${command}\n`), content]));
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#channel?.write(bytes);
  }

  /** Sends a command and takes its answer. */
  async ask(command: string, from?: Offsets, content?: Uint8Array): Promise<Answer> {
    const answer = this.next(from);
    await this.send(command, content);
    return await answer;
  }

  /** Ends the channel. */
  close(): void {
    this.#channel?.close();
  }

  #line(line: string, length: number): void {
    // The loop's last word may come before the end of a script that has told how it ended.
    if (line === "@bye") this.#answered(line);
    else if (this.#streams.line(line, length)) return;
    else if (!this.#speaks) this.#before(line);
    else if (line.startsWith("@fact ")) this.#listener.fact(line.slice("@fact ".length));
    else if (line.startsWith("@starting ")) this.#listener.starting(Number(line.slice("@starting ".length)));
    else if (line.startsWith("@waiting ")) this.#listener.waiting(line);
    else if (line !== "") this.#answered(line);
  }

  /** A line before the loop speaks; what a login shell printed before may lack its line end. */
  #before(line: string): void {
    const failed = /@failed [a-z]+ [^]*/.exec(line);
    if (line.endsWith("@pallet 1")) {
      this.#speaks = true;
      this.#listener.speaks();
    } else if (failed !== null) this.#answered(failed[0]);
    else this.#hear(`${line}\n`);
  }

  #answered(line: string): void {
    const waiting = this.#waiting.shift();
    const stream = line === "@started" || line.startsWith("@known ")
      ? this.#streams.begin(waiting?.from ?? START, this.head)
      : undefined;
    waiting?.resolve({ line, stream });
  }

  #hear(text: string): void {
    this.#noise = (this.#noise + text).slice(-NOISE);
  }

  #closed(reason: string, cut = false): void {
    if (this.#gone !== undefined) return;
    this.#ended = !cut;
    this.#gone = reason;
    this.#listener.closed();
    const lost = new ConnectionLost(reason);
    for (const waiting of this.#waiting.splice(0)) waiting.reject(lost);
    this.#streams.lose();
    this.#lose(reason);
  }
}
