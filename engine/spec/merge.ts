// The two rules by which layers become one: maps merge key by key, orders merge into one order.
import { isPlainObject } from "./plain.ts";

type Layer = Readonly<Record<string, unknown>>;

/**
 * One value from two: plain objects are merged key by key, at every depth; of anything else the later wins, unless it
 * is `null` or `undefined`. Functions and arrays are taken whole.
 *
 * @example
 * ```ts
 * import { deepMerge } from "./merge.ts";
 *
 * const merged = deepMerge({ image: { osFamily: "debian" }, count: 1 }, { image: { osVersion: "12" }, count: null });
 * console.assert(JSON.stringify(merged) === '{"image":{"osFamily":"debian","osVersion":"12"},"count":1}');
 * ```
 */
export function deepMerge(earlier: unknown, later: unknown): unknown {
  if (later === undefined || later === null) return earlier === undefined ? later : earlier;
  if (!isPlainObject(earlier) || !isPlainObject(later)) return later;
  return mergeWith(earlier, later, deepMerge);
}

/** Merges two objects; `merge` decides about keys that both have, and about the later one's own. */
export function mergeWith(
  earlier: Layer,
  later: Layer,
  merge: (earlier: unknown, later: unknown, key: string) => unknown,
): Layer {
  const merged = new Map(Object.entries(earlier));
  for (const [key, value] of Object.entries(later)) merged.set(key, merge(merged.get(key), value, key));
  // From entries, so that a key is always an own one, whatever its name.
  return Object.fromEntries(merged);
}

/** Two orders that contradict each other. */
export interface OrderConflict {
  readonly first: readonly string[];
  readonly second: readonly string[];
}

/** Whether two orders hold some names in opposite order. */
function contradict(a: readonly string[], b: readonly string[]): boolean {
  const common = a.filter((name) => b.includes(name));
  return b.filter((name) => a.includes(name)).some((name, index) => name !== common[index]);
}

/** Names so that each comes after those before it, earliest met first; nothing when there is a circle. */
function sorted(orders: readonly (readonly string[])[]): readonly string[] | undefined {
  const left = [...new Set(orders.flat())];
  const placed = new Set<string>();
  while (left.length > 0) {
    const index = left.findIndex((name) =>
      orders.every((order) =>
        order.slice(0, Math.max(0, order.indexOf(name))).every((one) => placed.has(one))
      )
    );
    const [name] = index < 0 ? [] : left.splice(index, 1);
    if (name === undefined) return undefined;
    placed.add(name);
  }
  return [...placed];
}

/**
 * One order that keeps each of several, e.g. of default phases: `[a, b]` and `[b, c]` are `[a, b, c]`; names that no
 * order relates stay as they were met. Each order names nothing twice.
 *
 * @example
 * ```ts
 * import { mergeOrders } from "./merge.ts";
 *
 * console.assert(String(mergeOrders([["install", "start"], ["install", "tune", "start"]])) === "install,tune,start");
 * ```
 */
export function mergeOrders(orders: readonly (readonly string[])[]): readonly string[] | OrderConflict {
  let merged: readonly string[] = [];
  for (const [index, second] of orders.entries()) {
    const next = sorted(orders.slice(0, index + 1));
    if (next === undefined) {
      return { first: orders.slice(0, index).find((order) => contradict(order, second)) ?? merged, second };
    }
    merged = next;
  }
  return merged;
}

/** Whether {@linkcode mergeOrders} found no order. */
export function isConflict(merged: readonly string[] | OrderConflict): merged is OrderConflict {
  return "first" in merged;
}
