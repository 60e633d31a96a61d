import type { Prepared } from "./prepare.ts";
import type { ModuleExport, ModuleImport } from "./lex.ts";
import { blankAll, type Range } from "./text.ts";
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
  const tables = new Map([...modules].map(([url, module]) => [url, tableOf(module)]));
  const known = new Map<string, NameKind>();
  /** Collects what a name may be; each place is looked at once, however many ways lead there. */
  const collect = (url: string | undefined, name: string, seen: Set<string>, kinds: Set<NameKind>): void => {
    const step = `${url} ${name}`;
    if (seen.has(step)) return;
    seen.add(step);
    if (name === "*") kinds.add("value");
    else if (url === PALLET_URL) kinds.add(palletKind(name, palletExports));
    const module = modules.get(url ?? "");
    const table = tables.get(url ?? "");
    if (module === undefined || table === undefined || name === "*") return;
    const own = table.named.get(name);
    for (const one of own ?? []) {
      if (one.kind === "from") collect(module.resolved[one.specifier], one.imported, seen, kinds);
      else kinds.add(one.kind);
    }
    if (own !== undefined || name === "default") return;
    for (const specifier of table.stars) collect(module.resolved[specifier], name, seen, kinds);
  };
  return {
    kindOf: (url, name) => {
      const key = `${url} ${name}`;
      const before = known.get(key);
      if (before !== undefined) return before;
      const kinds = new Set<NameKind>();
      collect(url, name, new Set(), kinds);
      const kind = kinds.has("value") ? "value" : kinds.has("type") ? "type" : "unknown";
      known.set(key, kind);
      return kind;
    },
  };
}

function palletKind(name: string, palletExports: ReadonlySet<string>): NameKind {
  if (palletExports.has(name)) return "value";
  return /^\p{Lu}/u.test(name) ? "type" : "unknown";
}

/** Exports of a module by their names. */
interface Table {
  readonly named: ReadonlyMap<string, readonly NamedExport[]>;
  /** Specifiers of modules whose names are all passed on. */
  readonly stars: readonly string[];
}

type NamedExport = Exclude<ModuleExport, { readonly kind: "star" }>;

function tableOf({ exports }: Linked): Table {
  const named = new Map<string, NamedExport[]>();
  const stars: string[] = [];
  for (const one of exports) {
    if (one.kind === "star") stars.push(one.specifier);
    else named.set(one.name, [...named.get(one.name) ?? [], one]);
  }
  return { named, stars };
}

/** End of a range, with the comma that follows the name in it. */
function withComma(code: string, end: number): number {
  const comma = /\s*,/y;
  comma.lastIndex = end;
  return end + (comma.exec(code)?.[0].length ?? 0);
}

/** Ranges of an import that name types alone. */
function typesOf(code: string, one: ModuleImport, isType: (imported: string) => boolean): readonly Range[] {
  const types = one.bindings.filter((binding) => isType(binding.imported));
  if (types.length === 0 || one.statement === undefined) return [];
  if (types.length === one.bindings.length) return [one.statement];
  return types.map(({ start, end }) => [start, withComma(code, end)]);
}

/**
 * Blanks names that are types only in import and export statements, which TypeScript leaves unmarked and JavaScript
 * would refuse; every position stays. A statement with nothing left goes, and its module with it unless needed
 * elsewhere.
 */
export function link(module: Linked, names: Names): Linked {
  const { code } = module;
  const ranges: Range[] = [];
  const imports: ModuleImport[] = [];
  for (const one of module.imports) {
    const url = one.specifier === undefined ? undefined : module.resolved[one.specifier];
    const isType = (imported: string): boolean => names.kindOf(url, imported) === "type";
    ranges.push(...typesOf(code, one, isType));
    const gone = one.bindings.length > 0 && one.bindings.every((binding) => isType(binding.imported));
    if (gone) continue;
    imports.push({ ...one, bindings: one.bindings.filter((binding) => !isType(binding.imported)) });
  }
  for (const one of module.exports) {
    if (one.kind === "value" || one.kind === "star" || one.range === undefined) continue;
    const isType = one.kind === "type" ||
      names.kindOf(module.resolved[one.specifier], one.imported) === "type";
    if (isType) ranges.push([one.range[0], withComma(code, one.range[1])]);
  }
  return { ...module, code: blankAll(code, ranges), imports };
}
