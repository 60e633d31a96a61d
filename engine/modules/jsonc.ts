// JSON with comments and trailing commas, as deno.json may be written.

const TOKENS = /"(?:[^"\\\n]|\\.)*"|\/\/[^\r\n]*|\/\*[^]*?\*\//g;
const COMMAS = /"(?:[^"\\\n]|\\.)*"|,(?=\s*[}\]])/g;

/** Strict JSON with every character where it was: comments and trailing commas become spaces. */
export function plainJson(text: string): string {
  const spaces = (part: string): string => part.startsWith('"') ? part : part.replace(/[^\r\n]/g, " ");
  return text.replace(/^\ufeff/, " ").replace(TOKENS, spaces).replace(COMMAS, spaces);
}

/** A property of an object in a text. */
interface Property {
  readonly key: string;
  readonly start: number;
  /** Where its value stands. */
  readonly from: number;
  readonly to: number;
}

/** The end of the value that begins at an offset of strict, valid JSON. */
function endOfValue(text: string, from: number): number {
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],]/g;
  token.lastIndex = from;
  let depth = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [word] = match;
    if (word === "{" || word === "[") depth++;
    else if (depth === 0 && /^[,\]}]/.test(word)) {
      return from + text.slice(from, match.index).trimEnd().length;
    } else if (word === "}" || word === "]") depth--;
    if (depth === 0 && word !== ",") return token.lastIndex;
  }
  return text.length;
}

/** Properties of the object whose brace stands at an offset of strict, valid JSON. */
function propertiesAt(text: string, brace: number): readonly Property[] {
  const found: Property[] = [];
  const head = /[\s,]*("(?:[^"\\]|\\.)*")\s*:\s*/y;
  head.lastIndex = brace + 1;
  for (let match = head.exec(text); match !== null; match = head.exec(text)) {
    const from = head.lastIndex;
    const to = endOfValue(text, from);
    const [whole, key = '""'] = match;
    found.push({
      key: JSON.parse(key),
      start: from - whole.trimStart().replace(/^,\s*/, "").length,
      from,
      to,
    });
    head.lastIndex = to;
  }
  return found;
}

/** Spaces before the first thing of the line that an offset is in. */
function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1);
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}

function insert(text: string, plain: string, brace: number, key: string, value: string): string {
  const last = propertiesAt(plain, brace).at(-1);
  const entry = `${JSON.stringify(key)}: ${value}`;
  if (last === undefined) {
    const indent = indentAt(text, brace);
    const shifted = entry.replaceAll("\n", `\n${indent}  `);
    return `${text.slice(0, brace + 1)}\n${indent}  ${shifted}\n${indent}${
      text.slice(brace + 1).trimStart()
    }`;
  }
  const ownLine = text.slice(brace, last.start).includes("\n");
  if (!ownLine) return `${text.slice(0, last.to)}, ${entry}${text.slice(last.to)}`;
  // A comment at the end of the last property's line stays with it.
  const tail = /^[ \t]*,?[ \t]*(?:\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/)?/.exec(text.slice(last.to))?.[0] ?? "";
  const indent = indentAt(text, last.start);
  const shifted = entry.replaceAll("\n", `\n${indent}`);
  const rest = text.slice(last.to + tail.length);
  return `${text.slice(0, last.to)},${tail.replace(",", "")}\n${indent}${shifted}${rest}`;
}

/**
 * The text of a JSON file with comments in which `key` of the object `parent` has this value: all else stays as its
 * author wrote it.
 *
 * @throws {SyntaxError} when the text is no JSON object, or `parent` in it is none.
 *
 * @example
 * ```ts
 * import { withEntry } from "./jsonc.ts";
 *
 * const text = withEntry('{ "imports": {} } // mine', "imports", "backup", "https://example.com/backup.ts");
 * console.assert(text.includes('"backup": "https://example.com/backup.ts"') && text.endsWith("// mine"));
 * ```
 */
export function withEntry(text: string, parent: string, key: string, value: string): string {
  const plain = plainJson(text);
  const parsed: unknown = JSON.parse(plain);
  const brace = plain.search(/\S/);
  if (plain[brace] !== "{" || typeof parsed !== "object") throw new SyntaxError("It holds no object");
  const holder = propertiesAt(plain, brace).find((one) => one.key === parent);
  const quoted = JSON.stringify(value);
  if (holder === undefined) {
    return insert(text, plain, brace, parent, `{\n  ${JSON.stringify(key)}: ${quoted}\n}`);
  }
  if (plain[holder.from] !== "{") throw new SyntaxError(`Its "${parent}" is no object`);
  const same = propertiesAt(plain, holder.from).find((one) => one.key === key);
  if (same === undefined) return insert(text, plain, holder.from, key, quoted);
  return text.slice(0, same.from) + quoted + text.slice(same.to);
}
