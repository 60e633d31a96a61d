import assert from "node:assert/strict";
import fc from "fast-check";
import { directory } from "../actions/directory.ts";
import type { PlanFunction } from "../spec/types.ts";
import { ids } from "./testing.ts";

import { bundleOf, refusal } from "./actions_testing.ts";

const message = (configure: PlanFunction): Promise<string> => refusal(configure, import.meta.url);

Deno.test("ids are kind and subject, told apart by number from another place", async () => {
  const found = await ids(() => [
    directory("/a"),
    directory("/a", { mode: "0755" }),
    directory("/b"),
    directory("/a", { owner: "ann" }),
  ]);
  assert.deepEqual(found, ["directory:/a", "directory:/a#2", "directory:/b", "directory:/a#3"]);
});

Deno.test("an id that is given is kept, and others keep clear of it", async () => {
  assert.deepEqual(await ids(() => [directory("/a"), directory("/x", { id: "directory:/a" })]), [
    "directory:/a#2",
    "directory:/a",
  ]);
});

Deno.test("the same action from the same place twice is an error that names the place", async () => {
  const found = await message(() => [1, 2].map(() => directory("/a")));
  assert.match(
    found,
    /^Two actions are "directory:\/a", both made at ids_test\.ts:\d+:\d+: their results/,
  );
});

Deno.test("different actions from the same place are told apart by their subjects, however long", async () => {
  const long = "/x".repeat(200);
  const found = await ids(() => ["/1", "/2"].map((end) => directory(`${long}${end}`)));
  assert.equal(new Set(found).size, 2);
  assert.equal(found[1], `${found[0]}#2`);
  assert.ok(found.every((id) => id.length < 130));
});

Deno.test("an id that is given twice is an error that names both places", async () => {
  const found = await message(() => [directory("/a", { id: "x" }), bundleOf(["b"], { id: "x" })]);
  assert.match(
    found,
    /^Two actions have the id "x": directory at ids_test\.ts:\d+:\d+, bundle at ids_/,
  );
});

Deno.test("ids stay as they are when lines move and actions are put between", () => {
  const path = fc.integer({ min: 0, max: 5 }).map((n) => `/p${n}`);
  return fc.assert(
    fc.asyncProperty(fc.uniqueArray(path), fc.uniqueArray(path), async (first, second) => {
      const before = await ids(() => first.map((one) => directory(one)));
      const after = await ids(() => {
        const fresh = second.map((one) => directory(`${one}/fresh`));
        return [fresh, first.map((one) => directory(one))];
      });
      assert.deepEqual(after.filter((id) => !id.endsWith("/fresh")), before);
      assert.equal(new Set(after).size, after.length);
    }),
    { numRuns: 30 },
  );
});
