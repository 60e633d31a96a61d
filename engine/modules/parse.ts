import { lex, type Lexed } from "./lex.ts";
import { strip, type Stripped, type SyntaxProblem } from "./strip.ts";

/** What a module's text says, by itself. */
export interface Parsed extends Stripped, Lexed {
  /** Versions of Pallet that the module says it needs: `export const pallet = ">=0.1.0"`. */
  readonly engine?: string;
}

const ENGINE = /^[ \t]*export\s+const\s+pallet\s*=\s*(?:"([^"\n]*)"|'([^'\n]*)')/m;

function engineOf(code: string, lexed: Lexed): { readonly engine?: string } {
  if (!lexed.exports.some((one) => one.kind === "value" && one.name === "pallet")) return {};
  const said = ENGINE.exec(code);
  return said === null ? {} : { engine: said[1] ?? said[2] ?? "" };
}

/** Makes JavaScript of a module's text, and lists its imports and exports. */
export async function parse(text: string, typed: boolean): Promise<Parsed | SyntaxProblem> {
  const stripped = typed ? strip(text) : { code: text };
  if ("problem" in stripped) return stripped;
  const lexed = await lex(text, stripped.code);
  if ("problem" in lexed) return lexed;
  return { ...stripped, ...lexed, ...engineOf(stripped.code, lexed) };
}
