// How a line is cut into words: in two ways, since the keyword is told apart from its arguments by older rules.

/** The keyword of a line in lower case, and what follows it. */
export interface Line {
  readonly keyword: string;
  readonly rest: string;
}

const SPACE = " \t\r\n";

function skip(text: string, from: number, characters: string): number {
  let index = from;
  while (index < text.length && characters.includes(text.charAt(index))) index++;
  return index;
}

/** The first word of a text, which a blank, a quote or one `=` ends; no word when a quote is not closed. */
function cut(text: string): { readonly word: string; readonly rest: string } | undefined {
  const end = text.search(/[ \t\r\n"=]/);
  if (end < 0) return { word: text, rest: "" };
  if (text.charAt(end) === '"') {
    const close = text.indexOf('"', end + 1);
    if (close < 0) return undefined;
    const word = text.slice(0, end) + text.slice(end + 1, close);
    return { word, rest: text.slice(skip(text, close + 1, SPACE)) };
  }
  let next = skip(text, end + 1, SPACE);
  if (text.charAt(end) !== "=" && text.charAt(next) === "=") next = skip(text, next + 1, SPACE);
  return { word: text.slice(0, end), rest: text.slice(next) };
}

/**
 * A line of a configuration file; nothing for blank lines and comments.
 *
 * @example
 * ```ts
 * import { cutLine } from "./words.ts";
 *
 * console.assert(cutLine("  Port = 22 # usual")?.rest === "22 # usual");
 * ```
 */
export function cutLine(line: string): Line | undefined {
  const text = line.replace(/[ \t\r\n\f]+$/, "");
  let found = cut(text);
  if (found?.word === "") found = cut(found.rest);
  if (found === undefined || found.word === "" || found.word.startsWith("#")) return undefined;
  return { keyword: found.word.toLowerCase(), rest: found.rest.slice(skip(found.rest, 0, SPACE)) };
}

/**
 * Arguments as words: single and double quotes, backslashes before quotes, backslashes and blanks, and a comment from
 * a `#` that begins a word. Nothing when a quote is not closed.
 *
 * @example
 * ```ts
 * import { splitWords } from "./words.ts";
 *
 * console.assert(splitWords("'my host' b\\ c # d")?.join("|") === "my host|b c");
 * ```
 */
export function splitWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (word === undefined) {
      if (character === " " || character === "\t") continue;
      if (character === "#") break;
      word = "";
    }
    const next = text.charAt(index + 1);
    if (character === "\\" && next !== "" && (`'"\\`.includes(next) || (quote === "" && next === " "))) {
      word += next;
      index++;
    } else if (quote === "" && (character === " " || character === "\t")) {
      words.push(word);
      word = undefined;
    } else if (quote === "" && (character === '"' || character === "'")) quote = character;
    else if (character === quote) quote = "";
    else word += character;
  }
  if (quote !== "") return undefined;
  return word === undefined ? words : [...words, word];
}
