// Many layers as one, each value with where it was said and what it hides.
import type { Json } from "../json.ts";
import { startsWith, traced } from "../spec/traced.ts";
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
const WHOLE: ReadonlySet<string> = new Set(["services", "plugins", "images", "hardware", "schedules"]);

/**
 * Merges layers, lowest first: what a later one says wins, key by key; an item of `services`, `plugins`, `images`,
 * `hardware` and `schedules` is taken whole.
 *
 * @returns entries in the order in which their keys were first said
 */
export function mergeLayers(layers: readonly Layer[]): readonly Entry[] {
  // What files hold is JSON.
  return traced(layers, ([first = ""]) => WHOLE.has(first) ? 2 : Infinity) as readonly Entry[];
}

/** The entries below some keys, by what follows them. */
export function below(
  entries: readonly Entry[],
  ...keys: readonly string[]
): readonly (readonly [string, Entry])[] {
  return entries
    .filter((entry) => startsWith(entry.keys, keys) && entry.keys.length > keys.length)
    .map((entry) => [entry.keys.slice(keys.length).join("."), entry]);
}

/** The entry of a key. */
export function entryOf(entries: readonly Entry[], ...keys: readonly string[]): Entry | undefined {
  return entries.find((entry) => entry.keys.length === keys.length && startsWith(entry.keys, keys));
}
