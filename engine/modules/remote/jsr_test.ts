import assert from "node:assert/strict";
import { exportPath, parseJsr, pickVersion, rangeKey } from "./jsr.ts";

function name(specifier: string) {
  const parsed = parseJsr(specifier);
  assert.ok("name" in parsed, specifier);
  return parsed;
}

Deno.test("parseJsr() takes names, ranges and parts apart", () => {
  assert.deepEqual(name("jsr:@a/b-c"), { name: "@a/b-c", range: "*", part: "." });
  assert.deepEqual(name("jsr:/@a/b@^1.2/x/y"), { name: "@a/b", range: "^1.2", part: "./x/y" });
  assert.equal(rangeKey(name("jsr:@a/b@%5E1")), "jsr:@a/b@^1");
  for (const wrong of ["jsr:b", "jsr:@a", "jsr:@A/b", "jsr:@a/b@", "jsr:@a/../b"]) {
    assert.ok("refused" in parseJsr(wrong), wrong);
  }
});

Deno.test("pickVersion() takes the highest that fits, releases first, no yanked ones unless named", async () => {
  const versions = { "1.0.0": {}, "1.2.0": {}, "1.3.0": { yanked: true }, "2.0.0-rc.1": {} };
  const pick = (range: string) => pickVersion(name(`jsr:@a/b@${range}`), { versions });
  assert.equal(await pick("^1"), "1.2.0");
  assert.equal(await pick("*"), "1.2.0");
  assert.equal(await pick("1.3.0"), "1.3.0");
  assert.equal(await pick("2.0.0-rc.1"), "2.0.0-rc.1");
  assert.match(JSON.stringify(await pick("^2")), /no version of @a\/b that is in \^2/);
  assert.match(JSON.stringify(await pick("latest")), /no range of versions/);
});

Deno.test("exportPath() finds what a package exports, and names what it does", () => {
  const found = { exports: { ".": "./mod.ts", "./part": "./src/part.ts" } };
  assert.equal(exportPath(name("jsr:@a/b"), found), "mod.ts");
  assert.equal(exportPath(name("jsr:@a/b/part"), found), "src/part.ts");
  assert.equal(exportPath(name("jsr:@a/b"), { exports: "./mod.ts" }), "mod.ts");
  assert.match(JSON.stringify(exportPath(name("jsr:@a/b/prat"), found)), /Did you mean \\"@a\/b\/part\\"/);
  assert.ok(typeof exportPath(name("jsr:@a/b/constructor"), found) === "object");
});
