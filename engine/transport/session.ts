import { PalletError } from "../errors.ts";
import type { Offsets } from "../script/types.ts";
import type { Facts } from "../spec/node.ts";
import { AGENT_PROGRAM, agentCommand, type AgentOptions } from "./agent.ts";
import { Becoming } from "./become.ts";
import type { Channel, OpenChannel } from "./channel.ts";
import { parseFacts } from "./facts.ts";
import { LineSplitter } from "./lines.ts";
import type { Passwords } from "./passwords.ts";
import { busyError, ConnectionLost, failedError, parseBusy, startError } from "./problems.ts";
import { ScriptStream } from "./stream.ts";

/** Milliseconds that the loop gets to say goodbye. */
const GOODBYE = 2000;
/** Bytes that are kept of what shells, sudo and sshd say before the loop speaks. */
const NOISE = 4096;

/** What the loop says to a script that is sent or asked for; `other-boot`: claimed before the node started again. */
export interface ScriptAnswer {
  readonly answer: "started" | "known" | "other-boot" | "unknown";
  readonly stream: ScriptStream;
}

/** What opening a session may tell and be told. */
export interface OpenOptions {
  /** For messages. */
  readonly where: string;
  /** Called when another run has the node and this one waits for it. */
  readonly waiting: () => void;
  /** Called when the node is still busy with its first start and is waited for, with the seconds that may take. */
  readonly starting: (seconds: number) => void;
  /** Whether the owner of another run's lease is known to be gone. */
  readonly isGone: (owner: string) => Promise<boolean>;
  /** What the user becomes root with, should the node ask. */
  readonly passwords: Passwords;
  /** While it is `true`, a person or another node is waited for: no time is counted. */
  readonly hold: (on: boolean) => void;
  /** Told at each step what would be missing if it never ended. */
  readonly step: (missing: () => string) => void;
  readonly signal: AbortSignal;
}

interface Reply {
  /** Where the stream begins that may follow the reply. */
  readonly from: Offsets;
  readonly resolve: (reply: { line: string; stream: ScriptStream | undefined }) => void;
  readonly reject: (cause: unknown) => void;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const START: Offsets = { records: 0, output: 0 };

/** One channel's loop, spoken to: it takes commands in order and answers them in order. */
export class Session {
  /** Resolves with the reason when the channel has gone. */
  readonly lost: Promise<string>;
  readonly #where: string;
  readonly #waiting: () => void;
  readonly #starting: OpenOptions["starting"];
  readonly #isGone: OpenOptions["isGone"];
  readonly #mark = crypto.randomUUID();
  #becoming: Becoming | undefined;
  readonly #lose: (reason: string) => void;
  readonly #lines = new LineSplitter();
  readonly #replies: Reply[] = [];
  readonly #factLines: string[] = [];
  #channel: Channel | undefined;
  #facts: Facts | undefined;
  #gone: string | undefined;
  #greeted = false;
  /** Whether what ran has ended; it may also be out of reach. */
  #ended = false;
  /** Bytes of output that the node keeps at the head of each script's. */
  #head = 0;
  /** The stream whose records come now. */
  #reading: ScriptStream | undefined;
  /** Streams whose output has not ended, in order. */
  #streams: ScriptStream[] = [];
  /** Output that came before the line that begins its stream. */
  #early: Uint8Array[] = [];
  #noise = "";
  /** A stream that ends with the mark: everything that is no output of a script. */
  #preface: ScriptStream | undefined;

  private constructor({ where, waiting, starting, isGone }: OpenOptions) {
    this.#where = where;
    this.#waiting = waiting;
    this.#starting = starting;
    this.#isGone = isGone;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.lost = promise;
    this.#lose = resolve;
    this.#preface = new ScriptStream(START, this.#mark, Infinity);
    this.#preface.listen(START, (item) => {
      if (item.kind !== "output") return;
      const text = decoder.decode(item.bytes);
      this.#hear(text);
      this.#becoming?.hear(text);
    });
  }

  /**
   * Starts the loop and waits until it has the lease.
   *
   * @throws {PalletError} of kind `action` when another run holds the node, of kind `unreachable` when the loop cannot
   * work there. {@linkcode ConnectionLost} when the channel went before.
   */
  static async open(
    open: OpenChannel,
    options: Omit<AgentOptions, "mark" | "token">,
    openOptions: OpenOptions,
  ): Promise<Session> {
    const { where, step, signal } = openOptions;
    const session = new Session(openOptions);
    const greeting = session.#reply();
    greeting.catch(() => {}); // awaited below
    const token = `pallet${crypto.randomUUID().replaceAll("-", "")}`;
    const command = agentCommand({ ...options, mark: session.#mark, token });
    if (options.privilege !== "none" && options.privilege !== "stay") {
      session.#becoming = new Becoming({
        where,
        method: options.privilege,
        token,
        program: AGENT_PROGRAM,
        passwords: openOptions.passwords,
        send: (text) => void session.#channel?.write(encoder.encode(text)),
        fail: (error) => session.#replies.shift()?.reject(error),
        hold: openOptions.hold,
        step,
      });
    }
    const channel = await open(command, {
      stdout: (bytes) => session.#lines.push(bytes, (line, length) => session.#line(line, length)),
      stderr: (bytes) => session.#output(bytes),
      step,
      closed: (reason, cut) => session.#closed(reason, cut),
    }, signal);
    session.#channel = channel;
    const abort = () => channel.close();
    signal.addEventListener("abort", abort, { once: true });
    try {
      if (signal.aborted) abort();
      session.#greet((await greeting).line);
      return session;
    } catch (thrown) {
      channel.close();
      if (session.#greeted || session.#becoming?.begun) {
        signal.throwIfAborted();
        throw thrown;
      }
      if (signal.aborted) {
        // Out of time, not called off.
        if (signal.reason instanceof PalletError) {
          throw startError(where, session.#noise, false, signal.reason);
        }
        signal.throwIfAborted();
      }
      const silent = thrown instanceof ConnectionLost && (session.#ended || session.#noise.trim() !== "");
      throw silent ? startError(where, session.#noise, true, thrown) : thrown;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  get facts(): Facts {
    if (this.#facts === undefined) throw new ConnectionLost("no facts came");
    return this.#facts;
  }

  /** Why the channel has gone, once it has. */
  get gone(): string | undefined {
    return this.#gone;
  }

  get bytes(): { readonly sent: number; readonly received: number } {
    return this.#channel?.bytes ?? { sent: 0, received: 0 };
  }

  /**
   * Sends a script; the stream begins with its first record, whoever started it.
   *
   * @param secrets what goes into its variables, as {@linkcode encodeSecrets} has it
   */
  async run(path: string, text: string, sha256: string, secrets = ""): Promise<ScriptAnswer> {
    const content = encoder.encode(text);
    if (secrets !== "") await this.#send(`secrets ${secrets}`);
    const { line, stream } = await this.#ask(`run ${path} ${content.length} ${sha256}`, START, content);
    if (line.startsWith("@busy ")) throw busyError(this.#where, line);
    if (line === "@damaged") {
      throw new PalletError(`Cannot run a script on ${this.#where}: it arrived damaged`, {
        kind: "internal",
      });
    }
    return answerOf(line, stream, this.#mark);
  }

  /** Follows a script that was claimed before. */
  async follow(path: string, from: Offsets): Promise<ScriptAnswer> {
    const { line, stream } = await this.#ask(`follow ${path} ${from.records} ${from.output}`, from);
    return answerOf(line, stream, this.#mark);
  }

  /** Stops following; the script goes on. */
  async stop(): Promise<void> {
    await this.#send("stop");
  }

  /** Which of these contents the node lacks. */
  async lacking(sums: readonly string[]): Promise<readonly string[]> {
    const { line } = await this.#ask(`have ${sums.join(" ")}`);
    return line.split(" ").slice(1).filter((sum) => sum !== "");
  }

  /** Sends a content of a known size. */
  async put(sha256: string, size: number, content: AsyncIterable<Uint8Array>): Promise<void> {
    const reply = this.#reply();
    reply.catch(() => {}); // awaited below
    await this.#send(`put ${sha256} ${size}`);
    let sent = 0;
    try {
      for await (const chunk of content) {
        sent += chunk.length;
        if (sent > size || this.#gone !== undefined) break;
        await this.#channel?.write(chunk);
      }
    } finally {
      // The node waits for bytes that will never come; nothing else brings both sides together again.
      if (sent !== size) this.#channel?.close();
    }
    if (this.#gone === undefined && sent !== size) throw this.#changed(sha256);
    const { line } = await reply;
    if (line !== `@put ${sha256}`) throw this.#changed(sha256);
  }

  async cancel(path: string): Promise<void> {
    await this.#send(`cancel ${path}`);
  }

  async renew(): Promise<void> {
    await this.#send("renew");
  }

  /** Gives the lease back and ends the channel. */
  async close(): Promise<void> {
    if (this.#gone === undefined) {
      const timer = setTimeout(() => this.#channel?.close(), GOODBYE);
      try {
        await this.#ask("bye");
      } catch (thrown) {
        // A node that has gone gives nothing back: its lease ends by itself.
        if (!(thrown instanceof ConnectionLost)) throw thrown;
      } finally {
        clearTimeout(timer);
        this.#channel?.close();
      }
    }
    await this.lost;
  }

  #changed(sha256: string): PalletError {
    return new PalletError(`Cannot put the content ${sha256} on ${this.#where}: it is another by now`, {
      kind: "infra",
      help: "The file changed after the plan was made; run again.",
    });
  }

  #greet(line: string): void {
    if (line.startsWith("@busy ")) throw busyError(this.#where, line);
    if (line.startsWith("@failed ")) throw failedError(this.#where, line);
    this.#head = Number(line.slice("@ready ".length));
    this.#facts = parseFacts(this.#factLines, Date.now());
  }

  #reply(from: Offsets = START): Promise<{ line: string; stream: ScriptStream | undefined }> {
    const { promise, resolve, reject } = Promise.withResolvers<
      { line: string; stream: ScriptStream | undefined }
    >();
    if (this.#gone !== undefined) reject(new ConnectionLost(this.#gone));
    else this.#replies.push({ from, resolve, reject });
    return promise;
  }

  async #send(command: string, content?: Uint8Array): Promise<void> {
    if (this.#gone !== undefined) throw new ConnectionLost(this.#gone);
    const line = encoder.encode(`${command}\n`);
    const bytes = new Uint8Array(line.length + (content?.length ?? 0));
    bytes.set(line);
    if (content !== undefined) bytes.set(content, line.length);
    await this.#channel?.write(bytes);
  }

  async #ask(command: string, from?: Offsets, content?: Uint8Array) {
    const reply = this.#reply(from);
    reply.catch(() => {}); // awaited below
    await this.#send(command, content);
    const answer = await reply;
    if (answer.line.startsWith("@failed ")) throw failedError(this.#where, answer.line);
    return answer;
  }

  #line(line: string, length: number): void {
    // The loop's last word may come before the end of a script that has told how it ended.
    if (line === "@bye") this.#answered(line);
    else if (this.#reading !== undefined) {
      this.#reading.line(line, length);
      if (this.#reading.stdoutDone) this.#reading = undefined;
    } else if (!this.#greeted) {
      // What a login shell printed before may lack its line end.
      if (line.endsWith("@pallet 1")) this.#speaks();
      else if (/@failed [a-z]+ /.test(line)) {
        this.#replies.shift()?.resolve({ line: line.slice(line.indexOf("@failed ")), stream: undefined });
      } else this.#hear(`${line}\n`);
    } else if (line.startsWith("@fact ")) {
      this.#factLines.push(line.slice("@fact ".length));
    } else if (line.startsWith("@starting ")) {
      this.#starting(Number(line.slice("@starting ".length)));
    } else if (line.startsWith("@waiting ")) {
      this.#waiting();
      // Should the channel be lost meanwhile, whoever waits for the lease hears of it.
      this.#answerWaiting(line).catch(() => {});
    } else if (line !== "") {
      this.#answered(line);
    }
  }

  /** Another run has the node: says whether it is gone. */
  async #answerWaiting(line: string): Promise<void> {
    const { run, owner } = parseBusy(line);
    const gone = owner !== undefined && await this.#isGone(owner);
    await this.#send(gone ? `gone ${run}` : "alive");
  }

  #answered(line: string): void {
    const reply = this.#replies.shift();
    if (line === "@started" || line.startsWith("@known ")) {
      this.#reading = new ScriptStream(reply?.from ?? START, this.#mark, this.#head);
      this.#streams.push(this.#reading);
      const early = this.#early;
      this.#early = [];
      for (const bytes of early) this.#output(bytes);
    }
    reply?.resolve({ line, stream: this.#reading });
  }

  #output(bytes: Uint8Array): void {
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

  #speaks(): void {
    this.#greeted = true;
    this.#becoming?.close(true);
  }

  #hear(text: string): void {
    this.#noise = (this.#noise + text).slice(-NOISE);
  }

  #closed(reason: string, cut = false): void {
    if (this.#gone !== undefined) return;
    this.#ended = !cut;
    this.#gone = reason;
    this.#becoming?.close(false);
    const lost = new ConnectionLost(reason);
    for (const reply of this.#replies.splice(0)) reply.reject(lost);
    for (const stream of [this.#preface, this.#reading, ...this.#streams]) stream?.lose();
    this.#lose(reason);
  }
}

function answerOf(line: string, stream: ScriptStream | undefined, mark: string): ScriptAnswer {
  const nothing = () => {
    const empty = new ScriptStream(START, mark, 0);
    empty.lose();
    return empty;
  };
  if (line === "@started") return { answer: "started", stream: stream ?? nothing() };
  if (line === "@known same") return { answer: "known", stream: stream ?? nothing() };
  if (line === "@known other") return { answer: "other-boot", stream: stream ?? nothing() };
  return { answer: "unknown", stream: nothing() };
}
