// Text on its way to a terminal: nothing that a node prints may move the cursor, change colours or hide itself.

const SGR = new RegExp("\x1b\\[[0-9;:]*m", "g");
// Control characters, and those that reorder text (bidirectional overrides and isolates) or break lines.
const UNSAFE = /(?![\n\t])[\p{Cc}\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/gu;
const NAMES: Readonly<Record<string, string>> = { "\r": "\\r", "\v": "\\v", "\f": "\\f" };

function visible(character: string): string {
  const code = character.charCodeAt(0);
  return NAMES[character] ??
    (code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`);
}

/**
 * Foreign text that is safe to print: colours are dropped, other control characters are spelled out, lines and tabs stay.
 *
 * @example
 * ```ts
 * import { escapeText } from "./text.ts";
 *
 * console.assert(escapeText("\x1b[31mred\x1b[0m\x1b[2J") === "red\\x1b[2J");
 * ```
 */
export function escapeText(text: string): string {
  return text.replace(SGR, "").replaceAll("\r\n", "\n").replace(UNSAFE, visible);
}

/** Like {@linkcode escapeText}, on one line. */
export function escapeLine(text: string): string {
  return escapeText(text).replaceAll("\n", "\\n").replaceAll("\t", " ");
}

const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}])$/u;

function cells(character: string): number {
  if (character >= " " && character <= "~") return 1;
  if (ZERO.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Columns that a text of one line takes on a terminal; it must hold no escape sequences. */
export function width(text: string): number {
  let sum = 0;
  for (const character of text) sum += cells(character);
  return sum;
}

/** A text cut to a number of columns, its end marked with `…` when something was cut. */
export function truncate(text: string, columns: number): string {
  if (columns <= 0) return "";
  if (width(text) <= columns) return text;
  let cut = "";
  let used = 0;
  for (const character of text) {
    const next = cells(character);
    if (used + next > columns - 1) break;
    cut += character;
    used += next;
  }
  return `${cut}…`;
}

/**
 * A text folded between words to a number of columns; lines after the first are indented, by columns that come on top.
 *
 * @example
 * ```ts
 * import { fold } from "./text.ts";
 *
 * console.assert(fold("phases to run", 10, 2) === "phases to\n  run");
 * ```
 */
export function fold(text: string, columns: number, indent = 0): string {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last === undefined || width(last) + 1 + width(word) > columns) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join(`\n${" ".repeat(indent)}`);
}

/** A text filled with spaces to a number of columns. */
export function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - width(text)));
}

/** Milliseconds as people read them: `40ms`, `1.2s`, `1m05s`, `2h03m`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 100) return `${Math.round(milliseconds)}ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  if (minutes < 60) return `${minutes}m${String(rest).padStart(2, "0")}s`;
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, "0")}m`;
}

/** `1 node`, `2 nodes`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
