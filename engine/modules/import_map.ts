import { dirname, join } from "node:path";
import { messageOf, PalletError } from "../errors.ts";
import { object, v, validate } from "../schema.ts";
import { jsonProblem } from "./json_problem.ts";
import { plainJson } from "./jsonc.ts";
import { toFileUrl } from "./paths.ts";
import type { Refusal } from "./types.ts";

type Names = ReadonlyMap<string, string>;

/** Names of crates, and what they stand for. */
export interface ImportMap {
  /** Path of the file that holds it. */
  readonly file: string;
  /** Keys and targets as URLs where they are some; a key or target with a slash at its end is a prefix. */
  readonly imports: Names;
  /** The same for importers below a URL, longest first. */
  readonly scopes: readonly (readonly [prefix: string, names: Names])[];
}

const names = v.record(v.string(), v.string());
/** What of a deno.json or an import map matters here; all else in it is its own business. */
const schema = v.pipe(
  v.looseObject({ imports: v.optional(names), scopes: v.optional(v.record(v.string(), names)) }),
  v.transform(({ imports, scopes }) => ({ imports, scopes })),
  object({ imports: v.optional(names), scopes: v.optional(v.record(v.string(), names)) }),
);

/** The URL that a specifier is by itself, or to a base. */
function urlOf(specifier: string, base: string): string | undefined {
  if (/^(?:\.\.?)?\//.test(specifier)) return URL.parse(specifier, base)?.href;
  return URL.parse(specifier)?.href;
}

function targetOf(target: string, base: string): string {
  // `jsr:@a/b@^1` is kept as it is written: URLs would percent-encode its range.
  return /^(?:jsr|npm):/.test(target) ? target : urlOf(target, base) ?? target;
}

function namesOf(entries: Readonly<Record<string, string>>, base: string): Names {
  return new Map(
    Object.entries(entries).map(([key, target]) => [urlOf(key, base) ?? key, targetOf(target, base)]),
  );
}

/** An import map as its text says; relative targets are relative to its file. */
export function parseImportMap(text: string, file: string): ImportMap {
  const plain = plainJson(text);
  const problem = jsonProblem(plain);
  if (problem !== undefined) {
    throw new PalletError(`Cannot read the import map "${file}": ${problem.problem}`, {
      kind: "config",
      help: "Correct it, or name another with --import-map FILE.",
      origin: { file, line: problem.line, column: problem.column },
    });
  }
  const value: unknown = JSON.parse(plain);
  const base = toFileUrl(file);
  const origin = { file, line: 1, column: 1 };
  const checked = validate(schema, value, { what: `import map "${file}"`, kind: "config", origin });
  const scopes = Object.entries(checked.scopes ?? {})
    .map(([prefix, entries]) => [urlOf(prefix, base) ?? prefix, namesOf(entries, base)] as const)
    .toSorted(([a], [b]) => b.length - a.length);
  return { file, imports: namesOf(checked.imports ?? {}, base), scopes };
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new PalletError(`Cannot read the import map "${file}": ${messageOf(cause)}`, {
      kind: "config",
      cause,
    });
  }
}

/**
 * The import map of a project: the file that was named, else `deno.json` or `deno.jsonc` of its folder, or the file
 * that its `importMap` names.
 *
 * @throws {PalletError} of kind `usage` when the named file is not there, `config` when one cannot be used.
 */
export async function readImportMap(folder: string, named?: string): Promise<ImportMap | undefined> {
  for (
    const file of named === undefined ? [join(folder, "deno.json"), join(folder, "deno.jsonc")] : [named]
  ) {
    const text = await readIfThere(file);
    if (text === undefined) continue;
    const map = parseImportMap(text, file);
    const other = /"importMap"/.test(text) ? JSON.parse(plainJson(text)).importMap : undefined;
    if (typeof other !== "string" || map.imports.size > 0) return map;
    return await readImportMap(folder, join(dirname(file), other));
  }
  if (named === undefined) return undefined;
  throw new PalletError(`Cannot read the import map "${named}": no such file`, {
    kind: "usage",
    help: "Name one with --import-map FILE, or correct importMap in deno.json.",
  });
}

/** Puts what follows a prefix behind its target. */
function below(target: string, rest: string, key: string): string | Refusal {
  if (!/^(?:https?|file):/.test(target)) return target + rest;
  const url = URL.parse(rest, target)?.href;
  if (url?.startsWith(target)) return url;
  return {
    refused: `it leads out of what "${key}" of the import map stands for`,
    help: "Leave out the .. of its path.",
  };
}

function match(specifier: string, known: Names): string | Refusal | undefined {
  const exact = known.get(specifier);
  if (exact !== undefined) return exact;
  let best: readonly [key: string, target: string] | undefined;
  for (const [key, target] of known) {
    // A package by its name is also there with its parts: "@a/b" brings "@a/b/part".
    const whole = /^jsr:/.test(target) && !key.endsWith("/");
    const prefix = whole ? `${key}/` : key;
    if (!prefix.endsWith("/") || !specifier.startsWith(prefix)) continue;
    if (best === undefined || prefix.length > best[0].length) best = [prefix, whole ? `${target}/` : target];
  }
  return best === undefined ? undefined : below(best[1], specifier.slice(best[0].length), best[0]);
}

/** What an import map makes of a specifier; nothing when it does not speak of it. */
export function lookUp(map: ImportMap, specifier: string, importer: string): string | Refusal | undefined {
  const relative = /^\.\.?\//.test(specifier) || specifier.startsWith("/");
  // An importer of no hierarchical URL has no relative imports that a map could speak of.
  const named = (relative ? URL.parse(specifier, importer)?.href : URL.parse(specifier)?.href) ?? specifier;
  const keys = new Set([named, ...(relative ? [] : [specifier])]);
  const layers = [
    ...map.scopes.flatMap(([prefix, entries]) =>
      importer === prefix || (prefix.endsWith("/") && importer.startsWith(prefix)) ? [entries] : []
    ),
    map.imports,
  ];
  for (const entries of layers) {
    for (const key of keys) {
      const found = match(key, entries);
      if (found === undefined) continue;
      if (typeof found !== "string" || URL.canParse(found)) return found;
      return {
        refused: `the import map has "${found}" for it, which is neither a URL nor a relative path`,
        help: `Correct ${map.file}.`,
      };
    }
  }
  return undefined;
}

/** Folders outside of the project that the map takes crates from, as URLs with a slash at their end. */
export function localFolders(map: ImportMap, root: string): readonly string[] {
  const targets = [map.imports, ...map.scopes.map(([, entries]) => entries)].flatMap((
    one,
  ) => [...one.values()]);
  const folders = targets.filter((url) => url.startsWith("file:") && !url.startsWith(root))
    .map((url) => new URL("./", url).href);
  return [...new Set(folders)];
}
