import { PalletError } from "../errors.ts";
import { type Cache, sha256 } from "./cache.ts";
import { lex, type Lexed } from "./lex.ts";
import { strip, type Stripped, type SyntaxProblem } from "./strip.ts";
import { displayUrl, originAt } from "./text.ts";

/** Changes whenever what is cached changes its meaning. */
const VERSION = "1";

/** A module by itself, before its graph is known. */
export interface Prepared extends Stripped, Lexed {
  readonly type: "js" | "json";
  readonly sha256: string;
}

function syntaxError(problem: SyntaxProblem, url: string, root: string): PalletError {
  return new PalletError(`Syntax error in "${displayUrl(url, root)}": ${problem.problem}`, {
    kind: "infra",
    origin: originAt(url, root, problem),
  });
}

function jsonModule(text: string, url: string, root: string, digest: string): Prepared {
  try {
    JSON.parse(text);
  } catch (thrown) {
    const [, problem, line, column] =
      /^(.*?)(?: in JSON)? at position \d+ \(line (\d+) column (\d+)\)/.exec(String(thrown)) ?? [];
    throw new PalletError(`Cannot read "${displayUrl(url, root)}": ${problem ?? String(thrown)}`, {
      kind: "infra",
      help: "Correct the JSON.",
      origin: originAt(url, root, { line: Number(line ?? 1), column: Number(column ?? 1) }),
    });
  }
  const exports = [{ kind: "value", name: "default" }] as const;
  return { type: "json", sha256: digest, code: text, imports: [], exports };
}

/**
 * Makes JavaScript of a module's bytes and lists its imports and exports; work done once for the same bytes.
 *
 * @throws {PalletError} of kind `infra` with file, line and column of a syntax error.
 */
export async function prepare(bytes: Uint8Array, url: string, root: string, cache: Cache): Promise<Prepared> {
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
  if (url.endsWith(".json")) return jsonModule(text, url, root, digest);
  const typed = /\.[mc]?ts$/.test(url);
  const key = sha256(`${VERSION} ${Deno.version.deno} ${typed} ${digest}`);
  const kept = await cache.get(key);
  if (kept !== undefined) return JSON.parse(kept);
  const stripped = typed ? strip(text) : { code: text };
  if ("problem" in stripped) throw syntaxError(stripped, url, root);
  const lexed = await lex(text, stripped.code);
  if ("problem" in lexed) throw syntaxError(lexed, url, root);
  const prepared: Prepared = { type: "js", sha256: digest, ...stripped, ...lexed };
  await cache.put(key, JSON.stringify(prepared));
  return prepared;
}
