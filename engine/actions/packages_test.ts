import assert from "node:assert/strict";
import { PalletError } from "../errors.ts";
import { parseOs } from "../os/mod.ts";
import type { Action } from "./action.ts";
import { definitions, packageManager, packages } from "./list.ts";
import { checkSupport } from "./support.ts";

function join(first: Action, second: Action): unknown {
  return definitions.get("packages")?.join?.(first.args, second.args);
}

Deno.test("check 63: calls of packages next to each other join into one transaction", () => {
  assert.deepEqual(
    join(packages("curl", "git"), packages("git", "vim")),
    packages("curl", "git", "vim").args,
  );
  assert.deepEqual(
    join(packages({ apt: ["a1"], dnf: ["d1"] }), packages("x", { apt: ["a2"], dnf: ["d2"] })),
    packages("x", { apt: ["a1", "a2"], dnf: ["d1", "d2"] }).args,
  );
});

Deno.test("packages that exclude each other do not join", () => {
  assert.equal(join(packages("curl"), packages("git", { action: "remove" })), undefined);
  assert.equal(join(packages("nginx1=1.2"), packages("nginx1=1.3")), undefined);
  assert.equal(join(packages("curl"), packages("git", { recommends: false })), undefined);
  assert.equal(join(packages({ apt: ["curl"] }), packages({ dnf: ["git"] })), undefined);
});

Deno.test("check 64: a list for the node's packager must be there, if any is", () => {
  const definition = definitions.get("packages");
  assert.ok(definition !== undefined);
  const action = packages({ apt: ["apache2"] });
  assert.doesNotThrow(() => checkSupport(action, definition, parseOs("ubuntu-24.04")));
  assert.throws(
    () => checkSupport(action, definition, parseOs("rocky-9")),
    /Cannot choose packages for dnf: there is a list for apt only/,
  );
  assert.doesNotThrow(() => checkSupport(packages({ apt: ["x"], dnf: [] }), definition, parseOs("rocky-9")));
});

Deno.test("check 90: an unsupported system is refused with its name and the action's place", () => {
  for (const action of [packages("curl"), packageManager("update")]) {
    const definition = definitions.get(action.kind);
    assert.ok(definition !== undefined);
    assert.throws(
      () => checkSupport(action, definition, parseOs("alpine-3.20")),
      (error) =>
        error instanceof PalletError && error.kind === "infra" && error.origin?.line === action.origin.line &&
        /on alpine 3\.20: this operating system is not supported \(action "(packages|packageManager) /.test(
          error.message,
        ),
    );
    assert.throws(
      () => checkSupport(action, definition, parseOs("centos-7")),
      /on centos 7: its packager is unknown/,
    );
  }
});

Deno.test("packages() refuses what is no exact name", () => {
  const wrong = [
    "",
    "-y",
    "+x",
    "a b",
    "a*",
    "^a",
    "~n",
    "?x",
    "a/b",
    "$(id)",
    "a\n",
    "a=",
    "a=1 2",
    "=1",
    "@group",
    "a=*",
  ];
  for (const name of wrong) assert.throws(() => packages(name), /must be the exact name of a package/, name);
  assert.throws(() => packages(), /must name a package/);
  assert.throws(() => packages("a=1", { action: "remove" }), /versions belong to action install/);
  assert.throws(() => packages({ apk: ["x"] } as unknown as string), /unknown key "apk".*Did you mean "apt"/);
  assert.throws(() => packages({ apt: ["x"] }, "y"), /a name must be a text/);
});
