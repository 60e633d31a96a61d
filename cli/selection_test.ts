import assert from "node:assert/strict";
import { execution, groupsAndCounts, phases } from "./selection.ts";

Deno.test("groupsAndCounts() reads groups and counts, and refuses what is neither", () => {
  assert.deepEqual(groupsAndCounts([], true), {});
  assert.deepEqual(groupsAndCounts(["web=3", "db"], true), { groups: ["web", "db"], counts: { web: 3 } });
  assert.deepEqual(groupsAndCounts(["web=0"], true).counts, { web: 0 });
  for (const wrong of ["web=", "web=-1", "web=two", "web=1.5", "=3", "web=1e3"]) {
    assert.throws(() => groupsAndCounts([wrong], true), { name: "PalletError", kind: "usage" }, wrong);
  }
  assert.throws(() => groupsAndCounts(["web", "web=2"], true), /named twice/);
  assert.throws(() => groupsAndCounts(["web=2"], false), /takes no counts/);
});

Deno.test("phases() gives arguments to all phases: JSON where it is, else text", () => {
  assert.deepEqual(phases({ phase: ["a,b", "c"], arg: [] }), { phases: ["a", "b", "c"] });
  const args = { n: 3, on: true, list: [1], version: "1.2.3", empty: "", text: "a=b" };
  assert.deepEqual(
    phases({ phase: ["a"], arg: ["n=3", "on=true", "list=[1]", "version=1.2.3", "empty=", "text=a=b"] }),
    { phases: [{ phase: "a", args }] },
  );
  assert.deepEqual(phases({ phase: [], arg: [] }), {});
  assert.throws(() => phases({ phase: [], arg: ["a=1"] }), /needs a phase/);
  assert.throws(() => phases({ phase: [","], arg: [] }), /names no phase/);
  assert.throws(() => phases({ phase: ["a"], arg: ["=1"] }), /NAME=VALUE/);
  assert.throws(() => phases({ phase: ["a"], arg: ["x=1", "x=2"] }), /given twice/);
});

Deno.test("execution() takes the command line before configured defaults", () => {
  const none = {
    limit: [],
    shard: undefined,
    batch: undefined,
    canary: undefined,
    pause: undefined,
    "retry-failed": undefined,
    "max-fail": undefined,
    parallel: undefined,
  };
  assert.deepEqual(execution(none, {}), {});
  assert.deepEqual(execution(none, { batch: "25%", parallel: 4, "max-fail": 1 }), {
    batch: "25%",
    parallel: 4,
    maxFail: 1,
  });
  const given = {
    ...none,
    limit: ["web-1,web-2", "db-*"],
    batch: "2",
    canary: "10%",
    pause: "1.5",
    "max-fail": "10%",
    parallel: "8",
  };
  assert.deepEqual(execution(given, { batch: "25%" }), {
    limit: ["web-1", "web-2", "db-*"],
    batch: 2,
    canary: "10%",
    pause: 1.5,
    maxFail: "10%",
    parallel: 8,
  });
  for (const wrong of ["0", "-1", "101%", "many", "1.5"]) {
    assert.throws(() => execution({ ...none, batch: wrong }, {}), /--batch must be/, wrong);
  }
  assert.throws(() => execution({ ...none, canary: "0" }, {}), /--canary must be/);
  assert.throws(() => execution({ ...none, pause: "-1" }, {}), /--pause must be a number of seconds/);
  assert.throws(() => execution({ ...none, parallel: "50%" }, {}), /--parallel must be 1 or more, not "50%"/);
  assert.deepEqual(execution({ ...none, shard: "2/3" }, {}), { shard: { index: 2, count: 3 } });
  for (const wrong of ["0/3", "4/3", "1", "1/0", "a/b", "1/3/4", "-1/3", ""]) {
    assert.throws(() => execution({ ...none, shard: wrong }, {}), /--shard must be K\/N/, wrong);
  }
  assert.throws(() => execution({ ...none, limit: [","] }, {}), /--limit names no node/);
});
