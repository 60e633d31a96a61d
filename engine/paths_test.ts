import assert from "node:assert/strict";
import { posix, win32 } from "node:path";
import { homeFolder, resolvePath } from "./paths.ts";

const variables = (values: Readonly<Record<string, string>>) => (name: string) => values[name];
const unix = variables({ HOME: "/home/ann", KEYS: "/srv/keys", EMPTY: "" });
const windows = variables({ USERPROFILE: "C:\\Users\\ann", KEYS: "D:\\keys", TEAM: "ops" });

Deno.test("resolvePath() knows home, variables, absolute and relative paths of Unix", () => {
  for (
    const [path, whole] of [
      ["~", "/home/ann"],
      ["~/.ssh/id", "/home/ann/.ssh/id"],
      ["~bob/id", "/srv/shop/~bob/id"],
      ["keys/id", "/srv/shop/keys/id"],
      ["../keys/./id", "/srv/keys/id"],
      ["/etc//id", "/etc/id"],
      ["$KEYS/id", "/srv/keys/id"],
      ["${KEYS}2/id", "/srv/keys2/id"],
      ["a$$b", "/srv/shop/a$b"],
      ["~/$$KEYS", "/home/ann/$KEYS"],
      ["a\\b", "/srv/shop/a\\b"],
      ["~\\b", "/srv/shop/~\\b"],
      ["%KEYS%/C:/x", "/srv/shop/%KEYS%/C:/x"],
    ] as const
  ) assert.equal(resolvePath(path, "/srv/shop", unix, posix), whole, path);
});

Deno.test("resolvePath() knows drives, shares and both separators of Windows", () => {
  for (
    const [path, whole] of [
      ["~", "C:\\Users\\ann"],
      ["~/.ssh/id", "C:\\Users\\ann\\.ssh\\id"],
      ["~\\.ssh\\id", "C:\\Users\\ann\\.ssh\\id"],
      ["keys/id", "C:\\shop\\keys\\id"],
      ["..\\keys\\id", "C:\\keys\\id"],
      ["D:\\keys\\id", "D:\\keys\\id"],
      ["D:/keys/id", "D:\\keys\\id"],
      ["\\\\server\\share\\id", "\\\\server\\share\\id"],
      ["/keys/id", "C:\\keys\\id"],
      ["$KEYS\\${TEAM}.pub", "D:\\keys\\ops.pub"],
      ["%KEYS%\\id", "C:\\shop\\%KEYS%\\id"],
      ["$$RECYCLE", "C:\\shop\\$RECYCLE"],
    ] as const
  ) assert.equal(resolvePath(path, "C:\\shop", windows, win32), whole, path);
});

Deno.test("resolvePath() refuses a variable that is not set, or empty", () => {
  for (const path of ["$NOPE/id", "${EMPTY}/id", "${}", "~/${no-name}"]) {
    assert.throws(() => resolvePath(path, "/srv", unix, posix), /the variable .* is not set/, path);
  }
});

Deno.test("homeFolder() is what the system calls it", () => {
  assert.equal(homeFolder(unix), "/home/ann");
  assert.equal(homeFolder(windows), "C:\\Users\\ann");
  assert.equal(homeFolder(variables({ HOME: "", USERPROFILE: "C:\\u" })), "C:\\u");
  assert.equal(homeFolder(variables({})), "/");
});
