import assert from "node:assert/strict";
import { join } from "node:path";
import { PalletError } from "../errors.ts";
import { withProject } from "./fixture.ts";
import { localFolders, lookUp, parseImportMap, readImportMap } from "./import_map.ts";

const MAP = parseImportMap(
  `{
  // as editors read it
  "imports": {
    "backup": "https://crates.test/backup@1/mod.ts",
    "lib/": "https://crates.test/lib/",
    "lib/deep/": "./deep/",
    "@a/b": "jsr:@a/b@^1.2",
    "dev": "../dev/mod.ts",
    "https://crates.test/old.ts": "https://crates.test/new.ts",
    "bad": "nothing",
  },
  "scopes": { "https://crates.test/lib/": { "backup": "https://crates.test/backup@2/mod.ts" } },
}`,
  "/p/deno.json",
);

const CASES: readonly (readonly [specifier: string, importer: string, expected: string | undefined])[] = [
  ["backup", "file:///p/infra.ts", "https://crates.test/backup@1/mod.ts"],
  ["backup", "https://crates.test/lib/a.ts", "https://crates.test/backup@2/mod.ts"],
  ["lib/x/y.ts", "file:///p/infra.ts", "https://crates.test/lib/x/y.ts"],
  ["lib/deep/y.ts", "file:///p/infra.ts", "file:///p/deep/y.ts"],
  ["@a/b", "file:///p/infra.ts", "jsr:@a/b@^1.2"],
  ["@a/b/part", "file:///p/infra.ts", "jsr:@a/b@^1.2/part"],
  ["dev", "file:///p/infra.ts", "file:///dev/mod.ts"],
  ["./old.ts", "https://crates.test/mod.ts", "https://crates.test/new.ts"],
  ["./other.ts", "https://crates.test/mod.ts", undefined],
  ["unknown", "file:///p/infra.ts", undefined],
  ["constructor", "file:///p/infra.ts", undefined],
];

for (const [specifier, importer, expected] of CASES) {
  Deno.test(`lookUp() finds ${specifier} from ${importer}`, () => {
    assert.equal(lookUp(MAP, specifier, importer), expected);
  });
}

Deno.test("lookUp() lets no path lead out of a prefix, and no target be without a meaning", () => {
  const out = lookUp(MAP, "lib/../secret.ts", "file:///p/infra.ts");
  assert.ok(typeof out === "object" && /leads out of what "lib\/"/.test(out.refused));
  const bad = lookUp(MAP, "bad", "file:///p/infra.ts");
  assert.ok(typeof bad === "object" && /"nothing" for it/.test(bad.refused));
});

Deno.test("localFolders() names what lies outside of the project", () => {
  assert.deepEqual(localFolders(MAP, "file:///p/"), ["file:///dev/"]);
});

Deno.test("readImportMap() reads deno.json, deno.jsonc, the file that it names, or the one that was named", async () => {
  await withProject({
    "a/deno.json": `{ "imports": { "x": "https://a.test/" } }`,
    "b/deno.jsonc": `{ "importMap": "map.json" /* there */ }`,
    "b/map.json": `{ "imports": { "x": "https://b.test/" } }`,
    "c/infra.ts": "",
  }, async (folder) => {
    const target = async (name: string, named?: string) =>
      (await readImportMap(join(folder, name), named))?.imports.get("x");
    assert.equal(await target("a"), "https://a.test/");
    assert.equal(await target("b"), "https://b.test/");
    assert.equal(await target("c"), undefined);
    assert.equal(await target("c", join(folder, "b/map.json")), "https://b.test/");
    await assert.rejects(target("c", join(folder, "none.json")), /no such file/);
  });
});

Deno.test("parseImportMap() names the place of what is wrong", () => {
  const problem = (text: string): PalletError => {
    try {
      parseImportMap(text, "/p/deno.json");
    } catch (error) {
      if (error instanceof PalletError) return error;
    }
    throw new assert.AssertionError({ message: "accepted" });
  };
  assert.deepEqual(problem('{ // x\n "imports": oops }').origin, {
    file: "/p/deno.json",
    line: 2,
    column: 13,
  });
  assert.match(problem('{ "imports": { "a": 1 } }').message, /imports\.a: must be a string, not 1/);
});
