import assert from "node:assert/strict";
import type { ReadSecret } from "../secrets/credential.ts";
import { Secret } from "../secrets/secret.ts";
import { passphrasesOf } from "./passphrases.ts";
import { bare, merge, projectFile } from "./testing.ts";

Deno.test("passphrasesOf() reads the passphrase of a key where the configuration says, when it is needed", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/pass`, "two words\n");
    const project = await projectFile(
      "services:",
      `  own: { provider: lab, admin-user: { private-key: k/own, passphrase: { file: ${folder}/pass } } }`,
      "  lost: { provider: lab, admin-user: { private-key: k/lost, passphrase: { file: /no/such } } }",
      "  kept: { provider: lab, admin-user: { private-key: k/kept, passphrase: { secret: ops/key } } }",
      "admin-user: { private-key: ~/k, passphrase: { variable: KEY_PASS } }",
    );
    const secret: ReadSecret = (name, origin) =>
      Promise.resolve(new Secret(`${name} of ${origin?.line}:${origin?.column}`));
    const env = (name: string) => name === "KEY_PASS" ? "from env" : bare.env(name);
    const merged = merge([project]);
    const read = async (service: string, path: string) =>
      (await passphrasesOf(merged, merged.services[service], env)(path, secret))?.reveal();
    assert.equal(await read("own", "/srv/shop/k/own"), "two words");
    assert.equal(await read("own", "/home/ann/k"), "from env");
    assert.equal(await read("own", "/home/ann/other"), undefined);
    assert.equal(await read("kept", "/srv/shop/k/kept"), "ops/key of 4:61");
    await assert.rejects(read("lost", "/srv/shop/k/lost"), {
      kind: "config",
      message: /Cannot read the passphrase of k\/lost: No such file/,
      origin: { file: "/srv/shop/pallet.yaml", line: 3, column: 61 },
    });
    const unset = passphrasesOf(merged, undefined, bare.env);
    await assert.rejects(unset("/home/ann/k", secret), /the variable KEY_PASS is not set/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a passphrase and a password have one place each", async () => {
  for (const place of ["{ secret: a, file: b }", "{}", "{ secrets: a }"]) {
    await assert.rejects(
      projectFile(`admin-user: { become-password: ${place} }`),
      /admin-user\.become-password(?:\.secrets: unknown key "secrets"\. Did you mean "secret"|: must be one of secret, variable and file)/,
    );
  }
});
