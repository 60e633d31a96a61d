// What settings hold, read from the types that a crate declares them with.

/** A key of settings. */
export interface SettingsEntry {
  readonly name: string;
  /** Its type as it is written, on one line. */
  readonly type: string;
  readonly optional: boolean;
  /** What the author says of it; empty when nothing is said. */
  readonly documentation: string;
}

/** The text of a module that a source imports by a specifier, if it was loaded. */
export type Imported = (specifier: string) => Module | undefined;

/** A source, and what it imports. */
export interface Module {
  readonly source: string;
  readonly imported: Imported;
}

/** The text of a documentation comment. */
export function textOf(comment: string): string {
  const inner = comment.replace(/^\/\*\*|\*\/$/g, "");
  return inner.split("\n").map((line) => line.replace(/^\s*\*? ?/, "")).join("\n").trim();
}

/** A piece of a type: a comment, a text, an arrow, or one character. */
const PIECE = /\/\*[^]*?(?:\*\/|$)|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|=>|[^]/g;

/** Pieces from an offset on, each with how deep in brackets it stands; ends before the bracket that closes all. */
function* piecesOf(source: string, start: number): Generator<{ text: string; depth: number; at: number }> {
  let depth = 0;
  for (const match of source.slice(start, start + 20_000).matchAll(PIECE)) {
    const [text] = match;
    if (/^[)\]}>]$/.test(text) && --depth < 0) return;
    yield { text, depth, at: start + match.index };
    if (/^[([{<]$/.test(text)) depth++;
  }
}

/** The text between a bracket, which is before the offset, and the one that closes it. */
function inside(source: string, start: number): string {
  let end = start;
  for (const { text, at } of piecesOf(source, start)) end = at + text.length;
  return source.slice(start, end);
}

/** Members of an object type, by the text between its braces. */
function membersOf(body: string): readonly SettingsEntry[] {
  const entries: SettingsEntry[] = [];
  let [documentation, member] = ["", ""];
  const end = () => {
    const parsed = /^\s*(?:readonly\s+)?(?<name>[\w$]+|"[^"]*"|'[^']*')(?<optional>\?)?\s*:\s*(?<type>[^]*)$/
      .exec(member);
    const { name = "", optional, type = "" } = parsed?.groups ?? {};
    if (parsed !== null) {
      entries.push({
        name: name.replace(/^["']|["']$/g, ""),
        type: type.replace(/\s+/g, " ").trim(),
        optional: optional !== undefined,
        documentation,
      });
    }
    [documentation, member] = ["", ""];
  };
  for (const { text, depth } of piecesOf(body, 0)) {
    if (text.startsWith("/**") && depth === 0) documentation = textOf(text);
    else if (text.startsWith("/*") || text.startsWith("//")) continue;
    else if (depth === 0 && /^[;,]$/.test(text)) end();
    // A line may end a member, unless its type goes on.
    else if (depth === 0 && text === "\n" && /:[^]*[^\s|&:=]\s*$/.test(member)) member += "\n\0";
    else if (member.endsWith("\0") && !/^\s$/.test(text)) {
      member = member.slice(0, -1);
      if (!/^[|&]$/.test(text)) end();
      member += text;
    } else member += member.endsWith("\0") ? "" : text;
  }
  member = member.replace("\0", "");
  end();
  return entries;
}

/** The module that a name of a type is imported from, and what it is called there. */
function importedFrom(name: string, module: Module): readonly [string, Module] | undefined {
  const statements = /\b(?:import|export)\s+(?:type\s+)?\{([^}]*)\}\s*from\s*["']([^"']+)["']/g;
  for (const [, names = "", specifier = ""] of module.source.matchAll(statements)) {
    for (const one of names.split(",")) {
      const [, there = "", here = there] = /^\s*(?:type\s+)?([\w$]+)(?:\s+as\s+([\w$]+))?\s*$/.exec(one) ??
        [];
      if (here !== name) continue;
      const found = module.imported(specifier);
      return found && [there, found];
    }
  }
  return undefined;
}

/** Members of a type as it is written: of an object, of a name, of several together. */
function membersOfType(type: string, module: Module, hops: number): readonly SettingsEntry[] {
  const text = type.trim();
  if (hops === 0) return [];
  if (text.startsWith("{")) return membersOf(inside(text, 1));
  const wrapped = /^(?:Readonly|Partial|Required)<([^]*)>$/.exec(text);
  if (wrapped !== null) return membersOfType(wrapped[1] ?? "", module, hops - 1);
  if (!/^[\w$]+$/.test(text)) return [];
  const declared = new RegExp(
    String
      .raw`\b(?:interface\s+${text}\b(?:\s*extends\s+(?<bases>[\w$\s,]+?))?\s*\{|type\s+${text}\s*=\s*(?<alias>[^;]*?)(?<open>\{|;|\n\n|$))`
      .replaceAll("$\\b", "\\$\\b"),
  ).exec(module.source);
  if (declared === null) {
    const [name, there] = importedFrom(text, module) ?? [];
    return name === undefined || there === undefined ? [] : membersOfType(name, there, hops - 1);
  }
  const { bases = "", alias = "", open = "{" } = declared.groups ?? {};
  const above = `${bases},${alias.replaceAll("&", ",")}`.split(",").filter((name) =>
    /^\s*[\w$]+\s*$/.test(name)
  );
  const inherited = above.flatMap((name) => membersOfType(name, module, hops - 1));
  const own = open === "{" ? membersOf(inside(module.source, declared.index + declared[0].length)) : [];
  return [...inherited, ...own];
}

/**
 * What the settings of a key hold, by the offset where its name ends: `settingsKey<Type>(...)`, or a key that is
 * annotated. Empty when its type says nothing, or is of a module that was not loaded.
 */
export function settingsShape(module: Module, start: number): readonly SettingsEntry[] {
  const statement = module.source.slice(start, start + 400);
  const typed = /^\s*(?::\s*SettingsKey|(?::[^=]*)?=\s*settingsKey)\s*</.exec(statement);
  if (typed === null) return [];
  const type = inside(module.source, start + typed[0].length);
  const entries = membersOfType(type, module, 5);
  return [...new Map(entries.map((entry) => [entry.name, entry])).values()];
}
