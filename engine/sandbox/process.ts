import { readSystemFile } from "../system_file.ts";
import { encodeFrame, FrameReader } from "./frames.ts";
import { type Limits, MIB } from "./limits.ts";

/** How often, in milliseconds, a busy child's memory is looked at; where a program must be asked, less often. */
const WATCH = Deno.build.os === "linux" ? 50 : 250;
/** Characters kept of what the child says as it dies. */
const LAST_WORDS = 4000;
const PAGE = 4096;

/** How a child ended. */
export interface Death {
  readonly reason: "memory" | "reply" | "gone" | "killed" | "killed outside";
  /** What it said, for diagnosis. */
  readonly words: string;
}

/** The child process and its pipes. */
export class ChildHandle {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #frames: FrameReader;
  readonly #words: Promise<string>;
  #reason: Death["reason"] | undefined;

  constructor(process: Deno.ChildProcess, readonly limits: Pick<Limits, "memory" | "reply">) {
    this.#process = process;
    this.#writer = this.#process.stdin.getWriter();
    const stdout = this.#process.stdout.getReader();
    this.#frames = new FrameReader(async () => (await stdout.read()).value, limits.reply * MIB);
    this.#words = lastWords(this.#process.stderr);
    this.rest();
  }

  /** From now on the engine waits for what the child says. */
  work(): void {
    this.#process.ref();
  }

  /** From now on an engine that ends without closing the sandbox does not wait for it. */
  rest(): void {
    this.#process.unref();
  }

  /** Sends a message; one that no longer arrives is noticed by who waits for the answer. */
  send(message: unknown): void {
    this.#writer.write(encodeFrame(message)).catch(() => undefined);
  }

  /** The child's next message as text; nothing when it is dead. */
  async receive(): Promise<string | undefined> {
    try {
      return await this.#frames.next();
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) return undefined;
      this.#reason ??= "reply";
      return undefined;
    }
  }

  /**
   * Kills the child should it take more memory than it may, until the returned function is called.
   *
   * @param every milliseconds between two looks
   */
  watchMemory(every: number = WATCH): () => void {
    const limit = (this.limits.memory * 2 + 256) * MIB;
    let looking = false;
    const timer = setInterval(async () => {
      if (looking) return;
      looking = true;
      if (await residentBytes(this.#process.pid) > limit) this.kill("memory");
      looking = false;
    }, every);
    return () => clearInterval(timer);
  }

  kill(reason: Death["reason"]): void {
    this.#reason ??= reason;
    // It leads a group, in which are the programs that it started.
    for (
      const pid of Deno.build.os === "windows" ? [this.#process.pid] : [-this.#process.pid, this.#process.pid]
    ) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // It is dead already.
      }
    }
  }

  /** Makes sure that it is dead and gone, and says of what. */
  async bury(): Promise<Death> {
    this.work();
    const byItself = this.#reason === undefined;
    this.kill("gone");
    const [status, words] = await Promise.all([this.#process.status, this.#words]);
    await this.#writer.abort().catch(() => undefined);
    if (/out of memory/i.test(words)) return { reason: "memory", words };
    if (byItself && status.signal === "SIGKILL") {
      const why = "killed from outside, most likely because this machine ran out of memory";
      return { reason: "killed outside", words: why };
    }
    return { reason: this.#reason ?? "gone", words: words === "" ? `exit status ${status.code}` : words };
  }
}

/**
 * Memory that a process holds now; 0 where the system does not tell, and the heap limit stands alone. A compiled
 * executable has no such limit: what is compiled takes no options of V8 when it starts.
 *
 * @param os as Deno calls it
 */
export async function residentBytes(pid: number, os: string = Deno.build.os): Promise<number> {
  if (os === "windows") return 0;
  if (os === "linux") {
    const text = await readSystemFile(`/proc/${pid}/statm`).catch(() => "");
    return Number(text.split(" ")[1] ?? 0) * PAGE;
  }
  const ps = new Deno.Command("ps", {
    args: ["-o", "rss=", "-p", String(pid)],
    stdin: "null",
    stderr: "null",
  });
  const text = await ps.output().then(({ stdout }) => new TextDecoder().decode(stdout), () => "");
  return Number(text.trim()) * 1024 || 0;
}

/** The beginning of what a process writes to its stderr, all of which is read. */
async function lastWords(stream: ReadableStream<Uint8Array>): Promise<string> {
  let words = "";
  const decoder = new TextDecoder();
  try {
    for await (const chunk of stream) {
      if (words.length < LAST_WORDS) words += decoder.decode(chunk, { stream: true });
    }
  } catch {
    // The pipe broke with the process.
  }
  return words.slice(0, LAST_WORDS).trim();
}
