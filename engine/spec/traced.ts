// Many layers of data as one, each value with who says it and what it hides.
import { isPlainObject } from "./plain.ts";

/** Data, and who says each of its values. */
export interface TracedLayer<S> {
  readonly values: unknown;
  said(keys: readonly string[]): S;
}

/** A value and who says it. */
export interface SaidValue<S> {
  readonly value: unknown;
  readonly said: S;
}

/** A value that holds, with those below it that do not, the nearest first. */
export interface Traced<S> extends SaidValue<S> {
  readonly keys: readonly string[];
  readonly shadows: readonly SaidValue<S>[];
}

/** Values of a layer that stand for themselves; `depth` tells below which keys a value is taken whole. */
function* leaves(
  value: unknown,
  keys: readonly string[],
  depth: (keys: readonly string[]) => number,
): Generator<[readonly string[], unknown]> {
  if (value === undefined || value === null) return;
  if (keys.length < depth(keys) && isPlainObject(value)) {
    for (const [key, item] of Object.entries(value)) yield* leaves(item, [...keys, key], depth);
  } else yield [keys, value];
}

/** Whether keys lead to what some first keys lead to, or below it. */
export function startsWith(keys: readonly string[], start: readonly string[]): boolean {
  return start.every((key, at) => keys[at] === key);
}

/**
 * Merges layers, lowest first: what a later one says wins, key by key, unless it is null.
 *
 * @returns values in the order in which their keys were first said
 *
 * @example
 * ```ts
 * import { traced } from "./traced.ts";
 *
 * const layer = (name: string, values: unknown) => ({ values, said: () => name });
 * const [size] = traced([layer("low", { size: 1 }), layer("high", { size: 2 })]);
 * console.assert(size?.value === 2 && size.said === "high" && size.shadows[0]?.said === "low");
 * ```
 */
export function traced<S>(
  layers: readonly TracedLayer<S>[],
  depth: (keys: readonly string[]) => number = () => Infinity,
): readonly Traced<S>[] {
  let entries: Traced<S>[] = [];
  for (const layer of layers) {
    for (const [keys, value] of leaves(layer.values, [], depth)) {
      const hidden = (entry: Traced<S>) => startsWith(entry.keys, keys) || startsWith(keys, entry.keys);
      const at = entries.findIndex(hidden);
      const shadows = entries.filter(hidden).flatMap((entry) => [
        { value: entry.value, said: entry.said },
        ...entry.shadows,
      ]);
      const entry = { keys, value, said: layer.said(keys), shadows };
      if (at < 0) entries.push(entry);
      else entries = entries.flatMap((one, index) => index === at ? [entry] : hidden(one) ? [] : [one]);
    }
  }
  return entries;
}
