import { messageOf, PalletError } from "../errors.ts";
import { type Cache, sha256 } from "./cache.ts";
import { lex, type Lexed } from "./lex.ts";
import { strip, type Stripped, type SyntaxProblem } from "./strip.ts";
import { displayUrl, originAt, position } from "./text.ts";
import type { Content } from "./types.ts";

/** Changes whenever what is cached changes its meaning. */
const VERSION = "2";

/** A module by itself, before its graph is known. */
export interface Prepared extends Stripped, Lexed {
  readonly type: "js" | "json";
  readonly sha256: string;
  /** Versions of Pallet that the module says it needs: `export const pallet = ">=0.1.0"`. */
  readonly engine?: string;
}

const ENGINE = /^[ \t]*export\s+const\s+pallet\s*=\s*(?:"([^"\n]*)"|'([^'\n]*)')/m;

function engineOf(code: string, lexed: Lexed): { readonly engine?: string } {
  if (!lexed.exports.some((one) => one.kind === "value" && one.name === "pallet")) return {};
  const said = ENGINE.exec(code);
  return said === null ? {} : { engine: said[1] ?? said[2] ?? "" };
}

function syntaxError(problem: SyntaxProblem, url: string, root: string): PalletError {
  return new PalletError(`Syntax error in "${displayUrl(url, root)}": ${problem.problem}`, {
    kind: "infra",
    origin: originAt(url, root, problem),
  });
}

/** What is wrong with a JSON text, and where: the parser itself does not always say. */
function jsonProblem(text: string): SyntaxProblem | undefined {
  const errorOf = (part: string): string | undefined => {
    try {
      JSON.parse(part);
      return undefined;
    } catch (thrown) {
      return messageOf(thrown);
    }
  };
  const whole = errorOf(text);
  if (whole === undefined) return undefined;
  const cut = /end of JSON input|Unterminated/;
  // The shortest beginning of the text that is wrong, and not just cut off.
  let [right, wrong] = [0, text.length];
  while (right < wrong) {
    const middle = Math.floor((right + wrong) / 2);
    const error = errorOf(text.slice(0, middle));
    if (error === undefined || cut.test(error)) right = middle + 1;
    else wrong = middle;
  }
  const offset = cut.test(whole) ? text.length : wrong - 1;
  const reason = whole.replace(/, "?(?:\.\.\.)?".*is not valid JSON$/s, "").replace(
    / in JSON at position .*$/s,
    "",
  );
  return { problem: reason, ...position(text, offset) };
}

function jsonModule(text: string, url: string, root: string, digest: string): Prepared {
  const problem = jsonProblem(text);
  if (problem !== undefined) throw syntaxError(problem, url, root);
  const exports = [{ kind: "value", name: "default" }] as const;
  return { type: "json", sha256: digest, code: text, imports: [], exports };
}

/**
 * Makes JavaScript of a module's bytes and lists its imports and exports; work done once for the same bytes.
 *
 * @throws {PalletError} of kind `infra` with file, line and column of a syntax error.
 */
export async function prepare(
  { bytes, kind }: Content,
  url: string,
  root: string,
  cache: Cache,
): Promise<Prepared> {
  const digest = sha256(bytes);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new PalletError(`Cannot read "${displayUrl(url, root)}": it is not UTF-8 text`, {
      kind: "infra",
      help: "Save it in UTF-8.",
      origin: originAt(url, root, { line: 1, column: 1 }),
      cause,
    });
  }
  if (kind === "json") return jsonModule(text, url, root, digest);
  const typed = kind === "ts";
  const key = sha256(`${VERSION} ${Deno.version.deno} ${typed} ${digest}`);
  const kept = await cache.get(key);
  if (kept !== undefined) return JSON.parse(kept);
  const stripped = typed ? strip(text) : { code: text };
  if ("problem" in stripped) throw syntaxError(stripped, url, root);
  const lexed = await lex(text, stripped.code);
  if ("problem" in lexed) throw syntaxError(lexed, url, root);
  const prepared: Prepared = {
    type: "js",
    sha256: digest,
    ...stripped,
    ...lexed,
    ...engineOf(stripped.code, lexed),
  };
  await cache.put(key, JSON.stringify(prepared));
  return prepared;
}
