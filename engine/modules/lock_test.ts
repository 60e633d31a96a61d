import assert from "node:assert/strict";
import { join } from "node:path";
import { PalletError } from "../errors.ts";
import { withProject } from "./fixture.ts";
import { Lock, lockText, parseLock, readLock, writeLock } from "./lock.ts";

const HASH = "a".repeat(64);
const DATA = {
  ranges: { "jsr:@a/b@^1": "1.2.0" },
  redirects: { "https://b.test/": "https://a.test/" },
  modules: { "https://b.test/b.ts": HASH, "https://a.test/a.ts": HASH },
};

Deno.test("a lock is written sorted, read back the same, and absent is empty", async () => {
  await withProject({}, async (folder) => {
    const file = join(folder, "pallet.lock");
    assert.deepEqual((await readLock(file)).modules, {});
    await writeLock(file, DATA);
    assert.deepEqual(await readLock(file), DATA);
    const text = await Deno.readTextFile(file);
    assert.ok(text.indexOf("a.test/a.ts") < text.indexOf("b.test/b.ts"));
    assert.equal(text, lockText(parseLock(text, file)));
    await assert.rejects(
      writeLock(join(folder, "none/pallet.lock"), DATA),
      /Cannot write ".*pallet\.lock"/,
    );
  });
});

const BROKEN: readonly (readonly [name: string, text: string, expected: RegExp])[] = [
  ["a conflict", '{\n<<<<<<< mine\n"version": 1 }', /Expected property name/],
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
