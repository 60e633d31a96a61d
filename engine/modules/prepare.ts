import { PalletError } from "../errors.ts";
import { type Cache, sha256 } from "./cache.ts";
import { jsonProblem } from "./json_problem.ts";
import type { Parsed } from "./parse.ts";
import type { Parser } from "./parser.ts";
import type { SyntaxProblem } from "./strip.ts";
import { displayUrl, originAt } from "./text.ts";
import type { Content } from "./types.ts";

/** Changes whenever what is cached changes its meaning. */
const VERSION = "2";

/** A module by itself, before its graph is known. */
export interface Prepared extends Parsed {
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
  const problem = jsonProblem(text);
  if (problem !== undefined) throw syntaxError(problem, url, root);
  const exports = [{ kind: "value", name: "default" }] as const;
  return { type: "json", sha256: digest, code: text, imports: [], exports };
}

/**
 * Makes JavaScript of a module's bytes and lists its imports and exports; work done once for the same bytes.
 *
 * @throws {PalletError} of kind `infra` with file, line and column of a syntax error, or for a module that cannot be
 * parsed in the time and memory that there is for it.
 */
export async function prepare(
  { bytes, kind }: Content,
  url: string,
  root: string,
  cache: Cache,
  parser: Parser,
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
  const parsed = await parser.parse(text, typed, url);
  if ("problem" in parsed) throw syntaxError(parsed, url, root);
  const prepared: Prepared = { type: "js", sha256: digest, ...parsed };
  await cache.put(key, JSON.stringify(prepared));
  return prepared;
}
