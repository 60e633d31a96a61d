import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { withProject } from "./fixture.ts";
import { EMPTY_LOCK, type LockData, lockText, parseLock } from "./lock.ts";
import { alone, changeLock, mergeLocks, readLock } from "./lock_file.ts";

const HASH = "a".repeat(64);
const OTHER = "b".repeat(64);
const DATA: LockData = {
  ranges: { "jsr:@a/b@^1": "1.2.0" },
  redirects: { "https://b.test/": "https://a.test/" },
  modules: { "https://b.test/b.ts": HASH, "https://a.test/a.ts": HASH },
};
const modules = (...urls: readonly string[]): LockData => ({
  ...EMPTY_LOCK,
  modules: Object.fromEntries(urls.map((url) => [url, HASH])),
});

Deno.test("a lock is written sorted, read back the same, and absent is empty", async () => {
  await withProject({}, async (folder) => {
    const file = join(folder, "pallet.lock");
    assert.deepEqual((await readLock(file)).modules, {});
    await changeLock(file, EMPTY_LOCK, DATA);
    assert.deepEqual(await readLock(file), DATA);
    const text = await Deno.readTextFile(file);
    assert.ok(text.indexOf("a.test/a.ts") < text.indexOf("b.test/b.ts"));
    assert.equal(text, lockText(parseLock(text, file)));
    assert.deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["pallet.lock"]);
    await assert.rejects(
      changeLock(join(folder, "none/pallet.lock"), EMPTY_LOCK, DATA),
      /Cannot write ".*pallet\.lock"/,
    );
  });
});

Deno.test("what other processes lock meanwhile is kept, what was taken out stays out", () => {
  const merged = mergeLocks(modules("a", "gone"), modules("a", "mine"), modules("a", "gone", "theirs"), "f");
  assert.deepEqual(Object.keys(merged.modules).sort(), ["a", "mine", "theirs"]);
});

Deno.test("mergeLocks() is the same whoever is first, and never loses an addition", () => {
  const some = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "__proto__", "constructor"));
  fc.assert(fc.property(some, some, some, (base, first, second) => {
    const [was, one, two] = [base, [...base, ...first], [...base, ...second]].map((urls) => modules(...urls));
    assert.ok(was !== undefined && one !== undefined && two !== undefined);
    const keys = (lock: LockData) => Object.keys(lock.modules).sort();
    assert.deepEqual(keys(mergeLocks(was, one, two, "f")), keys(mergeLocks(was, two, one, "f")));
    for (const url of keys(one)) assert.ok(keys(mergeLocks(was, one, two, "f")).includes(url));
  }));
});

Deno.test("two processes that lock other contents of one URL are told apart", async () => {
  await withProject({}, async (folder) => {
    const file = join(folder, "pallet.lock");
    await changeLock(file, EMPTY_LOCK, modules("u"));
    const other = { ...EMPTY_LOCK, modules: { u: OTHER } };
    await assert.rejects(
      changeLock(file, EMPTY_LOCK, other),
      /^PalletError: Cannot lock "u" in ".*pallet\.lock": another process just locked it as a{64}$/,
    );
    assert.deepEqual(await readLock(file), modules("u"));
    await changeLock(file, modules("u"), other);
    assert.deepEqual(await readLock(file), other);
  });
});

Deno.test("many processes that lock at the same time all keep what they locked", async () => {
  await withProject({}, async (folder) => {
    const file = join(folder, "pallet.lock");
    const script = [
      `import { changeLock, readLock } from ${JSON.stringify(import.meta.resolve("./lock_file.ts"))};`,
      `const [file, name] = Deno.args;`,
      `for (let at = 0; at < 10; at++) {`,
      `  const known = await readLock(file);`,
      `  const modules = { ...known.modules, [name + at]: "${HASH}" };`,
      `  await changeLock(file, known, { ...known, modules });`,
      `}`,
    ].join("\n");
    const path = join(folder, "lock_many.ts");
    await Deno.writeTextFile(path, script);
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const outputs = await Promise.all(
      ["a", "b", "c"].map((name) =>
        new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "--no-check", "--config", config, path, file, name],
        }).output()
      ),
    );
    for (const { success, stderr } of outputs) assert.ok(success, new TextDecoder().decode(stderr));
    assert.equal(Object.keys((await readLock(file)).modules).length, 30);
    assert.deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name).sort(), [
      "lock_many.ts",
      "pallet.lock",
    ]);
  });
});

Deno.test("alone() lets one in at a time, also those who waited for a file that is gone by now", async () => {
  await withProject({}, async (folder) => {
    const path = join(folder, ".pallet.lock.held");
    const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));
    let [inside, most] = [0, 0];
    const work = async () => {
      most = Math.max(most, ++inside);
      await pause(100);
      inside--;
    };
    const held = await Deno.open(path, { create: true, write: true });
    await held.lock(true);
    const waiting = alone(folder, work);
    await pause(50);
    await Deno.remove(path);
    const later = alone(folder, work);
    for (let at = 0; at < 200 && inside === 0; at++) await pause(5);
    held.close();
    await Promise.all([waiting, later]);
    assert.equal(most, 1);
  });
});
