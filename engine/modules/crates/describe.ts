// What a module offers, read from its source.
import type { ModuleExport } from "../lex.ts";
import { type Module, type SettingsEntry, settingsShape, textOf } from "./settings_shape.ts";

/** Something that a crate exports. */
export interface Exported {
  readonly name: string;
  readonly kind: "function" | "value" | "class" | "type" | "settings";
  /** Its declaration up to its body. */
  readonly declaration: string;
  /** What its author says of it; empty when nothing is said. */
  readonly documentation: string;
  /** What settings of this key hold, as far as its type says. */
  readonly settings?: readonly SettingsEntry[];
}

/** A module as its author wrote it, with what is known of it. Plain data. */
export interface Source {
  readonly text: string;
  readonly exports: readonly ModuleExport[];
  /** What its specifiers mean. */
  readonly resolved: Readonly<Record<string, string>>;
}

/** Modules by their URLs. */
export type Sources = Readonly<Record<string, Source>>;

function sourceOf(url: string, sources: Sources): Source | undefined {
  return Object.hasOwn(sources, url) ? sources[url] : undefined;
}

const DECLARATION = String
  .raw`(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:async\s+)?(?:abstract\s+)?(?<word>function\*?|const|let|var|class|enum|interface|type)\s+`;

/** The text of a declaration before its body, on one line. */
function headOf(source: string, start: number): string {
  let depth = 0;
  let at = start;
  for (; at < source.length && at - start < 400; at++) {
    const character = source[at] ?? "";
    if (/[([<]/.test(character)) depth++;
    else if (/[)\]]/.test(character) || (character === ">" && source[at - 1] !== "=")) depth--;
    else if (depth <= 0 && /[{;=]/.test(character)) break;
  }
  return source.slice(start, at).replace(/^(?:export|default|declare)\s+/g, "").replace(/\s+/g, " ").trim();
}

function kindOf(word: string, rest: string): Exported["kind"] {
  if (word.startsWith("function")) return "function";
  if (word === "class") return "class";
  if (word === "interface" || word === "type") return "type";
  if (/^\s*(?::[^=]*)?=\s*settingsKey\b/.test(rest)) return "settings";
  return /^\s*(?::[^=]*)?=\s*(?:async\s*)?(?:\([^)]*\)|\w+)\s*(?::[^=]*)?=>/.test(rest)
    ? "function"
    : "value";
}

/** A module, and from it those that it imports and that were loaded. */
function moduleOf(url: string, sources: Sources): Module | undefined {
  const source = sourceOf(url, sources);
  if (source === undefined) return undefined;
  const imported = (specifier: string): Module | undefined => {
    const there = source.resolved[specifier] ?? URL.parse(specifier, url)?.href;
    return there === undefined ? undefined : moduleOf(there, sources);
  };
  return { source: source.text, imported };
}

function found(name: string, local: string, module: Module): Exported | undefined {
  const { source } = module;
  const pattern = new RegExp(
    `(?<doc>/\\*\\*(?:(?!\\*/)[^])*\\*/\\s*)?(?<head>${DECLARATION}${
      local.replaceAll("$", "\\$")
    })(?![\\w$])`,
  );
  const match = pattern.exec(source);
  if (match?.groups === undefined) return undefined;
  const { doc = "", head = "", word = "" } = match.groups;
  const end = match.index + match[0].length;
  const kind = kindOf(word, source.slice(end, end + 400));
  const settings = kind === "settings" ? settingsShape(module, end) : [];
  return {
    name,
    kind,
    declaration: headOf(source, end - head.length),
    documentation: textOf(doc.trim()),
    ...(settings.length === 0 ? {} : { settings }),
  };
}

/** Where a name is declared: its module, and what it is called there. */
function declared(
  url: string,
  name: string,
  sources: Sources,
  seen: Set<string> = new Set(),
): readonly [url: string, name: string] | undefined {
  const module = sourceOf(url, sources);
  const step = `${url} ${name}`;
  if (module === undefined || seen.has(step)) return undefined;
  seen.add(step);
  for (const one of module.exports) {
    if (one.kind === "star" || one.name !== name) continue;
    if (one.kind !== "from") return [url, name];
    return declared(module.resolved[one.specifier] ?? "", one.imported, sources, seen);
  }
  for (const one of module.exports) {
    if (one.kind !== "star") continue;
    const there = declared(module.resolved[one.specifier] ?? "", name, sources, seen);
    if (there !== undefined) return there;
  }
  return undefined;
}

/** All names that a module exports, those that it passes on among them. */
function namesOf(url: string, sources: Sources, seen: Set<string> = new Set()): ReadonlySet<string> {
  const names = new Set<string>();
  const module = seen.has(url) ? undefined : sourceOf(url, sources);
  if (module === undefined) return names;
  seen.add(url);
  for (const one of module.exports) {
    if (one.kind !== "star") names.add(one.name);
    else {
      const passed = namesOf(module.resolved[one.specifier] ?? "", sources, seen);
      for (const name of passed) if (name !== "default") names.add(name);
    }
  }
  return names;
}

/** What a module exports, with documentation, by name. */
export function describe(url: string, sources: Sources): readonly Exported[] {
  const names = [...namesOf(url, sources)].filter((name) => name !== "pallet").sort();
  return names.map((name): Exported => {
    const [at, local] = declared(url, name, sources) ?? [url, name];
    const module = moduleOf(at, sources);
    return (module && found(name, local, module)) ??
      { name, kind: "value", declaration: name, documentation: "" };
  });
}
