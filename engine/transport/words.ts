// Names in commands and paths of a node.
import { createHash } from "node:crypto";
import type { ScriptId } from "../script/types.ts";

/**
 * A text as one word that every shell and file system takes as it stands: letters, digits, `_`, `-` and percent
 * signs. Never empty, never `.` or `..`, and different for different texts.
 *
 * @example
 * ```ts
 * import { encodeWord } from "./words.ts";
 *
 * console.assert(encodeWord("me@host") === "me%40host" && encodeWord("..") === "%2E%2E");
 * ```
 */
export function encodeWord(value: string): string {
  if (value === "") return "%";
  const bytes = new TextEncoder().encode(value);
  return [...bytes].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9_-]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}

/** The text of a word that {@linkcode encodeWord} made. */
export function decodeWord(word: string): string {
  if (word === "%") return "";
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}

/** File names have 255 bytes at most; a longer part keeps its beginning and a digest of the whole. */
function shorten(word: string): string {
  if (word.length <= 80) return word;
  return `${word.slice(0, 60)}%${createHash("sha256").update(word).digest("hex").slice(0, 16)}`;
}

/** Where a script is claimed, below `scripts/` of the state root. */
export function scriptPath(id: ScriptId): string {
  const [run, target, phase] = [id.run, id.target, id.phase].map((part) => shorten(encodeWord(part)));
  return `${run}/${target}.${phase}.${id.segment}`;
}
