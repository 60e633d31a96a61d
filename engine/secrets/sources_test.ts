// Every source of secrets is held to the same contract.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { PalletError } from "../errors.ts";
import { ageSource, AgeStore } from "./age/store.ts";
import { newIdentity } from "./age/age.ts";
import { commandSource } from "./command.ts";
import { testSecretSource } from "./contract.ts";
import { environmentSource, variableOf } from "./environment.ts";
import { fileSource, filesSource } from "./files.ts";
import { forNames } from "./patterns.ts";
import { promptSource } from "./prompt.ts";
import { Secret } from "./secret.ts";
import { Secrets } from "./secrets.ts";
import { sopsSource } from "./sops.ts";
import type { SecretSource } from "./source.ts";

const VALUE = `p"ass' wörd $x \\`;
const NAME = "db/password";

/** A source of files that are removed when it is closed. */
async function withFiles(
  files: Readonly<Record<string, string>>,
  open: (folder: string) => SecretSource | Promise<SecretSource>,
): Promise<SecretSource> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-secrets-" });
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
    await Deno.writeTextFile(join(folder, name), text, { mode: 0o700 });
  }
  const source = await open(folder);
  return {
    name: source.name,
    read: (name, signal) => source.read(name, signal),
    close: async () => {
      await source.close();
      await Deno.remove(folder, { recursive: true }).catch(() => undefined);
    },
  };
}

testSecretSource({
  name: "environment",
  open: () =>
    Promise.resolve(environmentSource((name) => name === "PALLET_SECRET_DB_PASSWORD" ? VALUE : undefined)),
  known: { name: NAME, value: VALUE },
  unknown: "db/other",
  openBroken: () =>
    Promise.resolve(environmentSource(() => {
      throw new PalletError("The environment cannot be asked", { kind: "config" });
    })),
});

testSecretSource({
  name: "files",
  open: () => withFiles({ "db/password": `${VALUE}\n` }, filesSource),
  known: { name: NAME, value: VALUE },
  unknown: "db/other",
  openBroken: () => withFiles({ other: VALUE }, (folder) => filesSource(join(folder, "none"))),
});

testSecretSource({
  name: "file",
  open: () =>
    withFiles(
      { "s.yaml": `db:\n  password: ${JSON.stringify(VALUE)}\n` },
      (at) => fileSource(join(at, "s.yaml")),
    ),
  known: { name: NAME, value: VALUE },
  unknown: "db/other",
  openBroken: () =>
    withFiles({ "s.yaml": `db: { password: ${VALUE}` }, (at) => fileSource(join(at, "s.yaml"))),
});

testSecretSource({
  name: "command",
  open: () =>
    withFiles({
      "get": `#!/bin/sh\n[ "$1" = ${NAME} ] || exit 3\ncat "\${0%/*}/value"`,
      "value": `${VALUE}\n`,
    }, (at) => commandSource({ command: [join(at, "get"), "NAME"], missing: [3] })),
  known: { name: NAME, value: VALUE },
  unknown: "db/other",
  openBroken: () =>
    Promise.resolve(
      commandSource({ command: ["sh", "-c", "echo 'the store is locked' >&2; exit 1", "NAME"] }),
    ),
});

testSecretSource({
  name: "sops",
  open: () =>
    withFiles(
      {
        sops: `#!/bin/sh\n[ "$4" = "\${0%/*}/s.yaml" ] && cat "$4"`,
        "s.yaml": JSON.stringify({ db: { password: VALUE } }),
      },
      (at) => sopsSource(join(at, "s.yaml"), join(at, "sops")),
    ),
  known: { name: NAME, value: VALUE },
  unknown: "db/other",
  openBroken: () => Promise.resolve(sopsSource("/nowhere/s.yaml", "no-such-program-as-sops")),
});

testSecretSource({
  name: "prompt",
  open: () =>
    Promise.resolve(promptSource((name) => Promise.resolve(name === NAME ? new Secret(VALUE) : undefined))),
  known: { name: NAME, value: VALUE },
  unknown: "db/other",
  openBroken: () =>
    Promise.resolve(
      promptSource(() => Promise.reject(new PalletError("There is no terminal", { kind: "config" }))),
    ),
});

testSecretSource({
  name: "age",
  open: () =>
    withFiles({}, async (at) => {
      const { identity, recipient } = await newIdentity();
      const options = {
        path: join(at, "secrets.age"),
        recipients: [recipient],
        identities: [],
        identityText: identity,
      };
      await new AgeStore(options).set(NAME, VALUE);
      return ageSource(options, true);
    }),
  known: { name: NAME, value: VALUE },
  unknown: "db/other",
  openBroken: () =>
    withFiles({}, async (at) => {
      const [own, other] = [await newIdentity(), await newIdentity()];
      const options = { path: join(at, "s.age"), recipients: [own.recipient], identities: [] };
      await new AgeStore({ ...options, identityText: own.identity }).set(NAME, VALUE);
      return ageSource({ ...options, identityText: other.identity }, true);
    }),
});

Deno.test("variableOf() makes a variable that shells take of any name", () => {
  assert.equal(variableOf("a/b-c.d_e1"), "PALLET_SECRET_A_B_C_D_E1");
});

Deno.test("a source can be asked for some names alone", async () => {
  const asked: string[] = [];
  const source = forNames({
    name: "all",
    read: (name) => {
      asked.push(name);
      return Promise.resolve("value");
    },
    close: () => Promise.resolve(),
  }, ["db/*", "exact"]);
  const names = ["db/a", "db", "exact", "exactly", "xdb/a"];
  const located = await new Secrets([source]).locate(names);
  assert.deepEqual(asked, ["db/a", "exact"]);
  assert.deepEqual(located.filter(({ state }) => state === "found").map(({ name }) => name), asked);
});

Deno.test("a file of secrets that is not one is told by its line, without what it holds", async () => {
  for (const text of ["a: [hunter2\nb: }", "- hunter2", "hunter2", 'a: "hunter2\n']) {
    const source = await withFiles({ f: text }, (at) => fileSource(join(at, "f")));
    await assert.rejects(source.read("a"), (error) => {
      assert.ok(error instanceof PalletError);
      assert.ok(
        !`${error.stack} ${error.help} ${Deno.inspect(error.cause)}`.includes("hunter2"),
        error.stack,
      );
      return true;
    });
    await source.close();
  }
});

Deno.test("numbers and words in a file of secrets stay as they are written", async () => {
  const source = await withFiles(
    { f: "pin: 0070\nflag: yes\nfloat: 1.50\n" },
    (at) => fileSource(join(at, "f")),
  );
  assert.deepEqual(await Promise.all(["pin", "flag", "float"].map((name) => source.read(name))), [
    "0070",
    "yes",
    "1.50",
  ]);
  await source.close();
});

Deno.test("where nobody can be asked, what a prompt would give is told", async () => {
  const secrets = new Secrets([promptSource(undefined)]);
  await assert.rejects(secrets.resolve(new Map([[NAME, undefined]])), {
    help: "Asked: prompt. Give it by typing it, where this is run on a terminal.",
  });
});
