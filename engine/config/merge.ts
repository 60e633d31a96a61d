// Many layers as one, each value with where it was said and what it hides.
import type { Json } from "../json.ts";
import { isPlainObject } from "../spec/plain.ts";
import type { Layer, Said } from "./layers.ts";

/** A value and where it was said. */
export interface SaidValue {
  readonly value: Json;
  readonly said: Said;
}

/** A value that holds, with those below it that do not, the nearest first. */
export interface Entry extends SaidValue {
  readonly keys: readonly string[];
  readonly shadows: readonly SaidValue[];
}

/** Keys whose items are taken whole: a service is never half of one file and half of another. */
const WHOLE: ReadonlySet<string> = new Set(["services", "plugins", "images", "hardware"]);

/** Keys that are data of people's own, merged at every depth. */
const DEEP: ReadonlySet<string> = new Set(["environment", "environments"]);

/** Values of a layer that stand for themselves. */
function* leaves(value: unknown, keys: readonly string[]): Generator<[readonly string[], Json]> {
  if (value === undefined || (value === null && keys.length > 1)) return;
  const [first = ""] = keys;
  const depth = DEEP.has(first) ? Infinity : WHOLE.has(first) ? 2 : Infinity;
  if (keys.length < depth && isPlainObject(value)) {
    for (const [key, item] of Object.entries(value)) yield* leaves(item, [...keys, key]);
  } else yield [keys, value as Json];
}

function startsWith(keys: readonly string[], start: readonly string[]): boolean {
  return start.every((key, at) => keys[at] === key);
}

/**
 * Merges layers, lowest first: what a later one says wins, key by key; an item of `services`, `plugins`, `images` and
 * `hardware` is taken whole.
 *
 * @returns entries in the order in which their keys were first said
 */
export function mergeLayers(layers: readonly Layer[]): readonly Entry[] {
  let entries: Entry[] = [];
  for (const layer of layers) {
    for (const [keys, value] of leaves(layer.values, [])) {
      const hidden = (entry: Entry) => startsWith(entry.keys, keys) || startsWith(keys, entry.keys);
      const at = entries.findIndex(hidden);
      const shadows = entries.filter(hidden).flatMap((entry) => [
        { value: entry.value, said: entry.said },
        ...entry.shadows,
      ]);
      const entry: Entry = { keys, value, said: layer.said(keys), shadows };
      if (at < 0) entries.push(entry);
      else entries = entries.flatMap((one, index) => index === at ? [entry] : hidden(one) ? [] : [one]);
    }
  }
  return entries;
}

/** The entries below some keys, by what follows them. */
export function below(
  entries: readonly Entry[],
  ...keys: readonly string[]
): readonly (readonly [string, Entry])[] {
  return entries.filter((entry) => startsWith(entry.keys, keys) && entry.keys.length > keys.length).map((
    entry,
  ) => [entry.keys.slice(keys.length).join("."), entry]);
}

/** The entry of a key. */
export function entryOf(entries: readonly Entry[], ...keys: readonly string[]): Entry | undefined {
  return entries.find((entry) => entry.keys.length === keys.length && startsWith(entry.keys, keys));
}
