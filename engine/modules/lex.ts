import type { Export, Import } from "es-module-lexer";
import { messageOf } from "../errors.ts";
import type { SyntaxProblem } from "./strip.ts";
import { position, positionsIn } from "./text.ts";

/** A name that an import statement brings in, with the range that spells it. */
export interface Binding {
  /** Name in the exporting module; `*` is all of them. */
  readonly imported: string;
  readonly start: number;
  readonly end: number;
}

/** An import or re-export of another module. */
export interface ModuleImport {
  /** Absent when it is computed. */
  readonly specifier?: string;
  readonly dynamic: boolean;
  /** Whether it says `with { type: "json" }`. */
  readonly json: boolean;
  /** Where the specifier stands in the author's source, 1-based. */
  readonly line: number;
  readonly column: number;
  /** Range of an import statement in the code; absent for re-exports and dynamic imports. */
  readonly statement?: readonly [number, number];
  readonly bindings: readonly Binding[];
}

/** A name that a module exports; a `star` passes on all names of another. */
export type ModuleExport =
  | { readonly kind: "value"; readonly name: string }
  | {
    readonly kind: "type";
    readonly name: string;
    /** Where the code still spells it; absent when stripping took it out. */
    readonly range?: readonly [number, number];
  }
  | {
    readonly kind: "from";
    readonly name: string;
    /** Name in the other module; `*` is its namespace. */
    readonly imported: string;
    readonly specifier: string;
    readonly range: readonly [number, number];
  }
  | { readonly kind: "star"; readonly specifier: string };

/** What a module says to others. */
export interface Lexed {
  readonly imports: readonly ModuleImport[];
  readonly exports: readonly ModuleExport[];
}

const WORD = String.raw`[\p{ID_Start}$_][\p{ID_Continue}$]*`;
const SPECIFIER = new RegExp(
  String.raw`^\s*(?<imported>${WORD}|"[^"]*"|'[^']*')(?:\s+as\s+${WORD})?\s*$`,
  "u",
);
const DEFAULT = new RegExp(String.raw`^import\s+(${WORD})\s*(?:,|from\b)`, "u");
const DEFAULT_NAME = new RegExp(String.raw`^export\s+default\s+(${WORD})(?=\s*(?:;|$))`, "mu");
const LOCAL_VALUE = new RegExp(String.raw`\b(?:const|let|var|class|function\*?)\s+(${WORD})`, "gu");
const LOCAL_TYPE = new RegExp(String.raw`\b(?:interface|type)\s+(${WORD})`, "gu");

/** Comments made of spaces; strings do not occur where this is used, apart from names that no one writes. */
function withoutComments(clause: string): string {
  return clause.replace(/\/\*[^]*?\*\/|\/\/[^\n]*/g, (comment) => comment.replace(/[^\n]/g, " "));
}

/** The names of an import statement: `import D, { a as b } from`. */
function bindingsOf(code: string, start: number, end: number): readonly Binding[] {
  const clause = withoutComments(code.slice(start, end));
  const found: Binding[] = [];
  const first = DEFAULT.exec(clause);
  if (first?.[1] !== undefined) {
    const at = start + clause.indexOf(first[1], "import".length);
    found.push({ imported: "default", start: at, end: at + first[1].length });
  }
  if (/^import\b[^{]*\*\s*as\b/.test(clause)) found.push({ imported: "*", start, end: start });
  const open = clause.indexOf("{");
  if (open < 0) return found;
  let at = open + 1;
  for (const part of clause.slice(at, clause.lastIndexOf("}")).split(",")) {
    const imported = SPECIFIER.exec(part)?.groups?.["imported"];
    if (imported !== undefined) {
      found.push({
        imported: imported.replace(/^["']|["']$/g, ""),
        start: start + at,
        end: start + at + part.length,
      });
    }
    at += part.length + 1;
  }
  return found;
}

/** The range between the comma or brace before a name of an export list and the one after it. */
function listRange(code: string, name: { start: number; end: number }): readonly [number, number] {
  const before = Math.max(code.lastIndexOf("{", name.start - 1), code.lastIndexOf(",", name.start - 1));
  const after = /[,}]/.exec(code.slice(name.end));
  return [before + 1, name.end + (after?.index ?? 0)];
}

/** Names that the source declares as types alone, e.g. to export them later in a list. */
function localTypes(source: string, code: string): ReadonlySet<string> {
  if (source === code) return new Set();
  const names = new Set<string>();
  const values = new Set(Array.from(code.matchAll(LOCAL_VALUE), (match) => match[1]));
  for (const match of source.matchAll(LOCAL_TYPE)) {
    const name = match[1] ?? "";
    // Where only types were taken out, what is left of a declaration is space: words in comments and strings stay.
    if (code.length === source.length && code[match.index] !== " ") continue;
    if (!values.has(name)) names.add(name);
  }
  return names;
}

function exportOf(found: Export, code: string, types: ReadonlySet<string>): ModuleExport {
  if (found.type === "reexport-all") return { kind: "star", specifier: found.from };
  if (found.type === "reexport") {
    const { name, importName, from } = found;
    return {
      kind: "from",
      name,
      imported: importName ?? "*",
      specifier: from,
      range: listRange(code, found),
    };
  }
  const { name, localName } = found;
  if (localName !== undefined && types.has(localName)) {
    return { kind: "type", name, range: listRange(code, found) };
  }
  // `export default Name` is an expression to JavaScript, which would look for a value.
  const statement = name === "default" ? DEFAULT_NAME.exec(code.slice(found.exportStart)) : null;
  if (statement === null || !types.has(statement[1] ?? "")) return { kind: "value", name };
  return { kind: "type", name, range: [found.exportStart, found.exportStart + statement[0].length] };
}

function importOf(found: Import, code: string, places: Places): readonly ModuleImport[] {
  if (found.type === "import-meta") return [];
  const place = places(found.specifier, found.start);
  if (found.type === "dynamic") {
    const computed = found.glob || found.specifier === undefined;
    const options = found.attributesStart < 0 ? "" : code.slice(found.attributesStart, found.importEnd);
    const json = /\btype["']?\s*:\s*["']json["']/.test(options);
    const specifier = computed ? {} : { specifier: found.specifier };
    return [{ ...specifier, dynamic: true, json, ...place, bindings: [] }];
  }
  const { specifier, attributes, importStart, importEnd } = found;
  const json = attributes?.some(([key, value]) => key === "type" && value === "json") ?? false;
  const base = { specifier, dynamic: false, json, ...place };
  if (!code.startsWith("import", importStart)) return [{ ...base, bindings: [] }];
  const statement = [importStart, importEnd] as const;
  return [{ ...base, statement, bindings: bindingsOf(code, importStart, found.start) }];
}

/** Where an import stands in the author's source. */
type Places = (specifier: string | null | undefined, offset: number) => { line: number; column: number };

function placesIn(source: string, code: string, original: readonly Import[]): Places {
  const positionOf = positionsIn(source);
  return (specifier, offset) => {
    // Rewritten code has other positions than its source: the same specifier there is the same import.
    const same = code.length === source.length
      ? undefined
      : original.find((one) => one.specifier === specifier);
    const at = same?.start ?? offset;
    return positionOf(/["']/.test(source[at - 1] ?? "") ? at - 1 : at);
  };
}

/**
 * Lists imports and exports of a module: of the `code` that runs, and of the TypeScript `source` it was made from for
 * the names that are types.
 */
export async function lex(source: string, code: string): Promise<Lexed | SyntaxProblem> {
  const { init, parse } = await import("es-module-lexer");
  await init();
  let imports: readonly Import[];
  let exports: readonly Export[];
  try {
    [imports, exports] = parse(code);
  } catch (thrown) {
    const offset = Number((thrown as { idx?: unknown }).idx ?? 0);
    return { problem: messageOf(thrown).replace(/ @:\d+:\d+$/, ""), ...position(code, offset) };
  }
  const [originalImports, originalExports] = source === code ? [imports, []] : parse(source);
  const places = placesIn(source, code, originalImports);
  const types = localTypes(source, code);
  return {
    imports: imports.flatMap((one) => importOf(one, code, places)),
    exports: [
      ...exports.map((one) => exportOf(one, code, types)),
      ...originalExports.flatMap((one): readonly ModuleExport[] =>
        one.typeOnly && one.type !== "reexport-all" ? [{ kind: "type", name: one.name }] : []
      ),
    ],
  };
}
