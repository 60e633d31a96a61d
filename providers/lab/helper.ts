import { PalletError } from "../../engine/errors.ts";
import { helperScript } from "./shell.ts";

/** The lab's one privileged process: started at the first request, ended by {@linkcode Helper.close}. */
export interface Helper {
  /**
   * Runs a verb of `helper/main.sh`; resolves with the lines it printed.
   *
   * @throws {PalletError} of kind `provider` with the lines that tell why.
   */
  run(verb: string, words: readonly string[], signal?: AbortSignal): Promise<readonly string[]>;
  close(): Promise<void>;
}

interface Request {
  readonly lines: string[];
  readonly resolve: (status: number) => void;
  readonly reject: (reason: unknown) => void;
}

/** A word as the protocol carries it: anything beyond letters, digits and a few signs percent-encoded. */
export function encodeWord(word: string): string {
  if (word === "") return "%00";
  const bytes = new TextEncoder().encode(word);
  return Array.from(bytes, (byte) => {
    const char = String.fromCharCode(byte);
    return /[A-Za-z0-9_.,:/@=+-]/.test(char) ? char : `%${byte.toString(16).padStart(2, "0")}`;
  }).join("");
}

/** Arguments that start the helper: with `sudo` for an ordinary user, who may be asked on the terminal. */
export function helperCommand(uid: number | null): readonly string[] {
  // A session of its own: Ctrl-C on the terminal is for the command, never for half a change.
  const helper = ["setsid", "bash", "-c", helperScript, "pallet-lab"];
  return uid === 0 ? helper : ["sudo", "-p", "[sudo] password for the lab's helper: ", ...helper];
}

/** Starts nothing yet; `progress` gets lines that long work prints meanwhile. */
export function makeHelper(uid: number | null, progress: (message: string) => void): Helper {
  let connection: Connection | undefined;
  return {
    async run(verb, words, signal) {
      signal?.throwIfAborted();
      connection ??= connect(uid, progress);
      const { lines, status } = await connection.request([verb, ...words], signal);
      if (status === 0) return lines;
      signal?.throwIfAborted();
      const reason = lines.map((line) => line.replace(/^error: /, "")).slice(-8).join("; ");
      throw new PalletError(`The lab could not do "${verb}": ${reason || `exit status ${status}`}`, {
        kind: "provider",
      });
    },
    async close() {
      const open = connection;
      connection = undefined;
      await open?.close();
    },
  };
}

interface Connection {
  request(
    words: readonly string[],
    signal?: AbortSignal,
  ): Promise<{ readonly lines: readonly string[]; readonly status: number }>;
  close(): Promise<void>;
}

function connect(uid: number | null, progress: (message: string) => void): Connection {
  const [program = "", ...args] = helperCommand(uid);
  const child = new Deno.Command(program, {
    args,
    // Every shell below it would complain of a locale that this machine has not.
    env: { LC_ALL: "C" },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const requests = new Map<string, Request>();
  let last = 0;
  let ended: PalletError | undefined;
  const send = async (...words: string[]): Promise<void> => {
    await writer.write(new TextEncoder().encode(`${words.map(encodeWord).join(" ")}\n`));
  };
  const reading = read(child.stdout, (id, type, text) => {
    const request = requests.get(id);
    if (request === undefined) return;
    if (type === "end") request.resolve(Number(text));
    else if (text.startsWith("progress: ")) progress(text.slice("progress: ".length));
    else request.lines.push(text);
  }).then(async () => {
    const status = await child.status;
    ended = new PalletError(`The lab's privileged helper ended with status ${status.code}`, {
      kind: "provider",
      ...(uid === 0 ? {} : { help: "The lab needs sudo for its helper; check with: sudo true" }),
    });
    for (const request of requests.values()) request.reject(ended);
  });
  return {
    async request(words, signal) {
      if (ended !== undefined) throw ended;
      const id = String(++last);
      const lines: string[] = [];
      const cancel = () => void send("0", "cancel", id).catch(() => {});
      const status = new Promise<number>((resolve, reject) => requests.set(id, { lines, resolve, reject }));
      signal?.addEventListener("abort", cancel);
      try {
        // A helper that is gone tells so through the status, which knows why.
        await send(id, ...words).catch(() => {});
        return { lines, status: await status };
      } finally {
        signal?.removeEventListener("abort", cancel);
        requests.delete(id);
      }
    },
    async close() {
      await writer.close().catch(() => {});
      await reading;
    },
  };
}

async function read(
  stream: ReadableStream<Uint8Array>,
  on: (id: string, type: string, text: string) => void,
): Promise<void> {
  let rest = "";
  for await (
    const chunk of stream.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
  ) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [id = "", type = ""] = line.split(" ", 2);
      on(id, type, line.slice(id.length + type.length + 2));
    }
  }
}
