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

/** Writes a file that is there whole or not at all, for its owner alone, and on the disk when the promise resolves. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.${crypto.randomUUID()}`;
  try {
    const file = await Deno.open(draft, { write: true, createNew: true, mode: 0o600 });
    try {
      let bytes = new TextEncoder().encode(text);
      while (bytes.length > 0) bytes = bytes.subarray(await file.write(bytes));
      await file.syncData();
    } finally {
      file.close();
    }
    await Deno.rename(draft, path);
  } catch (cause) {
    await Deno.remove(draft).catch(() => {}); // what matters is why it could not be written
    throw unwritable(path, cause);
  }
}

/** What helps against what the system says. */
const HELP: readonly (readonly [said: RegExp, help: string])[] = [
  [/no space left|ENOSPC|quota/i, "Free some space there, or set XDG_STATE_HOME to a folder that has some."],
  [
    /too many open files|EMFILE|ENFILE/i,
    "Raise the limit of open files (ulimit -n), or do less at once: --limit NODES.",
  ],
];

/** The error for a place that cannot be written. */
export function unwritable(path: string, cause: unknown): PalletError {
  const [, help = "Make the folder writable, or set XDG_STATE_HOME to one that is."] =
    HELP.find(([said]) => said.test(messageOf(cause))) ?? [];
  return new PalletError(`Cannot write state to ${JSON.stringify(path)}: ${messageOf(cause)}`, {
    kind: "config",
    help,
    cause,
  });
}

/** Whether there is a file or a folder of a path. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
