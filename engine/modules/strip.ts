import * as nodeModule from "node:module";
import { messageOf } from "../errors.ts";

// The platform has it; its type declarations do not know it yet.
const { stripTypeScriptTypes } = nodeModule as unknown as {
  stripTypeScriptTypes(code: string, options: { mode: "strip" | "transform"; sourceMap?: boolean }): string;
};

/** JavaScript made from TypeScript. Without a map every token stands where it stood in the source. */
export interface Stripped {
  readonly code: string;
  /** Source map, without its `sources`, of code that had to be rewritten. */
  readonly map?: Readonly<Record<string, unknown>>;
}

/** A syntax error, 1-based. */
export interface SyntaxProblem {
  readonly problem: string;
  readonly line: number;
  readonly column: number;
}

const INLINE_MAP = /\n\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]+)\s*$/;
const PLACE = /\s+at file:\/\/\/stripTypeScriptTypes\.ts:(\d+):(\d+)\s*$/;

function transform(source: string): Stripped {
  const output = stripTypeScriptTypes(source, { mode: "transform", sourceMap: true });
  const inline = INLINE_MAP.exec(output);
  if (inline?.[1] === undefined) return { code: output };
  const { sources: _named, sourcesContent: _known, ...map } = JSON.parse(atob(inline[1]));
  return { code: output.slice(0, inline.index + 1), map };
}

function problemOf(thrown: unknown): SyntaxProblem {
  const message = messageOf(thrown);
  const place = PLACE.exec(message);
  const words = message.slice(0, place?.index).split("\n", 1)[0] ?? "";
  return {
    problem: words.replace(/^(?:SyntaxError: |\[\w+\] )+/, ""),
    line: Number(place?.[1] ?? 1),
    column: Number(place?.[2] ?? 1),
  };
}

/**
 * Takes the types out of TypeScript, in place; what types alone cannot explain (enums, parameter properties) is
 * rewritten and gets a source map.
 */
export function strip(source: string): Stripped | SyntaxProblem {
  try {
    return { code: stripTypeScriptTypes(source, { mode: "strip" }) };
  } catch {
    // Either syntax that needs rewriting, or an error; only the rewriter tells where the error is.
  }
  try {
    return transform(source);
  } catch (thrown) {
    return problemOf(thrown);
  }
}

/** Code with its source map, if any, attached for stack traces. */
export function withMap(stripped: Stripped, url: string): string {
  if (stripped.map === undefined) return stripped.code;
  const bytes = new TextEncoder().encode(JSON.stringify({ ...stripped.map, sources: [url] }));
  return `${stripped.code}//# sourceMappingURL=data:application/json;base64,${bytes.toBase64()}\n`;
}
