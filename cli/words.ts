import { usageError } from "./parse.ts";

/**
 * A command line as its words, by the rules of a shell without expansions: quotes keep blanks, a backslash keeps what
 * follows.
 *
 * @throws {PalletError} of kind `usage` for a quote that is not closed.
 *
 * @example
 * ```ts
 * import { splitWords } from "./words.ts";
 *
 * console.assert(splitWords(`lift web --arg 'text=two words'`).join("|") === "lift|web|--arg|text=two words");
 * ```
 */
export function splitWords(text: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const sign = text[at] ?? "";
    if (quote !== "") {
      if (sign === quote) quote = "";
      else if (sign === "\\" && quote === '"') word = (word ?? "") + (text[++at] ?? "");
      else word = (word ?? "") + sign;
    } else if (sign === "'" || sign === '"') {
      quote = sign;
      word ??= "";
    } else if (sign === "\\") word = (word ?? "") + (text[++at] ?? "");
    else if (/\s/.test(sign)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + sign;
  }
  if (quote !== "") throw usageError(`A quote is not closed in the command ${JSON.stringify(text)}.`);
  if (word !== undefined) words.push(word);
  return words;
}
