import assert from "node:assert/strict";
import fc from "fast-check";
import { defaultDirectories } from "./directories.ts";
import { factsCache } from "./facts_cache.ts";
import { fileName, unwritable } from "./files.ts";
import { lockGroups } from "./lock.ts";
import { makeRunId } from "./run_id.ts";

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-state-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("makeRunId() sorts by time and is a safe file name", () => {
  const times = ["05.000Z", "05.001Z", "05.031Z", "05.032Z", "05.999Z", "06.000Z"];
  const ids = times.map((time) => makeRunId(new Date(`2026-01-02T03:04:${time}`)));
  assert.deepEqual(ids.toSorted(), ids);
  assert.match(ids[0] ?? "", /^20260102-030405-[a-z0-9]{4}$/);
});

Deno.test("fileName() is one name, different for different texts, whatever they hold", () => {
  const text = fc.string({ unit: "binary" });
  fc.assert(fc.property(text, text, (a, b) => {
    assert.match(fileName(a), /^[A-Za-z0-9_.%-]+$/);
    assert.ok(!/^\.+$/.test(fileName(a)));
    const encode = (value: string) => new TextDecoder().decode(new TextEncoder().encode(value));
    assert.equal(fileName(a) === fileName(b), encode(a) === encode(b));
  }));
});

Deno.test("unwritable() says of a full disk that it is full", () => {
  assert.match(
    unwritable("/s/run.json", new Error("No space left on device (os error 28)")).help ?? "",
    /Free some space/,
  );
  assert.match(
    unwritable("/s/run.json", new Error("Permission denied")).help ?? "",
    /Make the folder writable/,
  );
});

Deno.test("defaultDirectories() follows XDG and ignores relative values", () => {
  const env = (values: Record<string, string>) => ({ get: (name: string) => values[name] });
  assert.deepEqual(defaultDirectories(env({ HOME: "/h", XDG_STATE_HOME: "/s", XDG_CACHE_HOME: "c" })), {
    state: "/s/pallet",
    cache: "/h/.cache/pallet",
  });
});

Deno.test("fault 37: lockGroups() is all or none, names the holder, and ends with release", async () => {
  await inFolder(async (folder) => {
    const holder = {
      run: "r1",
      what: "lift configure",
      who: "ann@desk pid 7",
      pid: 7,
      since: "2026-01-01T00:00:00Z",
    };
    const first = await lockGroups(folder, "lab", ["web"], holder);
    await assert.rejects(
      lockGroups(folder, "lab", ["db", "web"], { ...holder, run: "r2" }),
      /Cannot work on group "web" of service "lab": run r1 \(lift configure\) of ann@desk pid 7, since 2026-01-01T00:00:00Z holds it/,
    );
    // What the refused one had taken is free again.
    (await lockGroups(folder, "lab", ["db"], holder)).release();
    (await lockGroups(folder, "other", ["web"], holder)).release();
    // Whoever waits for the later one has the earlier one by then: no two wait for each other.
    const both = lockGroups(folder, "lab", ["web", "db"], { ...holder, run: "r4" }, { wait: 5 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await assert.rejects(lockGroups(folder, "lab", ["db"], holder), /run r4/);
    const waiting = lockGroups(folder, "lab", ["web"], { ...holder, run: "r3" }, { wait: 5 });
    first.release();
    void both.then((lock) => lock.release());
    (await waiting).release();
  });
});

Deno.test("fault 36: a lock is waited for as long as told, though the clock is set back meanwhile", async () => {
  await inFolder(async (folder) => {
    const holder = { run: "r1", who: "ann@desk pid 7", pid: 7, since: "2026-01-02T03:04:05Z" };
    const first = await lockGroups(folder, "lab", ["web"], holder);
    const real = Date.now;
    const began = performance.now();
    const waiting = lockGroups(folder, "lab", ["web"], { ...holder, run: "r2" }, { wait: 0.5 });
    Date.now = () => real() - 86_400_000;
    try {
      await assert.rejects(waiting, /run r1 of ann@desk pid 7/);
    } finally {
      Date.now = real;
      first.release();
    }
    assert.ok(performance.now() - began < 10_000);
  });
});

Deno.test("fault 37: a lock goes with its process, however it ends", async () => {
  await inFolder(async (folder) => {
    const code = `
      import { lockGroups } from ${JSON.stringify(new URL("./lock.ts", import.meta.url).href)};
      await lockGroups(${
      JSON.stringify(folder)
    }, "lab", ["web"], { run: "r1", who: "x", pid: Deno.pid, since: "" });
      console.log("held");
      await new Promise((resolve) => setTimeout(resolve, 20000));
    `;
    const child = new Deno.Command(Deno.execPath(), { args: ["eval", code], stdout: "piped", stderr: "null" })
      .spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    const holder = { run: "r2", who: "y", pid: 1, since: "" };
    await assert.rejects(
      lockGroups(folder, "lab", ["web"], holder),
      new RegExp(`kill ${child.pid}|holds it`),
    );
    child.kill("SIGKILL");
    await reader.cancel();
    await child.status;
    (await lockGroups(folder, "lab", ["web"], holder)).release();
  });
});

Deno.test("factsCache() gives facts back with their age; what is damaged is not there", async () => {
  await inFolder(async (folder) => {
    const cache = factsCache(folder, "lab/../x");
    const facts = {
      os: { id: "debian", family: "debian", version: "12", codename: "bookworm" },
      arch: "x86_64",
      packager: "apt",
      init: "systemd",
      hostname: "web-1",
      addresses: ["10.0.0.1"],
      bootId: "b",
      source: "node",
      at: 5,
    } as const;
    assert.equal(await cache.read("i-1"), undefined);
    await cache.write("i-1", facts);
    assert.deepEqual(await cache.read("i-1"), { ...facts, source: "cache" });
    const [file] = [...Deno.readDirSync(`${folder}/facts/lab%2F..%2Fx`)];
    Deno.writeTextFileSync(`${folder}/facts/lab%2F..%2Fx/${file?.name}`, '{"os": 1}');
    assert.equal(await cache.read("i-1"), undefined);
    await cache.forget("i-1");
    await cache.forget("i-1");
  });
});
