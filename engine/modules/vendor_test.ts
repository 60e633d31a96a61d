import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { withProject } from "./fixture.ts";
import { readVendor, vendorPath, writeVendor } from "./vendor.ts";

Deno.test("vendorPath() keeps plain URLs readable, and others apart", () => {
  assert.equal(vendorPath("https://crates.test/backup@1.2.0/mod.ts"), "crates.test/backup@1.2.0/mod.ts");
  const urls = [
    "https://crates.test/Mod.ts",
    "https://crates.test/mod.ts",
    "https://crates.test/mod.ts?x",
    "https://crates.test/mod",
    "https://crates.test/mod/",
    "https://crates.test:8443/mod.ts",
    "https://crates.test/%2e%2e/%2fmod.ts",
  ];
  const paths = urls.map(vendorPath);
  assert.equal(new Set(paths.map((path) => path.toLowerCase())).size, urls.length);
});

Deno.test("vendorPath() never leads out of its folder", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom("..", ".", "%2e%2e", "a.ts"), fc.string())), (parts) => {
      const path = vendorPath(
        new URL(`/${parts.join("/")}`.replace(/^[/\\\\]+/, "/x"), "https://crates.test/").href,
      );
      assert.ok(path.split("/").every((part) => /^[\w.@+-]+$/.test(part) && !/^\.+$/.test(part)), path);
    }),
  );
});

Deno.test("writeVendor() replaces what was there, and readVendor() refuses a list that leads out", async () => {
  await withProject({}, async (folder) => {
    const vendor = join(folder, "vendor");
    const module = (text: string) => ({ bytes: new TextEncoder().encode(text), kind: "ts" as const });
    assert.equal(await readVendor(vendor), undefined);
    await writeVendor(vendor, new Map([["https://a.test/a.ts", module("1")]]));
    await writeVendor(vendor, new Map([["https://a.test/b.ts", module("2")]]));
    const found = await readVendor(vendor);
    assert.deepEqual([...found?.modules.keys() ?? []], ["https://a.test/b.ts"]);
    assert.deepEqual((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name), ["vendor"]);
    const list = await Deno.readTextFile(join(vendor, "modules.json"));
    await Deno.writeTextFile(join(vendor, "modules.json"), list.replace('a.test/b.ts",\n', '../../x.ts",\n'));
    await assert.rejects(readVendor(vendor), /is outside of its folder/);
  });
});
