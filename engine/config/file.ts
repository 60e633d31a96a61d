import type { Document, LineCounter, Node } from "yaml";
import { messageOf, type Origin, PalletError } from "../errors.ts";
import { problemsOf, type SchemaProblem, v } from "../schema.ts";
import { environmentProblems } from "../spec/environment.ts";
import { type FileValues, projectSchema, userSchema } from "./schema.ts";

/** Whose a configuration file is. */
export type Layer = "user" | "project";

/** A configuration file, read and found good. */
export interface ConfigFile {
  readonly path: string;
  readonly layer: Layer;
  readonly values: FileValues;
  /** Where a value stands: its key, or the file's beginning. */
  originOf(keys: readonly (string | number)[]): Origin;
}

type Yaml = typeof import("./yaml.ts");

/** The place of a key, or of a list's item, as far down as the document has it. */
function locate(
  yaml: Yaml,
  document: Document,
  lines: LineCounter,
  path: string,
  keys: readonly (string | number)[],
): Origin {
  let node: unknown = document.contents;
  let offset = 0;
  for (const key of keys) {
    if (yaml.isAlias(node)) node = node.resolve(document);
    if (yaml.isMap(node)) {
      const pair = node.items.find((item) =>
        String(yaml.isScalar(item.key) ? item.key.value : item.key) === String(key)
      );
      if (pair === undefined) break;
      offset = (pair.key as Node | null)?.range?.[0] ?? offset;
      node = pair.value;
    } else if (yaml.isSeq(node)) {
      const item = node.items[Number(key)] as Node | undefined;
      if (item === undefined) break;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else break;
  }
  const { line, col } = lines.linePos(offset);
  return { file: path, line: Math.max(1, line), column: Math.max(1, col) };
}

function refuse(path: string, found: readonly { readonly text: string; readonly at: Origin }[]): never {
  const problems = found.toSorted((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
  const [first] = problems;
  const said = problems.length === 1
    ? first?.text
    : `${problems.length} problems:${
      problems.map(({ text, at }) => `\n  line ${at.line}, column ${at.column}: ${text}`).join("")
    }`;
  throw new PalletError(`Cannot use configuration file "${path}": ${said}`, {
    kind: "config",
    ...(first === undefined ? {} : { origin: first.at }),
  });
}

/** What is wrong with the environments of a file that fits its schema. */
function problemsOfEnvironments({ environment, services }: FileValues): readonly SchemaProblem[] {
  const places: readonly (readonly [readonly string[], unknown])[] = [
    [["environment"], environment],
    ...Object.entries(services ?? {}).map(([name, service]) =>
      [["services", name, "environment"], service.environment] as const
    ),
  ];
  return places.filter(([, value]) => value !== undefined).flatMap(([place, value]) =>
    environmentProblems(value).map(({ path, keys, message }) => ({
      path: [...place, ...path === "" ? [] : [path]].join("."),
      keys: [...place, ...keys],
      message,
    }))
  );
}

function inWords(problem: SchemaProblem): string {
  return problem.path === "" ? problem.message : `${problem.path}: ${problem.message}`;
}

/**
 * Parses a configuration file.
 *
 * @throws {PalletError} of kind `config` with the place of the first problem: YAML that is none, an unknown key, a
 * value of the wrong type.
 */
export async function parseConfig(text: string, path: string, layer: Layer): Promise<ConfigFile> {
  const yaml = await import("./yaml.ts");
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faults = [...document.errors, ...document.warnings].map((fault) => {
    const { line, col } = lines.linePos(fault.pos[0]);
    return { text: fault.message, at: { file: path, line, column: col } };
  });
  if (faults.length > 0) refuse(path, faults);
  const originOf = (keys: readonly (string | number)[]) => locate(yaml, document, lines, path, keys);
  let value: unknown;
  try {
    value = document.toJS() ?? {};
  } catch (error) {
    return refuse(path, [{ text: messageOf(error), at: originOf([]) }]);
  }
  const schema = layer === "user" ? userSchema : projectSchema;
  const problems = problemsOf(schema, value);
  if (problems.length > 0) {
    refuse(path, problems.map((problem) => ({ text: inWords(problem), at: originOf(problem.keys) })));
  }
  const values = v.parse(schema, value);
  const wrong = problemsOfEnvironments(values);
  if (wrong.length > 0) {
    refuse(path, wrong.map((problem) => ({ text: inWords(problem), at: originOf(problem.keys) })));
  }
  return { path, layer, values, originOf };
}

/**
 * Reads a configuration file; nothing when there is none.
 *
 * @throws {PalletError} of kind `config` as {@linkcode parseConfig} does, or when the file cannot be read.
 */
export async function readConfigFile(path: string, layer: Layer): Promise<ConfigFile | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new PalletError(`Cannot read configuration file "${path}": ${messageOf(error)}`, {
      kind: "config",
      cause: error,
    });
  }
  return await parseConfig(text, path, layer);
}
