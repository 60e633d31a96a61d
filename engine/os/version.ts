// Versions as vectors, and which of several version ranges fits one best.

/** `12`, `24.04`, `1.2.3` as numbers, first to last. */
export type Version = readonly number[];

/** Versions from one to another, both included; an end that is absent is open. */
export interface VersionRange {
  readonly from?: Version;
  readonly to?: Version;
}

/**
 * The numbers of a version. A system without a version (a rolling one, such as Debian sid) is newer than all others.
 *
 * @example
 * ```ts
 * import { parseVersion } from "./version.ts";
 *
 * console.assert(parseVersion("1.2.3").join() === "1,2,3");
 * console.assert(parseVersion("24.04").join() === "24,4");
 * ```
 */
export function parseVersion(text: string): Version {
  const numbers = text.match(/\d+/g);
  return numbers === null ? [Infinity] : numbers.map(Number);
}

/**
 * A range from its text: `12` (all of 12), `10..12`, `10..`, `..12`.
 *
 * @returns nothing when the text is no range, or one that ends before it begins.
 */
export function parseRange(text: string): VersionRange | undefined {
  const match = /^(\d+(?:\.\d+)*)?(\.\.)?(\d+(?:\.\d+)*)?$/.exec(text);
  if (match === null) return undefined;
  const [from, dots, to] = [match[1], match[2], match[3]];
  if (dots === undefined) {
    return from === undefined ? undefined : { from: parseVersion(from), to: parseVersion(from) };
  }
  if (from === undefined && to === undefined) return undefined;
  const range = {
    ...(from === undefined ? {} : { from: parseVersion(from) }),
    ...(to === undefined ? {} : { to: parseVersion(to) }),
  };
  const empty = range.from !== undefined && range.to !== undefined &&
    compare(range.from, range.to, range.to.length) > 0;
  return empty ? undefined : range;
}

/** Compares the first numbers of two versions; one that is absent counts as 0. */
function compare(a: Version, b: Version, length: number): number {
  for (let at = 0; at < length; at++) {
    const [x, y] = [a[at] ?? 0, b[at] ?? 0];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

/**
 * Whether a version lies in a range. An end counts as far as it is written: `1.2` as an end holds every 1.2.x.
 *
 * @example
 * ```ts
 * import { inRange, parseRange, parseVersion } from "./version.ts";
 *
 * console.assert(inRange(parseVersion("1.2.9"), parseRange("1.1..1.2") ?? {}));
 * console.assert(!inRange(parseVersion("1.3"), parseRange("1.1..1.2") ?? {}));
 * ```
 */
export function inRange(version: Version, range: VersionRange): boolean {
  const { from, to } = range;
  return (from === undefined || compare(version, from, from.length) >= 0) &&
    (to === undefined || compare(version, to, to.length) <= 0);
}

/** Of two values that differ, how they compare; -1 when the first is smaller. */
function order(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** How much a range holds, most significant first: open ends, then the distance of its ends number by number. */
function width(range: VersionRange, length: number): readonly number[] {
  const open = (range.from === undefined ? 1 : 0) + (range.to === undefined ? 1 : 0);
  if (range.from === undefined || range.to === undefined) return [open];
  const [from, to] = [range.from, range.to];
  const spans = Array.from({ length }, (_, at) => (to[at] ?? Infinity) - (from[at] ?? 0));
  return [open, ...spans];
}

/**
 * Orders ranges narrowest first: a range that lies in another one comes before it. Where neither lies in the other,
 * the one with fewer open ends comes first, then the shorter, then the one that begins later.
 */
export function narrowerFirst(a: VersionRange, b: VersionRange): number {
  const length = Math.max(...[a.from, a.to, b.from, b.to].map((end) => end?.length ?? 0));
  const [widthA, widthB] = [width(a, length), width(b, length)];
  for (let at = 0; at < Math.min(widthA.length, widthB.length); at++) {
    const result = order(widthA[at] ?? 0, widthB[at] ?? 0);
    if (result !== 0) return result;
  }
  if (a.from !== undefined && b.from !== undefined) {
    const later = compare(b.from, a.from, length);
    if (later !== 0) return later;
  }
  return a.to !== undefined && b.to !== undefined ? endsEarlier(a.to, b.to, length) : 0;
}

/** Compares upper ends; a number that is absent stands for all. */
function endsEarlier(a: Version, b: Version, length: number): number {
  for (let at = 0; at < length; at++) {
    const result = order(a[at] ?? Infinity, b[at] ?? Infinity);
    if (result !== 0) return result;
  }
  return 0;
}
