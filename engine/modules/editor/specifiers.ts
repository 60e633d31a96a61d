// What TypeScript imports, types included: what is run imports less.

/** A specifier in a text. */
export interface Specifier {
  readonly text: string;
  /** Offsets of what is between its quotes. */
  readonly start: number;
  readonly end: number;
}

const QUIET = /\/\/[^\r\n]*|\/\*[^]*?\*\/|`(?:[^`\\]|\\[^])*`|"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'/g;
const IMPORTS =
  /\b(?:import|export)\b[\s\w$*{},]*?\bfrom\s*(["'])([^"'\\\r\n]+)\1|\bimport\s*\(?\s*(["'])([^"'\\\r\n]+)\3/g;

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
  const plain = source.replace(QUIET, (part) => /^["']/.test(part) ? part : part.replace(/[^\r\n]/g, " "));
  return [...plain.matchAll(IMPORTS)].map((match) => {
    const text = match[2] ?? match[4] ?? "";
    const end = match.index + match[0].length - 1;
    return { text, start: end - text.length, end };
  });
}

/** The module that a JavaScript module names as its types. */
export function selfTypes(source: string): string | undefined {
  return /^\s*(?:\/\/|\/\*)\s*@ts-self-types\s*=\s*["']([^"']+)["']/m.exec(source)?.[1];
}
