import assert from "node:assert/strict";
import fc from "fast-check";
import { deepMerge, isConflict, mergeOrders } from "./merge.ts";

/** Objects of one shape: a key holds a number in all of them, or an object in all of them. */
const shaped: fc.Arbitrary<unknown> = fc.record({
  a: fc.integer(),
  b: fc.record({
    c: fc.integer(),
    d: fc.record({ e: fc.string() }, { requiredKeys: [] }),
  }, {
    requiredKeys: [],
  }),
}, { requiredKeys: [] }).map((value) => JSON.parse(JSON.stringify(value)));

const orders = fc.array(
  fc.uniqueArray(fc.constantFrom<string[]>("a", "b", "c", "d", "e"), { maxLength: 4 }),
  {
    maxLength: 4,
  },
);

Deno.test("deepMerge() merges key by key, later wins, null does not", () => {
  const merged = deepMerge({ a: { b: 1, c: [1, 2] }, d: 1 }, { a: { c: [3] }, d: null, e: undefined });
  assert.deepEqual(merged, { a: { b: 1, c: [3] }, d: 1, e: undefined });
});

Deno.test("deepMerge() changes neither of its arguments", () => {
  const [a, b] = [
    Object.freeze({ x: Object.freeze({ y: 1 }) }),
    Object.freeze({ x: Object.freeze({ z: 2 }) }),
  ];
  assert.deepEqual(deepMerge(a, b), { x: { y: 1, z: 2 } });
  assert.deepEqual(a, { x: { y: 1 } });
});

Deno.test("deepMerge() takes functions by reference", () => {
  const run = () => 1;
  const merged = deepMerge({ a: { run } }, { a: { other: 1 } }) as { a: { run: unknown } };
  assert.equal(merged.a.run, run);
});

Deno.test("deepMerge() makes __proto__ a key like any other", () => {
  const merged = deepMerge({ a: 1 }, JSON.parse('{"__proto__": {"polluted": true}}')) as object;
  assert.equal(Reflect.get({}, "polluted"), undefined);
  assert.equal(Reflect.get(merged, "polluted"), undefined);
});

Deno.test("deepMerge() is associative for values of one shape", () => {
  fc.assert(fc.property(shaped, shaped, shaped, (a, b, c) => {
    assert.deepEqual(deepMerge(deepMerge(a, b), c), deepMerge(a, deepMerge(b, c)));
  }));
});

Deno.test("deepMerge() with the same value twice is that value", () => {
  fc.assert(fc.property(shaped, (a) => assert.deepEqual(deepMerge(a, a), a)));
});

Deno.test("mergeOrders() keeps every order, names each once, or names two orders that contradict", () => {
  fc.assert(fc.property(orders, (lists: readonly (readonly string[])[]) => {
    const merged = mergeOrders(lists);
    if (isConflict(merged)) {
      assert.ok(lists.includes(merged.second));
      return;
    }
    assert.equal(new Set(merged).size, merged.length);
    for (const list of lists) assert.deepEqual(merged.filter((name) => list.includes(name)), list);
  }));
});

Deno.test("mergeOrders() finds an order whenever the lists are parts of one", () => {
  const whole = ["a", "b", "c", "d", "e"];
  fc.assert(fc.property(fc.array(fc.subarray(whole)), (parts) => {
    assert.ok(!isConflict(mergeOrders(parts)));
  }));
});

Deno.test("mergeOrders() names the two orders that contradict", () => {
  assert.deepEqual(mergeOrders([["x"], ["a", "b"], ["b", "a"]]), { first: ["a", "b"], second: ["b", "a"] });
});

Deno.test("mergeOrders() refuses a circle of three orders, none of which contradicts another", () => {
  const merged = mergeOrders([["a", "b"], ["b", "c"], ["c", "a"]]);
  assert.deepEqual(merged, { first: ["a", "b", "c"], second: ["c", "a"] });
});
