import assert from "node:assert/strict";
import { PalletError } from "../errors.ts";
import { groupSpec, serverSpec } from "../spec/specs.ts";
import { makeEvaluator } from "./evaluate.ts";
import { host } from "./testing.ts";

Deno.test("infrastructure() names hooks by id, shared ones by one id, and call() calls them", async () => {
  const partition = (targets: readonly { readonly name: string }[]) => targets.map((target) => [target.name]);
  const results: unknown[] = [];
  const base = serverSpec({
    phasesMeta: { configure: { partition, postPhase: (all, phase) => void results.push(all, phase) } },
  });
  const evaluator = makeEvaluator({
    a: groupSpec("a", { extends: base, nodeFilter: (node) => node.tags.role === "a" }),
    b: groupSpec("b", { extends: base, phases: { configure: () => [] } }),
  }, host);
  const [a, b] = evaluator.infrastructure().groups;
  assert.deepEqual(a?.hooks, {
    configure: { partition: "a/configure/partition", postPhase: "a/configure/postPhase" },
  });
  assert.deepEqual(b?.hooks, a?.hooks);
  assert.equal(b?.phases.configure?.[0]?.file, "hooks_test.ts");
  assert.deepEqual(JSON.parse(JSON.stringify(a)), a, "a summary is plain data");
  const targets = ["a-1", "a-2"].map((name) => ({ name, groups: ["a"], tags: {} }));
  assert.deepEqual(await evaluator.call("a/configure/partition", targets), [["a-1"], ["a-2"]]);
  assert.equal(await evaluator.call("a/nodeFilter", { name: "x", tags: { role: "a" } }), true);
  assert.equal(
    await evaluator.call("a/configure/postPhase", { results: [{ target: "a-1" }], phase: "configure" }),
    null,
  );
  assert.deepEqual(results, [[{ target: "a-1" }], "configure"]);
});

const badHooks: readonly (readonly [string, unknown, RegExp])[] = [
  ["answers nothing", () => undefined, /^Invalid answer of partition of group "web": is missing/],
  ["answers no lists", () => ["web-1"], /\[0\]: must be a list, not "web-1"/],
  ["names a target twice", () => [["web-1"], ["web-1"]], /"web-1" is named twice, or is no target/],
  ["names a stranger", () => [["db-1"]], /"db-1" is named twice, or is no target/],
  ["throws", () => {
    throw new TypeError("no");
  }, /^Hook "web\/configure\/partition" threw TypeError: no/],
  ["throws no error", () => {
    throw "no";
  }, /threw "no", which is no error/],
];
for (const [what, partition, message] of badHooks) {
  Deno.test(`call() rejects when a partition ${what}`, async () => {
    const group = groupSpec("web", {
      phasesMeta: { configure: { partition: partition as () => string[][] } },
    });
    const evaluator = makeEvaluator({ group }, host);
    evaluator.infrastructure();
    await assert.rejects(
      evaluator.call("web/configure/partition", [{ name: "web-1", groups: ["web"], tags: {} }]),
      (thrown: unknown) => {
        assert.ok(thrown instanceof PalletError);
        assert.match(thrown.message, message);
        assert.equal(thrown.origin?.file, "hooks_test.ts");
        return true;
      },
    );
  });
}

Deno.test("infrastructure() refuses what is no infrastructure, with places relative to the infra file", () => {
  assert.throws(
    () => makeEvaluator({ a: groupSpec("web"), b: groupSpec("web") }, host).infrastructure(),
    /^PalletError: Two groups are named "web": hooks_test\.ts:\d+:\d+ and hooks_test\.ts:\d+:\d+$/,
  );
});
