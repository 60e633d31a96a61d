import { joined } from "../../bytes.ts";
import { refusedBy } from "./trouble.ts";

/** Limits of a body; a time in seconds, a size in bytes after unpacking. */
export interface BodyLimits {
  readonly bytes: number;
  readonly idle: number;
}

/**
 * The bytes of an answer, no more than a limit: a small answer may unpack to a huge one.
 *
 * @throws {Trouble} when it is too large; what the stream says when it breaks off, or is ended by `control`.
 */
export async function readBody(
  response: Response,
  { bytes: limit, idle }: BodyLimits,
  control: AbortController,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const arm = () =>
    setTimeout(
      () => control.abort(refusedBy(`its host sent nothing for ${idle} s`, "Try again later.")),
      idle * 1000,
    );
  let timer = arm();
  try {
    for await (const chunk of response.body ?? []) {
      clearTimeout(timer);
      size += chunk.length;
      if (size > limit) {
        throw refusedBy(
          `it is larger than ${limit / 1024 / 1024} MiB`,
          "Large data does not belong into modules; let the node fetch it, e.g. with remoteFile.",
        );
      }
      chunks.push(chunk);
      timer = arm();
    }
  } finally {
    clearTimeout(timer);
  }
  return joined(chunks);
}
