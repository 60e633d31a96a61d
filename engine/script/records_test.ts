import assert from "node:assert/strict";
import fc from "fast-check";
import { PalletError } from "../errors.ts";
import { parseRecord } from "./records.ts";

Deno.test("parseRecord() reads each record", () => {
  assert.deepEqual(parseRecord("script-started\t1700000000.25\tboot"), {
    type: "script-started",
    at: 1700000000.25,
    bootId: "boot",
  });
  assert.deepEqual(parseRecord("action-started\t3\t1.5\t10"), {
    type: "action-started",
    index: 3,
    at: 1.5,
    output: 10,
  });
  assert.deepEqual(parseRecord("action-finished\t3\tok\t0\t1.5\t10\t\t"), {
    type: "action-finished",
    index: 3,
    result: "ok",
    exit: 0,
    at: 1.5,
    output: 10,
  });
  assert.deepEqual(parseRecord("action-finished\t3\tcannot-know\t1\t1.5\t10\t0,12\ta%0Ab%09c%25"), {
    type: "action-finished",
    index: 3,
    result: "cannot-know",
    exit: 1,
    at: 1.5,
    output: 10,
    because: [0, 12],
    message: "a\nb\tc%",
  });
  assert.deepEqual(parseRecord("change\t0\tx y"), { type: "change", index: 0, text: "x y" });
  assert.deepEqual(parseRecord("diff\t0\t"), { type: "diff", index: 0, text: "" });
  assert.deepEqual(parseRecord("captured\t0\t%0D"), { type: "captured", index: 0, value: "\r" });
  assert.deepEqual(parseRecord("script-finished\tfailed\t1.5\t10\t0\taction 3 failed"), {
    type: "script-finished",
    result: "failed",
    at: 1.5,
    output: 10,
    dropped: 0,
    message: "action 3 failed",
  });
});

Deno.test("parseRecord() refuses what no script writes, and shows it", () => {
  const wrong = [
    "",
    "hello",
    "change",
    "change\tx\ty",
    "change\t0\ty\tz",
    "change\t0\t100%",
    "change\t0\t%41",
    "change\t-1\ty",
    "change\t1e3\ty",
    "action-started\t0\tnow\t1",
    "action-started\t0\t1.5",
    "action-finished\t0\tfine\t0\t1.5\t10\t\t",
    "action-finished\t0\tok\t0\t1.5\t10\tx\t",
    "script-finished\tchanged\t1.5\t10\t0\t",
    "script-started\t1.5",
  ];
  for (const line of wrong) {
    assert.throws(
      () => parseRecord(line),
      (error) => error instanceof PalletError && error.kind === "internal",
      line,
    );
  }
  assert.throws(
    () => parseRecord("x".repeat(1000)),
    (error) => error instanceof Error && error.message.length < 300,
  );
});

Deno.test("parseRecord() fails on anything else in no other way", () => {
  const types = [
    "script-started",
    "action-started",
    "action-finished",
    "change",
    "diff",
    "captured",
    "script-finished",
  ];
  const field = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.nat().map(String),
    fc.constantFrom("ok", "1.5", "%0A", "%"),
  );
  const line = fc.tuple(fc.constantFrom(...types), fc.array(field, { maxLength: 8 })).map((all) =>
    all.flat().join("\t")
  );
  fc.assert(fc.property(line, (text) => {
    try {
      parseRecord(text);
    } catch (error) {
      assert.ok(error instanceof PalletError);
    }
  }));
});
