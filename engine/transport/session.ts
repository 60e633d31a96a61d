import { PalletError } from "../errors.ts";
import { type Offsets, START } from "../script/types.ts";
import type { Facts } from "../spec/node.ts";
import type { Answer, Dialogue } from "./dialogue.ts";
import { busyError, ConnectionLost, failedError } from "./problems.ts";
import { ScriptStream } from "./stream.ts";

/** Milliseconds that the loop gets to say goodbye. */
const GOODBYE = 2000;

/** What the loop says to a script that is sent or asked for; `other-boot`: claimed before the node started again. */
export interface ScriptAnswer {
  readonly answer: "started" | "known" | "other-boot" | "unknown";
  readonly stream: ScriptStream;
}

const encoder = new TextEncoder();

/** What the loop of one channel does, once it has the lease. */
export class Session {
  readonly #dialogue: Dialogue;

  /** @param where For messages. */
  constructor(dialogue: Dialogue, readonly where: string, readonly facts: Facts) {
    this.#dialogue = dialogue;
  }

  /** Why the channel has gone, once it has. */
  get gone(): string | undefined {
    return this.#dialogue.gone;
  }

  get bytes(): { readonly sent: number; readonly received: number } {
    return this.#dialogue.bytes;
  }

  /**
   * Sends a script; the stream begins with its first record, whoever started it.
   *
   * @param secrets what goes into its variables, as {@linkcode encodeSecrets} has it
   */
  async run(path: string, text: string, sha256: string, secrets = ""): Promise<ScriptAnswer> {
    const content = encoder.encode(text);
    if (secrets !== "") await this.#dialogue.send(`secrets ${secrets}`);
    const answer = await this.#ask(`run ${path} ${content.length} ${sha256}`, START, content);
    if (answer.line.startsWith("@busy ")) throw busyError(this.where, answer.line);
    if (answer.line === "@damaged") {
      throw new PalletError(`Cannot run a script on ${this.where}: it arrived damaged`, {
        kind: "internal",
      });
    }
    return scriptAnswer(answer);
  }

  /** Follows a script that was claimed before. */
  async follow(path: string, from: Offsets): Promise<ScriptAnswer> {
    return scriptAnswer(await this.#ask(`follow ${path} ${from.records} ${from.output}`, from));
  }

  /** Stops following; the script goes on. */
  async stop(): Promise<void> {
    await this.#dialogue.send("stop");
  }

  /** Which of these contents the node lacks. */
  async lacking(sums: readonly string[]): Promise<readonly string[]> {
    const { line } = await this.#ask(`have ${sums.join(" ")}`);
    return line.split(" ").slice(1).filter((sum) => sum !== "");
  }

  /** Sends a content of a known size. */
  async put(sha256: string, size: number, content: AsyncIterable<Uint8Array>): Promise<void> {
    const dialogue = this.#dialogue;
    const answer = dialogue.next();
    await dialogue.send(`put ${sha256} ${size}`);
    let sent = 0;
    try {
      for await (const chunk of content) {
        sent += chunk.length;
        if (sent > size || dialogue.gone !== undefined) break;
        await dialogue.write(chunk);
      }
    } finally {
      // The node waits for bytes that will never come; nothing else brings both sides together again.
      if (sent !== size) dialogue.close();
    }
    if (dialogue.gone === undefined && sent !== size) throw this.#changed(sha256);
    const { line } = await answer;
    if (line !== `@put ${sha256}`) throw this.#changed(sha256);
  }

  async cancel(path: string): Promise<void> {
    await this.#dialogue.send(`cancel ${path}`);
  }

  async renew(): Promise<void> {
    await this.#dialogue.send("renew");
  }

  /** Gives the lease back and ends the channel. */
  async close(): Promise<void> {
    const dialogue = this.#dialogue;
    if (dialogue.gone === undefined) {
      const timer = setTimeout(() => dialogue.close(), GOODBYE);
      try {
        await this.#ask("bye");
      } catch (thrown) {
        // A node that has gone gives nothing back: its lease ends by itself.
        if (!(thrown instanceof ConnectionLost)) throw thrown;
      } finally {
        clearTimeout(timer);
        dialogue.close();
      }
    }
    await dialogue.lost;
  }

  #changed(sha256: string): PalletError {
    return new PalletError(`Cannot put the content ${sha256} on ${this.where}: it is another by now`, {
      kind: "infra",
      help: "The file changed after the plan was made; run again.",
    });
  }

  async #ask(command: string, from?: Offsets, content?: Uint8Array): Promise<Answer> {
    const answer = await this.#dialogue.ask(command, from, content);
    if (answer.line.startsWith("@failed ")) throw failedError(this.where, answer.line);
    return answer;
  }
}

function scriptAnswer({ line, stream = nothing() }: Answer): ScriptAnswer {
  switch (line) {
    case "@started":
      return { answer: "started", stream };
    case "@known same":
      return { answer: "known", stream };
    case "@known other":
      return { answer: "other-boot", stream };
    default:
      return { answer: "unknown", stream };
  }
}

/** Of a script that the node does not know. */
function nothing(): ScriptStream {
  const stream = new ScriptStream(START, "", 0);
  stream.lose();
  return stream;
}
