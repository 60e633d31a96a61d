import assert from "node:assert/strict";
import { parseOsRelease } from "./release.ts";

Deno.test("parseOsRelease() reads quoted and bare values, and the family", () => {
  assert.deepEqual(
    parseOsRelease(
      `# x\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\nPRETTY_NAME='A b'\nVERSION_CODENAME=noble\n`,
    ),
    { os: { id: "ubuntu", family: "debian", version: "24.04", codename: "noble" }, title: "A b" },
  );
  const { family } = parseOsRelease('ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"').os;
  assert.equal(family, "rhel");
});

Deno.test("parseOsRelease() takes a system that is not known for what it is like", () => {
  assert.equal(parseOsRelease('ID=mine\nID_LIKE="ubuntu debian"').os.family, "debian");
  assert.equal(parseOsRelease("ID=mine").os.family, "mine");
});

Deno.test("parseOsRelease() skips what is no assignment, and does without a file", () => {
  const nothing = { id: "darwin", family: "darwin", version: "", codename: "" };
  assert.deepEqual(parseOsRelease("nonsense\n", "darwin"), { os: nothing, title: "darwin" });
});
