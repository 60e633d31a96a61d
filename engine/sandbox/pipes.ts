import type { Parsed } from "../modules/parse.ts";
import type { Exported } from "../modules/crates/describe.ts";
import type { ReadRequest } from "../modules/parser.ts";
import type { SyntaxProblem } from "../modules/strip.ts";
import { encodeFrame, FrameReader } from "./frames.ts";
import type { FileAnswer, Message, Request } from "./protocol.ts";

/** The child's ends of the pipes, held in variables that no other code can see. */
export interface Pipes {
  /** The engine's next message; nothing when it is gone. */
  next(): Promise<Request | FileAnswer | ReadRequest | undefined>;
  send(message: Message | Parsed | SyntaxProblem | readonly Exported[]): void;
  /** Ends the process. */
  exit(): never;
}

/** Takes hold of this process's pipes. */
export function openPipes(): Pipes {
  const { stdin, stdout, exit } = Deno;
  const buffer = new Uint8Array(256 * 1024);
  const reader = new FrameReader(async () => {
    const size = await stdin.read(buffer);
    return size === null ? undefined : buffer.slice(0, size);
  }, Infinity);
  return {
    next: async () => {
      const text = await reader.next();
      return text === undefined ? undefined : JSON.parse(text);
    },
    send: (message) => {
      const frame = encodeFrame(message);
      for (let at = 0; at < frame.length;) at += stdout.writeSync(frame.subarray(at));
    },
    exit: () => exit(0),
  };
}
