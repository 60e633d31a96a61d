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

/** A text with a range made of spaces, so that every line and column after it stays what it was. */
export function blank(text: string, start: number, end: number): string {
  return text.slice(0, start) + text.slice(start, end).replace(/[^\r\n]/g, " ") + text.slice(end);
}
