// What the state folder's files have in common.
import { join } from "node:path";
import { messageOf, PalletError } from "../errors.ts";

/** A text as one name of a file: letters, digits and `_.-` stay, everything else is percent-encoded. */
export function fileName(text: string): string {
  const encoded = Array.from(
    new TextEncoder().encode(text),
    (byte) => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9_.-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    },
  ).join("");
  return encoded === "" || /^\.+$/.test(encoded) ? encoded.replaceAll(".", "%2E") || "%" : encoded;
}

/** Makes a folder that only its owner reads, with its parents. */
export async function privateFolder(...parts: readonly string[]): Promise<string> {
  const path = join(...parts);
  try {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unwritable(path, cause);
  }
  return path;
}

/** The error for a place that cannot be written. */
export function unwritable(path: string, cause: unknown): PalletError {
  return new PalletError(`Cannot write state to ${JSON.stringify(path)}: ${messageOf(cause)}`, {
    kind: "config",
    help: "Make the folder writable, or set XDG_STATE_HOME to one that is.",
    cause,
  });
}
