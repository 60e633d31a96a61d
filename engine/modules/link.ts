import type { Prepared } from "./prepare.ts";
import type { ModuleImport } from "./lex.ts";
import { blank } from "./text.ts";
import { PALLET_URL } from "./types.ts";

/** A module with what its specifiers mean. */
export interface Linked extends Prepared {
  readonly url: string;
  readonly resolved: Readonly<Record<string, string>>;
}

/** What a name is to the one who imports it. */
type NameKind = "value" | "type" | "unknown";

/** Tells types from values across a graph, as a compiler does that sees all of it. */
export interface Names {
  kindOf(url: string | undefined, name: string): NameKind;
}

/**
 * Names of a whole graph. "pallet" exports the given values; whatever else begins with a capital there is a type.
 */
export function namesOf(modules: ReadonlyMap<string, Linked>, palletExports: ReadonlySet<string>): Names {
  const find = (url: string | undefined, name: string, seen: ReadonlySet<string>): NameKind => {
    if (name === "*") return "value";
    if (url === PALLET_URL) {
      if (palletExports.has(name)) return "value";
      return /^\p{Lu}/u.test(name) ? "type" : "unknown";
    }
    const module = url === undefined ? undefined : modules.get(url);
    const step = `${url} ${name}`;
    if (module === undefined || seen.has(step)) return "unknown";
    const path = new Set([...seen, step]);
    const own = module.exports.filter((one) => one.kind !== "star" && one.name === name)
      .map((one) =>
        one.kind === "from" ? find(module.resolved[one.specifier], one.imported, path) : one.kind
      );
    if (own.includes("value")) return "value";
    if (own.length > 0) return own.includes("type") ? "type" : "unknown";
    if (name === "default") return "unknown";
    const passed = module.exports.map((one) =>
      one.kind === "star" ? find(module.resolved[one.specifier], name, path) : "unknown"
    );
    return passed.find((kind) => kind === "value") ?? passed.find((kind) => kind === "type") ?? "unknown";
  };
  return { kindOf: (url, name) => find(url, name, new Set()) };
}

/** End of a range, with the comma that follows the name in it. */
function withComma(code: string, end: number): number {
  return end + (/^\s*,/.exec(code.slice(end))?.[0].length ?? 0);
}

function blankImport(code: string, one: ModuleImport, isType: (imported: string) => boolean): string {
  const types = one.bindings.filter((binding) => isType(binding.imported));
  if (types.length === 0 || one.statement === undefined) return code;
  if (types.length === one.bindings.length) return blank(code, ...one.statement);
  return types.reduce(
    (text, binding) => blank(text, binding.start, withComma(text, binding.end)),
    code,
  );
}

/**
 * Blanks names that are types only in import and export statements, which TypeScript leaves unmarked and JavaScript
 * would refuse; every position stays. A statement with nothing left goes, and its module with it unless needed
 * elsewhere.
 */
export function link(module: Linked, names: Names): Linked {
  let code = module.code;
  const imports: ModuleImport[] = [];
  for (const one of module.imports) {
    const url = one.specifier === undefined ? undefined : module.resolved[one.specifier];
    const isType = (imported: string): boolean => names.kindOf(url, imported) === "type";
    code = blankImport(code, one, isType);
    const gone = one.bindings.length > 0 && one.bindings.every((binding) => isType(binding.imported));
    if (gone) continue;
    imports.push({ ...one, bindings: one.bindings.filter((binding) => !isType(binding.imported)) });
  }
  for (const one of module.exports) {
    if (one.kind === "value" || one.kind === "star" || one.range === undefined) continue;
    const isType = one.kind === "type" ||
      names.kindOf(module.resolved[one.specifier], one.imported) === "type";
    if (isType) code = blank(code, one.range[0], withComma(code, one.range[1]));
  }
  return { ...module, code, imports };
}
