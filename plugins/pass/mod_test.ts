import assert from "node:assert/strict";
import { join } from "node:path";
import type { JsonObject } from "../../engine/json.ts";
import { testSecretSource } from "../../engine/secrets/contract.ts";
import type { SecretSource } from "../../engine/secrets/source.ts";
import { configured, ownPlugin, pluginContext } from "../../tests/support/plugins.ts";
import { pluginsOf } from "../mod.ts";

const VALUE = `s3cret "ä" 'quoted' $HOME`;

/** A store as \`pass\` is one: values on the first line, complaints on stderr. */
const STORE = `#!/bin/sh
[ "$1" = show ] && [ "$2" = -- ] || { echo "usage" >&2; exit 2; }
case $3 in
  db/password) printf '%s\\n' '${VALUE.replaceAll("'", `'\\''`)}' 'login: admin' ;;
  locked) echo "gpg: decryption failed: No secret key" >&2; exit 2 ;;
  *) echo "Error: $3 is not in the password store." >&2; exit 1 ;;
esac
`;

let folder = "";

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "pallet-pass-" });
  await Deno.writeTextFile(join(folder, "store"), STORE, { mode: 0o755 });
});

Deno.test.afterAll(async () => await Deno.remove(folder, { recursive: true }));

function open(options: JsonObject = {}, run: readonly string[] = ["./store"]): Promise<SecretSource> {
  const command = [join(folder, "store"), "show", "--", "NAME"];
  const one = configured({
    from: ownPlugin("pass"),
    kind: "secret-source",
    permissions: { run: [...run] },
    options: { command, ...options },
  }, folder);
  const [source] = pluginsOf({ one }, pluginContext()).secretSources;
  assert.ok(source !== undefined);
  return source.open();
}

async function read(name: string, options: JsonObject = {}): Promise<string | undefined> {
  const source = await open(options);
  try {
    return await source.read(name);
  } finally {
    await source.close();
  }
}

testSecretSource({
  name: "pass",
  open: () => open(),
  known: { name: "db/password", value: VALUE },
  unknown: "db/nothing",
  openBroken: () => open({ command: [join(folder, "store"), "wrong", "NAME"] }),
});

Deno.test("pass answers with the first line, or with all of them", async () => {
  assert.equal(await read("db/password"), VALUE);
  assert.equal(await read("db/password", { "first-line": false }), `${VALUE}\nlogin: admin`);
});

Deno.test("pass says why a store stays closed", async () => {
  await assert.rejects(() => read("locked"), /exit status 2: gpg: decryption failed: No secret key/);
});

Deno.test("pass takes a name for a name, whatever it looks like", async () => {
  for (const name of ["--help", "", "a\nb"]) await assert.rejects(() => read(name), /is no name of a secret/);
  for (const name of ["$(id)", "a;b", "NAME", "$&", "x y"]) assert.equal(await read(name), undefined);
});

Deno.test("pass wants a place for the name, and a program that it was granted", async () => {
  await assert.rejects(() => read("x", { command: ["NAME"] }), /command: no word has NAME/);
  const source = await open({}, ["pass"]);
  await assert.rejects(
    () => source.read("db/password"),
    /needs run access to ".*store", which it is not granted/,
  );
  await source.close();
});
