import assert from "node:assert/strict";
import { PalletError } from "../errors.ts";
import { Lock, lockText, parseLock } from "./lock.ts";

const HASH = "a".repeat(64);
const DATA = {
  ranges: { "jsr:@a/b@^1": "1.2.0" },
  redirects: { "https://b.test/": "https://a.test/" },
  modules: { "https://b.test/b.ts": HASH, "https://a.test/a.ts": HASH },
};

const BROKEN: readonly (readonly [name: string, text: string, expected: RegExp])[] = [
  ["a conflict", '{\n<<<<<<< mine\n"version": 1 }', /pallet\.lock": it has a conflict that a merge left$/],
  ["what is left of a conflict", '{\n"version": 1,\n=======\n}', /it has a conflict that a merge left$/],
  ["a torn one", '{\n"version": 1,\n"ranges": {', /Cannot read "\/p\/pallet\.lock": it ends too early$/],
  ["an empty one", "", /: it is empty$/],
  ["another version", '{"version":2,"ranges":{},"redirects":{},"modules":{}}', /version: must be 1, not 2/],
  ["no hash", '{"version":1,"ranges":{},"redirects":{},"modules":{"u":"x"}}', /must be a SHA-256/],
  ["an unknown part", '{"version":1,"ranges":{},"redirects":{},"modules":{},"x":1}', /unknown key "x"/],
];
for (const [name, text, expected] of BROKEN) {
  Deno.test(`parseLock() refuses ${name}`, () => {
    assert.throws(() => parseLock(text, "/p/pallet.lock"), (error) => {
      assert.ok(error instanceof PalletError && error.origin?.file === "/p/pallet.lock");
      return expected.test(error.message);
    });
  });
}

Deno.test("parseLock() names the line of a conflict, and where a torn lock ends", () => {
  const lineOf = (text: string): string => {
    try {
      parseLock(text, "pallet.lock");
    } catch (error) {
      if (error instanceof PalletError) return `${error.origin?.line}:${error.origin?.column}`;
    }
    return "accepted";
  };
  const whole = lockText(DATA);
  const lines = whole.split("\n");
  assert.equal(lineOf(lines.toSpliced(4, 0, "<<<<<<< HEAD").join("\n")), "5:1");
  assert.equal(lineOf(lines.toSpliced(4, 0, "||||||| base").join("\r\n")), "5:1");
  assert.equal(lineOf(lines.slice(0, 5).join("\n")), `5:${(lines[4]?.length ?? 0) + 1}`);
  assert.equal(lineOf(whole), "accepted");
});

Deno.test("a lock in use tells what was needed from what was known", () => {
  const lock = new Lock(DATA);
  assert.equal(lock.expected("https://a.test/a.ts"), HASH);
  assert.equal(lock.expected("constructor"), undefined);
  assert.equal(lock.range("jsr:@a/b@^1"), "1.2.0");
  lock.noteModule("https://c.test/c.ts", HASH);
  assert.deepEqual(lock.used, {
    ranges: DATA.ranges,
    redirects: {},
    modules: { "https://c.test/c.ts": HASH },
  });
  assert.equal(Object.keys(lock.merged.modules).length, 3);
});
