import type { Document, LineCounter, Node, Range } from "yaml";
import { messageOf, type Origin, PalletError, type ValueProblem } from "../errors.ts";
import { excerptOf, withoutMark } from "./excerpt.ts";
import { isSecret } from "./redact.ts";

/** Keys that lead to a value. */
export type Keys = readonly (string | number)[];

/** A YAML file whose values know where they stand. */
export interface YamlFile {
  readonly path: string;
  /** What it says, as plain data; an empty file says an empty map. */
  readonly value: unknown;
  /** Where a value's key stands, or a list's item, as far down as the file has it. */
  originOf(keys: Keys): Origin;
  /** Where a value itself stands. */
  valueOriginOf(keys: Keys): Origin;
  /**
   * Throws problems of its values, each with its place and the text in question.
   *
   * @throws {PalletError} of kind `config`, always.
   */
  refuse(problems: readonly ValueProblem[], help?: string): never;
}

type Yaml = typeof import("../yaml.ts");

/** A piece of the text: offsets of its first character and of the one behind its last. */
type Span = readonly [start: number, end: number];

/** Where a key and its value stand. */
interface Place {
  readonly key: Span;
  readonly value: Span;
  /** Whether all keys were found. */
  readonly found: boolean;
}

/** Something wrong at a place. */
interface Fault {
  readonly text: string;
  readonly span: Span;
}

function spanOf(node: { readonly range?: Range | null | undefined } | null | undefined): Span | undefined {
  const range = node?.range;
  return range === null || range === undefined ? undefined : [range[0], range[1]];
}

/** The place of a value as far down as the document has it. */
function locate(yaml: Yaml, document: Document, keys: Keys): Place {
  let node: unknown = document.contents;
  const start: Span = spanOf(document.contents) ?? [0, 0];
  let place: Place = { key: [start[0], start[0]], value: start, found: true };
  for (const key of keys) {
    if (yaml.isAlias(node)) node = node.resolve(document);
    if (yaml.isMap(node)) {
      const pair = node.items.find((item) =>
        String(yaml.isScalar(item.key) ? item.key.value : item.key) === String(key)
      );
      if (pair === undefined) return { ...place, found: false };
      const own = spanOf(pair.key as Node | null) ?? place.key;
      const value = spanOf(pair.value as Node | null);
      // A key with nothing behind it is itself what there is to show.
      place = { key: own, value: value === undefined || value[0] === value[1] ? own : value, found: true };
      node = pair.value;
    } else if (yaml.isSeq(node)) {
      const item = node.items[Number(key)] as Node | undefined;
      const own = spanOf(item);
      if (own === undefined) return { ...place, found: false };
      place = { key: own, value: own, found: true };
      node = item;
    } else return { ...place, found: false };
  }
  return place;
}

/** What a document lacks, or has and must not, is shown at its key; all else at the value. */
function spanOfProblem(yaml: Yaml, document: Document, { keys, unknownKey }: ValueProblem): Span {
  const place = locate(yaml, document, keys);
  return unknownKey === true || !place.found ? place.key : place.value;
}

function originAt(path: string, lines: LineCounter, [start]: Span): Origin {
  const { line, col } = lines.linePos(start);
  return { file: path, line: Math.max(1, line), column: Math.max(1, col) };
}

/** Aliases of anchors that do not stand before them. */
function strayAliases(yaml: Yaml, document: Document): readonly Fault[] {
  const faults: Fault[] = [];
  yaml.visit(document, {
    Alias: (_, alias) => {
      const span = spanOf(alias);
      if (span === undefined || alias.resolve(document) !== undefined) return;
      faults.push({ text: `there is no anchor &${alias.source} before this`, span });
    },
  });
  return faults;
}

/** Throws faults of a file, in the order of their places. */
function refuse(path: string, text: string, lines: LineCounter, all: readonly Fault[], help?: string): never {
  const faults = all.toSorted((a, b) => a.span[0] - b.span[0]);
  const shown = faults.map(({ text: said, span }) => {
    const origin = originAt(path, lines, span);
    return { said, origin, excerpt: excerptOf(text, origin, span[1] - span[0]) };
  });
  const [first] = shown;
  const details = { kind: "config" as const, ...(help === undefined ? {} : { help }) };
  if (first === undefined) throw new PalletError(`Cannot use configuration file "${path}"`, details);
  if (shown.length === 1) {
    const { origin, excerpt } = first;
    throw new PalletError(`Cannot use configuration file "${path}": ${first.said}`, {
      ...details,
      origin,
      excerpt,
    });
  }
  const list = shown.map(({ said, origin: { line, column }, excerpt }) =>
    `\n  line ${line}, column ${column}: ${said}\n${excerpt.replaceAll(/^/gm, "    ")}`
  );
  throw new PalletError(
    `Cannot use configuration file "${path}": ${shown.length} problems:${list.join("")}`,
    {
      ...details,
      origin: first.origin,
      excerpt: "", // the message has one for each
    },
  );
}

/**
 * Parses a YAML file.
 *
 * @throws {PalletError} of kind `config` with the place of what is no YAML, or no plain data.
 */
export async function parseYaml(whole: string, path: string): Promise<YamlFile> {
  const yaml = await import("../yaml.ts");
  const text = withoutMark(whole);
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faults = [
    ...[...document.errors, ...document.warnings].map(({ message, pos, code }) => ({
      text: code === "MULTIPLE_DOCS" ? "it holds more than one document" : message,
      span: [pos[0], pos[1]] as const,
    })),
    ...strayAliases(yaml, document),
  ];
  if (faults.length > 0) refuse(path, text, lines, faults);
  let value: unknown;
  try {
    value = document.toJS() ?? {};
  } catch (error) {
    return refuse(path, text, lines, [{ text: messageOf(error), span: locate(yaml, document, []).key }]);
  }
  return {
    path,
    value,
    originOf: (keys) => originAt(path, lines, locate(yaml, document, keys).key),
    valueOriginOf: (keys) => originAt(path, lines, locate(yaml, document, keys).value),
    refuse: (problems, help) =>
      refuse(
        path,
        text,
        lines,
        problems.map((problem) => ({
          // What was typed where a place of a password is meant may be the password.
          text: isSecret(problem.keys) ? problem.message.replace(/, not "[^]*/, "") : problem.message,
          span: spanOfProblem(yaml, document, problem),
        })),
        help,
      ),
  };
}
