import assert from "node:assert/strict";
import fc from "fast-check";
import { inRange, narrowerFirst, parseRange, parseVersion, type VersionRange } from "./version.ts";

Deno.test("check 91: a version is a vector of numbers", () => {
  assert.deepEqual(parseVersion("1.2.3"), [1, 2, 3]);
  assert.deepEqual(parseVersion("24.04"), [24, 4]);
  assert.deepEqual(parseVersion(""), [Infinity]);
});

Deno.test("check 91: a short version matches every longer one that begins with it", () => {
  const range = parseRange("1.2") ?? {};
  assert.ok(inRange([1, 2], range));
  assert.ok(inRange([1, 2, 99], range));
  assert.ok(!inRange([1, 3], range));
  assert.ok(!inRange([1], range));
});

Deno.test("check 91: both ends of a range are included and may be open", () => {
  const closed = parseRange("10..12") ?? {};
  assert.deepEqual([9, 10, 12, 13].map((major) => inRange([major, 4], closed)), [false, true, true, false]);
  assert.ok(inRange([99], parseRange("11..") ?? {}));
  assert.ok(inRange([1], parseRange("..11") ?? {}));
  assert.ok(inRange(parseVersion(""), parseRange("11..") ?? {}));
  assert.ok(!inRange(parseVersion(""), parseRange("..11") ?? {}));
});

Deno.test("parseRange() refuses what is no range", () => {
  for (const text of ["", "..", "x", "12..10", "1...2", "1.2.", "12 "]) {
    assert.equal(parseRange(text), undefined, text);
  }
});

const version = fc.array(fc.nat(12), { minLength: 1, maxLength: 3 });
const range: fc.Arbitrary<VersionRange> = fc.record({ from: version, to: version }, { requiredKeys: [] });

Deno.test("check 91: a range that lies in another one is the narrower", () => {
  fc.assert(
    fc.property(version, version, version, version, (...ends) => {
      const [a, b, c, d] = ends.map((end) => [...end, 0, 0].slice(0, 3)).sort((x, y) =>
        x.reduce((result, number, at) => result || number - (y[at] ?? 0), 0)
      );
      if (a === undefined || b === undefined || c === undefined || d === undefined) return;
      const [inner, outer] = [{ from: b, to: c }, { from: a, to: d }];
      assert.ok(narrowerFirst(inner, outer) <= 0);
      assert.ok(narrowerFirst(outer, {}) < 0);
      assert.ok(narrowerFirst(outer, { from: a }) < 0);
    }),
    { numRuns: 500 },
  );
});

Deno.test("narrowerFirst() is an order: the two ways round agree", () => {
  fc.assert(
    fc.property(
      range,
      range,
      (a, b) => assert.equal(Math.sign(narrowerFirst(a, b)) + Math.sign(narrowerFirst(b, a)), 0),
    ),
    { numRuns: 500 },
  );
});
