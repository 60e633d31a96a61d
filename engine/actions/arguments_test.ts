import assert from "node:assert/strict";
import { PalletError } from "../errors.ts";
import { problemsOf } from "../schema.ts";
import { sh } from "../script/sh.ts";
import type { Action } from "./action.ts";
import {
  definitions,
  directory,
  execScript,
  file,
  group,
  lineInFile,
  packageManager,
  packages,
  remoteFile,
  sed,
  service,
  symbolicLink,
  user,
  waitForFile,
  waitForHttp,
  waitForPort,
} from "./list.ts";
import { parentsOf, satisfies } from "./things.ts";
import { defaultId, firstLine, oneLine, titleOf } from "./words.ts";

/** Calls with arguments that types refuse too: plans may be plain JavaScript. */
const untyped = (make: unknown) => make as (...args: readonly unknown[]) => Action;

const refused: readonly (readonly [string, () => Action, RegExp])[] = [
  [
    "a path that is not absolute",
    () => file("etc/x"),
    /Invalid file action: path: must be an absolute path, not "etc\/x"/,
  ],
  ["a path that climbs", () => directory("/srv/../etc"), /path: must not have \. or \.\. in it/],
  ["a NUL byte", () => remoteFile("/x", { content: "a\0" }), /content: must not hold a NUL byte/],
  ["no content", () => remoteFile("/x", {}), /must have exactly one of content, localFile, template and url/],
  ["two contents", () => remoteFile("/x", { content: "", localFile: "y" }), /exactly one of/],
  ["a content to delete", () => remoteFile("/x", { content: "", action: "delete" }), /exactly one of/],
  [
    "values without a template",
    () => remoteFile("/x", { content: "", values: { a: 1 } }),
    /values belong to a template/,
  ],
  [
    "a blob of the user's",
    () => untyped(remoteFile)("/x", { blob: { sha256: "", size: 0, path: "/etc/shadow" } }),
    /unknown key "blob"/,
  ],
  [
    "a mode as a number",
    () => untyped(file)("/x", { mode: 644 }),
    /mode: must be a mode like "0644" or "u=rw,g=r", not 644/,
  ],
  ["a mode that is none", () => file("/x", { mode: "rw" }), /mode: must be a mode like "0644"/],
  [
    "an owner that looks like an option",
    () => file("/x", { owner: "-R" }),
    /owner: must be a user or group name/,
  ],
  ["a script as a text", () => untyped(execScript)("rm -rf /"), /script: must be made with sh/],
  [
    "an unknown key",
    () => untyped(directory)("/x", { onwer: "x" }),
    /unknown key "onwer"\. Did you mean "owner"\?/,
  ],
  ["a plain password", () => user("x", { password: "hunter2" }), /password: must be a hash/],
  ["a shell that is none", () => user("x", { shell: "emacs" }), /shell: must be a path, or one of sh, bash/],
  ["a negative id", () => group("x", { gid: -1 }), /gid: must be a count/],
  ["a line of two", () => lineInFile("/x", "a\nb"), /line: must be one line/],
  [
    "after and before",
    () => lineInFile("/x", "a", { after: "b", before: "c" }),
    /takes one of after and before/,
  ],
  ["no replacement", () => sed("/x", {}), /replacements: must hold a pattern/],
  ["a pattern of two lines", () => sed("/x", { "a\nb": "c" }), /must be one line/],
  ["a port that is none", () => waitForPort(70000), /port: must be a port, 1 to 65535/],
  ["a URL that is none", () => waitForHttp("ftp://x"), /url: must be an http or https URL/],
  ["no retries", () => waitForFile("/x", { maxRetries: 0 }), /maxRetries: must be at least 1/],
  ["an empty id", () => file("/x", { id: "" }), /Invalid id of a file action/],
  [
    "an action that is none",
    () => untyped(packageManager)("upgrad"),
    /action: must be "update" \| "upgrade".*Did you mean/,
  ],
];

for (const [what, make, message] of refused) {
  Deno.test(`check 17: an action refuses ${what}, with the place it was made`, () => {
    assert.throws(make, (error) => {
      assert.ok(error instanceof PalletError);
      assert.match(error.message, message);
      assert.equal(error.kind, "infra");
      assert.match(error.origin?.file ?? "", /arguments_test\.ts$/);
      return true;
    });
  });
}

const some: readonly Action[] = [
  directory("/srv//app/"),
  execScript(sh`a`, { changedWhen: sh`b`, env: { A: "b" } }),
  file("/x"),
  group("x"),
  lineInFile("/x", "y"),
  packageManager("update"),
  packages("a", "a", { apt: ["b"] }),
  remoteFile("/x", { template: "t", values: { a: 1, b: true, c: "d" }, verify: sh`true` }),
  sed("/x", { a: "b" }),
  service("x", { action: ["start", "enable"] }),
  symbolicLink("a", "/b"),
  user("x", { shell: "bash" }),
  waitForFile("/x"),
  waitForHttp("http://x/", { status: 204 }),
  waitForPort(80),
];

Deno.test("arguments of an action are frozen plain data that its own schema takes again, unchanged", () => {
  for (const { kind, args } of some) {
    const copy: unknown = JSON.parse(JSON.stringify(args));
    assert.deepEqual(copy, JSON.parse(JSON.stringify(args)));
    const definition = definitions.get(kind);
    assert.ok(definition !== undefined);
    assert.deepEqual(problemsOf(definition.schema, copy), [], kind);
    assert.ok(Object.isFrozen(args));
  }
});

Deno.test("an option given as undefined is one left out", () => {
  assert.deepEqual(untyped(file)("/x", { owner: undefined }).args, file("/x").args);
});

Deno.test("a file needs the directories it lies in, a directory provides its own", () => {
  const needs = definitions.get("file")?.needs(file("/a/b/c", { owner: "o", group: "g" }).args);
  assert.deepEqual(needs, ["path:/a/b", "path:/a", "user:o", "group:g"]);
  assert.deepEqual(definitions.get("directory")?.provides(directory("/a/b").args), ["path:/a/b", "path:/a"]);
  assert.deepEqual(parentsOf("/"), []);
  assert.ok(
    satisfies("*", "service:nginx") && satisfies("path:/a", "path:/a") && !satisfies("path:/a", "path:/a/b"),
  );
  const unit = remoteFile("/etc/systemd/system/app.service", { content: "" });
  assert.ok(definitions.get("remoteFile")?.provides(unit.args).includes("service:app"));
});

Deno.test("titles and ids are one readable line", () => {
  const text = "a\n\t\u001b[31m\u202e";
  assert.equal(oneLine(text), "a\\n\\t\\u{1b}[31m\\u{202e}");
  assert.equal(oneLine("x".repeat(500)).length, 100);
  assert.equal(firstLine("\n  # why\n  echo hi\n"), "echo hi");
  const action = remoteFile("/etc/a\nb", { content: "" });
  const definition = definitions.get(action.kind);
  assert.ok(definition !== undefined);
  assert.equal(titleOf(definition, action.args), "remoteFile /etc/a\\nb");
  assert.equal(defaultId(definition, action), "remoteFile:/etc/a\\nb");
});
