/** Prints each file that it is told of, behind it a NUL byte and whether that went well; without a process for each. */
const LOOP = `while IFS= read -r path; do
  { while IFS= read -r line; do printf '%s\\n' "$line"; done <"$path"; } 2>&1
  printf '\\0%s\\n' "$?"
done`;
const ANSWER = /^([^\0]*)\0(\d+)\n/;

/** Milliseconds without a question after which the shell ends. */
const IDLE = 250;

/** A shell that reads files that are asked for in short order: to start one for each would take much longer. */
class Reader {
  // In a session of its own: what a terminal sends to interrupt this process does not end it.
  readonly #process = new Deno.Command("sh", {
    args: ["-c", LOOP],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    detached: true,
  }).spawn();
  readonly #writer = this.#process.stdin.getWriter();
  readonly #output = this.#process.stdout.getReader();
  readonly #decoder = new TextDecoder();
  #text = "";
  #asked = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #gone = false;

  constructor() {
    this.#process.unref();
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** @throws {Error} with what the shell says, or when the shell has gone. */
  read(path: string): Promise<string> {
    if (this.#asked++ === 0) this.#process.ref();
    clearTimeout(this.#idle);
    const sent = this.#writer.write(new TextEncoder().encode(`${path}\n`)).catch(() => undefined);
    const answer = this.#turn.then(() => sent).then(() => this.#answer()).finally(() => {
      if (--this.#asked === 0) this.#rest();
    });
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  /** A program that is over need not wait for it. */
  #rest(): void {
    this.#process.unref();
    this.#idle = setTimeout(() => {
      this.#gone = true;
      this.#writer.close().catch(() => undefined);
    }, IDLE);
    Deno.unrefTimer(this.#idle);
  }

  async #answer(): Promise<string> {
    let found: RegExpExecArray | null;
    while ((found = ANSWER.exec(this.#text)) === null) {
      const { value, done } = await this.#output.read();
      if (done) {
        this.#gone = true;
        throw new Error("the shell that reads it has ended");
      }
      this.#text += this.#decoder.decode(value, { stream: true });
    }
    this.#text = this.#text.slice(found[0].length);
    const [, text = "", status] = found;
    if (status !== "0") throw new Error(text.trim());
    return text;
  }
}

let reader: Reader | undefined;

/**
 * Text of a file that the kernel makes up, below `/proc` or `/sys`. The executable has no permission to load foreign
 * code, and without that one Deno refuses these files, whatever may be read: then a shell reads them: texts of
 * whole lines, and to it `self` is that shell.
 *
 * @throws {Error} when there is no such file, or it cannot be read.
 *
 * @example
 * ```ts
 * import { readSystemFile } from "./system_file.ts";
 *
 * if (Deno.build.os === "linux") {
 *   console.assert((await readSystemFile("/proc/self/mounts")).includes(" / "));
 * }
 * ```
 */
export async function readSystemFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
  }
  if (reader === undefined || reader.gone) reader = new Reader();
  return await reader.read(path);
}
