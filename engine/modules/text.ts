import type { Origin } from "../errors.ts";

/** Line and column, 1-based, of an offset. */
export function position(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: offset - lineStart + 1 };
}

/** {@linkcode position} for many offsets of a text, which is read once. */
export function positionsIn(
  text: string,
): (offset: number) => { readonly line: number; readonly column: number } {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

/** A URL as people know it: relative to the project folder where it is inside. */
export function displayUrl(url: string, root: string): string {
  return url.startsWith(root) ? decodeURIComponent(url.slice(root.length)) : url;
}

/** A place in a module. */
export function originAt(url: string, root: string, at: { line: number; column: number }): Origin {
  return { file: displayUrl(url, root), line: at.line, column: at.column };
}

/** From an offset to before another. */
export type Range = readonly [start: number, end: number];

/** A text with ranges made of spaces, so that every line and column after them stays what it was. */
export function blankAll(text: string, ranges: readonly Range[]): string {
  if (ranges.length === 0) return text;
  const parts: string[] = [];
  let at = 0;
  for (const [start, end] of ranges.toSorted(([a], [b]) => a - b)) {
    const from = Math.max(at, start);
    if (end <= from) continue;
    parts.push(text.slice(at, from), text.slice(from, end).replace(/[^\r\n]/g, " "));
    at = end;
  }
  return parts.join("") + text.slice(at);
}
