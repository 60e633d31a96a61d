import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
// @ts-types="@types/ssh2"
import ssh2 from "ssh2";
import fc from "fast-check";
import { has } from "../../tests/support/needs.ts";
import { preparePrivateKey } from "./private_key.ts";

const keygen = await has("ssh-keygen");
if (!keygen) console.log("Tests of private keys are ignored: they need ssh-keygen");

/** Makes a key, prepares it, and signs with it; the signature must be good for the public half. */
async function signs(folder: string, options: readonly string[]): Promise<void> {
  const path = `${folder}/${crypto.randomUUID()}`;
  const args = ["-q", "-N", "", "-C", "a comment", "-f", path, ...options];
  assert.ok((await new Deno.Command("ssh-keygen", { args }).output()).success);
  const parsed = ssh2.utils.parseKey(preparePrivateKey(await Deno.readFile(path)));
  assert.ok(!(parsed instanceof Error), `${options}: ${parsed}`);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  const publicParsed = ssh2.utils.parseKey(await Deno.readTextFile(`${path}.pub`));
  assert.ok(!(publicParsed instanceof Error) && key !== undefined);
  const publicKey = Array.isArray(publicParsed) ? publicParsed[0] : publicParsed;
  assert.equal(key.getPublicSSH().toString("hex"), publicKey?.getPublicSSH().toString("hex"));
  const data = Buffer.from("to be signed");
  const signature = key.sign(data);
  assert.ok(!((signature as unknown) instanceof Error), `${options}: ${signature}`);
  assert.equal(publicKey?.verify(data, signature), true);
}

Deno.test({
  name: "preparePrivateKey() makes keys of every type and form sign, whatever their scalar is",
  ignore: !keygen,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      await signs(folder, ["-t", "ed25519"]);
      for (const form of [[], ["-m", "PEM"], ["-m", "PKCS8"]]) {
        await signs(folder, ["-t", "rsa", "-b", "2048", ...form]);
        for (const bits of ["256", "384", "521"]) {
          // About half of all scalars are of an unusual length.
          for (let at = 0; at < 6; at++) await signs(folder, ["-t", "ecdsa", "-b", bits, ...form]);
        }
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "preparePrivateKey() says what is wrong with a key",
  ignore: !keygen,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      for (const [at, form] of [[], ["-m", "PEM"], ["-m", "PKCS8"]].entries()) {
        const path = `${folder}/locked-${at}`;
        const args = ["-q", "-t", "ecdsa", "-N", "secret", "-f", path, ...form];
        assert.ok((await new Deno.Command("ssh-keygen", { args }).output()).success);
        const bytes = await Deno.readFile(path);
        assert.throws(() => preparePrivateKey(bytes), /protected by a passphrase; add it to an ssh agent/);
      }
      const bytes = await Deno.readFile(`${folder}/locked-0.pub`);
      assert.throws(() => preparePrivateKey(bytes), /it is a public key/);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("preparePrivateKey() of rubbish is an error or a key, never anything else", () => {
  const labels = fc.constantFrom(
    "OPENSSH PRIVATE KEY",
    "EC PRIVATE KEY",
    "PRIVATE KEY",
    "RSA PRIVATE KEY",
    "X",
  );
  fc.assert(fc.property(labels, fc.uint8Array({ maxLength: 200 }), (label, bytes) => {
    const text = `-----BEGIN ${label}-----\n${
      Buffer.from(bytes).toString("base64")
    }\n-----END ${label}-----\n`;
    try {
      assert.ok(Buffer.isBuffer(preparePrivateKey(new TextEncoder().encode(text))));
    } catch (thrown) {
      assert.ok(thrown instanceof Error);
    }
  }));
});
