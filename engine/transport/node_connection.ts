import { PalletError } from "../errors.ts";
import { encodeSecrets } from "../script/secrets.ts";
import type { CompiledScript, Offsets, ScriptId } from "../script/types.ts";
import type { Facts } from "../spec/node.ts";
import { abortable } from "./abortable.ts";
import { readBlob } from "./blobs.ts";
import type { Connection, ScriptEnd, ScriptItem } from "./connection.ts";
import { insist, TurnedAway } from "./handshakes.ts";
import { type NodeOptions, openSession } from "./opening.ts";
import { BecomeError } from "./passwords.ts";
import { pause } from "../pause.ts";
import { ConnectionLost, HostKeyError, LoginRefused } from "./problems.ts";
import type { ScriptAnswer, Session } from "./session.ts";
import type { ScriptStream } from "./stream.ts";
import { scriptPath } from "./words.ts";

/** A script whose stream began when it was sent. */
interface Begun {
  readonly path: string;
  readonly stream: ScriptStream;
  readonly otherBoot: boolean;
}

/** Seconds between attempts to regain a connection: the first, and the longest. */
const BACKOFF = { first: 0.2, longest: 5, refused: 12 };
/** Refused logins after which no more are tried. */
const MOST_REFUSALS = 5;
/** A connection to a node that outlives the channels that carry it. */
export class NodeConnection implements Connection {
  readonly #options: NodeOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  #session: Session;
  #facts: Facts;
  #begun: Begun | undefined;
  #closed = false;
  #before = { sent: 0, received: 0 };
  #reconnects: number;

  private constructor(options: NodeOptions, session: Session, reconnects: number) {
    this.#options = options;
    this.#reconnects = reconnects;
    this.#session = session;
    this.#facts = session.facts;
    // A connection that is lost is found lost by whoever uses it next.
    const renew = () => void this.#session.renew().catch(() => {});
    this.#timer = setInterval(renew, options.lease.seconds * 1000 / 3);
  }

  /** Opens the first channel. @throws {PalletError} that says which step failed. */
  static async open(options: NodeOptions): Promise<NodeConnection> {
    const { where, leaseWait, connectTimeout: timeout } = options;
    const signal = options.signal ?? new AbortController().signal;
    // Nothing was run yet: a connection that is cut before that is made again, and counted.
    let more = 0;
    const again = () => void more++;
    try {
      const session = await insist(signal, () => openSession(options, { leaseWait, timeout }, again), again);
      return new NodeConnection(options, session, more);
    } catch (thrown) {
      if (!(thrown instanceof TurnedAway)) throw thrown;
      throw new PalletError(`Cannot connect to ${where}: ${thrown.message}, again and again`, {
        kind: "unreachable",
        help: thrown.help,
        cause: thrown,
      });
    }
  }

  get facts(): Facts {
    return this.#facts;
  }

  get counts(): { readonly sent: number; readonly received: number; readonly reconnects: number } {
    const { sent, received } = this.#session.bytes;
    return {
      sent: this.#before.sent + sent,
      received: this.#before.received + received,
      reconnects: this.#reconnects,
    };
  }

  async start(
    script: CompiledScript,
    signal?: AbortSignal,
    secrets: ReadonlyMap<string, string> = new Map(),
  ): Promise<"started" | "known"> {
    const path = scriptPath(script.id);
    const reply = await this.#insist(signal, async (session) => {
      await this.#putBlobs(session, script);
      return await session.run(path, script.text, script.sha256, encodeSecrets(secrets));
    });
    this.#begun = { path, stream: reply.stream, otherBoot: reply.answer === "other-boot" };
    return reply.answer === "started" ? "started" : "known";
  }

  async follow(
    id: ScriptId,
    from: Offsets,
    on: (item: ScriptItem) => void,
    signal?: AbortSignal,
  ): Promise<ScriptEnd> {
    const path = scriptPath(id);
    let begun = this.#begun?.path === path ? this.#begun : undefined;
    this.#begun = undefined;
    let reached = from;
    while (true) {
      let reply: Begun | undefined | "unreachable" = begun;
      begun = undefined;
      if (reply === undefined) reply = await this.#resume(path, reached, on, signal);
      if (reply === "unreachable" || reply === undefined) return "unknown";
      const { stream, otherBoot } = reply;
      stream.listen(reached, on);
      const end = await abortable(stream.end, signal, () => void this.#session.stop().catch(() => {}));
      if (stream.failure !== undefined) throw stream.failure;
      if (end === "ended") return end;
      if (end === "died") return otherBoot ? "interrupted" : "died";
      reached = {
        records: Math.max(reached.records, stream.told.records),
        output: Math.max(reached.output, stream.told.output),
      };
      on({ kind: "reconnecting", reason: this.#session.gone ?? "the connection was lost" });
    }
  }

  async cancel(id: ScriptId): Promise<void> {
    await this.#insist(undefined, (session) => session.cancel(scriptPath(id)));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#session.close();
  }

  /** Follows again, over a new channel if need be. */
  async #resume(
    path: string,
    from: Offsets,
    on: (item: ScriptItem) => void,
    signal: AbortSignal | undefined,
  ): Promise<Begun | "unreachable"> {
    let reply: ScriptAnswer;
    try {
      reply = await this.#insist(signal, (session) => session.follow(path, from));
    } catch (thrown) {
      if (!(thrown instanceof PalletError)) throw thrown;
      on({ kind: "reconnecting", reason: thrown.message });
      return "unreachable";
    }
    if (reply.answer === "unknown") return "unreachable";
    return { path, stream: reply.stream, otherBoot: reply.answer === "other-boot" };
  }

  /** Does something that may safely be done twice, again after the connection was lost and regained. */
  async #insist<T>(signal: AbortSignal | undefined, work: (session: Session) => Promise<T>): Promise<T> {
    while (true) {
      signal?.throwIfAborted();
      if (this.#closed) {
        throw new PalletError(`The connection to ${this.#options.where} is closed`, { kind: "internal" });
      }
      try {
        return await abortable(work(this.#session), signal);
      } catch (thrown) {
        if (!(thrown instanceof ConnectionLost)) throw thrown;
        await this.#reconnect(signal);
      }
    }
  }

  async #putBlobs(session: Session, script: CompiledScript): Promise<void> {
    if (script.blobs.length === 0) return;
    const lacking = new Set(await session.lacking(script.blobs.map((blob) => blob.sha256)));
    for (const blob of script.blobs) {
      if (!lacking.delete(blob.sha256)) continue;
      await session.put(blob.sha256, blob.size, readBlob(blob));
    }
  }

  async #reconnect(signal: AbortSignal | undefined): Promise<void> {
    const { reconnectTimeout, connectTimeout, where } = this.#options;
    const deadline = performance.now() + reconnectTimeout * 1000;
    // What accepts connections and then says nothing must not take all the time there is.
    const longest = Math.min(connectTimeout, Math.max(2, reconnectTimeout / 4));
    const lost = this.#session.gone ?? "the connection was lost";
    this.#before = addBytes(this.#before, this.#session.bytes);
    let wait = BACKOFF.first;
    let last: unknown;
    let refusals = 0;
    for (let left = reconnectTimeout; left > 0; left = (deadline - performance.now()) / 1000) {
      try {
        const options = signal === undefined ? this.#options : { ...this.#options, signal };
        const timeout = Math.min(left, longest);
        const session = await openSession(options, { leaseWait: left, timeout, atMost: timeout });
        this.#session = session;
        this.#facts = session.facts;
        this.#reconnects++;
        return;
      } catch (thrown) {
        signal?.throwIfAborted();
        last = thrown;
        // Another host key: whatever answers there, it is not the node. And no password is tried again.
        if (thrown instanceof HostKeyError || thrown instanceof BecomeError) break;
        if (thrown instanceof LoginRefused) {
          // A node that starts lets nobody in for a while; attempts in quick succession would be punished.
          if (++refusals === MOST_REFUSALS) break;
          wait = BACKOFF.refused;
        }
      }
      await pause(Math.min(wait * (0.5 + Math.random() / 2), Math.max(0, left)), signal);
      wait = Math.min(wait * 2, BACKOFF.longest);
    }
    const cause = last instanceof Error ? `: ${last.message}` : "";
    throw new PalletError(`Lost the connection to ${where} (${lost}) and could not regain it${cause}`, {
      kind: "unreachable",
      help: "A script that was running there may go on; see the node before running it again.",
      cause: last,
    });
  }
}

function addBytes(
  one: { readonly sent: number; readonly received: number },
  two: { readonly sent: number; readonly received: number },
): { sent: number; received: number } {
  return { sent: one.sent + two.sent, received: one.received + two.received };
}
