// What TypeScript imports, types included: what is run imports less.

/** A specifier in a text. */
export interface Specifier {
  readonly text: string;
  /** Offsets of what is between its quotes. */
  readonly start: number;
  readonly end: number;
}

// Read in one pass, also where a comment or a text never ends: every alternative takes what it has begun. The
// bounds keep the stack of the matcher small.
const TOKENS =
  /\/\/[^\r\n]*|\/\*[^]*?(?:\*\/|$)|`[^`\\]*(?:\\[^][^`\\]*){0,50000}`?|(\b(?:from\s*|import\s*(?:\(\s*)?))?("[^"\\\r\n]*(?:\\.[^"\\\r\n]*){0,50000}"?|'[^'\\\r\n]*(?:\\.[^'\\\r\n]*){0,50000}'?)/g;

/**
 * Specifiers of all imports and exports of a source, in their order. What stands in comments and templates is none.
 *
 * @example
 * ```ts
 * import { specifiersOf } from "./specifiers.ts";
 *
 * const found = specifiersOf('import type { A } from "./a.ts"; // import "./b.ts"');
 * console.assert(found.length === 1 && found[0]?.text === "./a.ts");
 * ```
 */
export function specifiersOf(source: string): readonly Specifier[] {
  const found: Specifier[] = [];
  for (const { index, 0: whole, 1: keyword, 2: quoted = "" } of source.matchAll(TOKENS)) {
    const text = quoted.slice(1, -1);
    if (keyword === undefined || text === "" || text.includes("\\")) continue;
    const end = index + whole.length - 1;
    found.push({ text, start: end - text.length, end });
  }
  return found;
}

/** The module that a JavaScript module names as its types. */
export function selfTypes(source: string): string | undefined {
  return /^[ \t]*(?:\/\/|\/\*)[ \t]*@ts-self-types[ \t]*=[ \t]*["']([^"'\r\n]+)["']/m.exec(source)?.[1];
}
