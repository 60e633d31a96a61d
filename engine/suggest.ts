/** Edits (insert, delete, replace, swap of neighbours) that turn one word into another. */
function distance(a: string, b: string): number {
  const width = b.length + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: width }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j < width; j++) {
      const replace = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replace);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? 0;
}

/**
 * The known name nearest to an unknown one, if any is near enough to be what was meant: a third of its letters may
 * differ, or one name begins with the other.
 *
 * @example
 * ```ts
 * import { nearest } from "./suggest.ts";
 *
 * console.assert(nearest("memorySize", ["minCores", "memorySizes"]) === "memorySizes");
 * console.assert(nearest("xyz", ["minCores", "minRam"]) === undefined);
 * ```
 */
export function nearest(unknown: string, known: Iterable<string>): string | undefined {
  const word = unknown.toLowerCase();
  let best: { name: string; score: number } | undefined;
  for (const name of known) {
    const candidate = name.toLowerCase();
    const prefix = word.length >= 3 && (candidate.startsWith(word) || word.startsWith(candidate));
    const edits = distance(word, candidate);
    // A beginning is nearer than two slips, and not as near as one.
    const score = prefix ? Math.min(edits, 1.5) : edits;
    const limit = Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3));
    if (score <= limit && (best === undefined || score < best.score)) best = { name, score };
  }
  return best?.name;
}

/** ` Did you mean "x"?`, or nothing when no known name is near. */
export function didYouMean(unknown: string, known: Iterable<string>): string {
  const name = nearest(unknown, known);
  return name === undefined ? "" : ` Did you mean "${name}"?`;
}
