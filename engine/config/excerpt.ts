import type { Origin } from "../errors.ts";
import { masked } from "./masked.ts";

/** Widest line that is shown whole. */
const COLUMNS = 110;

/** A text without the mark that some editors of Windows begin files with. */
export function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, "");
}

/** Characters of the word, or the quoted text, that a text begins with. */
function wordAt(text: string): number {
  return /^(?:"[^"]*"|'[^']*'|[^\s,:{}[\]]+)/.exec(text)?.[0].length ?? 1;
}

/**
 * The line of a text at a place, with its number, and marks under what stands there. A long line is shown around the
 * place, and what its keys call a secret not at all.
 *
 * @param length of what is marked, in characters: up to the end of the word unless told; marks end with the line
 *
 * @example
 * ```ts
 * import { excerptOf } from "./excerpt.ts";
 *
 * const shown = excerptOf("a: 1\nbatch: lots\n", { file: "x.yaml", line: 2, column: 8 }, 4);
 * console.assert(shown === "2 | batch: lots\n  |        ^^^^");
 * ```
 */
export function excerptOf(text: string, { line, column }: Origin, length?: number): string {
  const whole = masked((withoutMark(text).split("\n")[line - 1] ?? "").replace(/\r$/, ""));
  const from = whole.length > COLUMNS && column > COLUMNS / 2 ? column - 1 - Math.floor(COLUMNS / 2) : 0;
  const cut = whole.slice(from, from + COLUMNS);
  const before = cut.slice(0, column - 1 - from);
  const left = Math.max(1, cut.trimEnd().length - before.length);
  const marks = "^".repeat(Math.max(1, Math.min(length ?? wordAt(cut.slice(before.length)), left)));
  const number = String(line);
  const start = from > 0 ? "…" : "";
  // A tab takes the same columns above and below.
  const indent = `${start === "" ? "" : " "}${before.replaceAll(/[^\t]/g, " ")}`;
  const end = from + COLUMNS < whole.length ? "…" : "";
  return `${number} | ${start}${cut}${end}\n${" ".repeat(number.length)} | ${indent}${marks}`;
}
