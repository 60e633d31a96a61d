import { encodeFrame, FrameReader } from "./frames.ts";

/** A child's ends of the pipes to its parent, held in variables that no other code can see. */
export interface Pipes<Received, Sent> {
  /** The parent's next message; nothing when it is gone. */
  next(): Promise<Received | undefined>;
  send(message: Sent): void;
  /** Ends the process. */
  exit(): never;
}

/** Takes hold of this process's stdin and stdout. */
export function openPipes<Received, Sent>(): Pipes<Received, Sent> {
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
