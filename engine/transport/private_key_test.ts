import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPublicKey } from "node:crypto";
import fc from "fast-check";
import { has } from "../../tests/support/needs.ts";
import { type PrivateKey, readPrivateKey, WrongPassphrase } from "./private_key.ts";
import { CURVES, ecdsaKey } from "./private_key_material.ts";
import { keyType, verifySignature } from "./public_key.ts";
import { derElements, FieldReader, readDer } from "./wire.ts";

const keygen = await has("ssh-keygen");
if (!keygen) console.log("Tests of private keys are ignored: they need ssh-keygen");
const openssl = keygen && await has("openssl");
if (!openssl) console.log("Tests of keys by openssl are ignored: they need it and ssh-keygen");

const PASSPHRASE = "pä ss'\"$";

async function run(program: string, args: readonly string[]): Promise<string> {
  const command = new Deno.Command(program, { args: [...args], stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  assert.ok(success, `${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function open(path: string, passphrase?: string): Promise<PrivateKey> {
  const file = readPrivateKey(await Deno.readFile(path));
  if (file.state === "open") {
    assert.equal(passphrase, undefined, "it should be under a passphrase");
    return file.key;
  }
  assert.equal(file.state, "locked");
  assert.ok(file.state === "locked" && passphrase !== undefined);
  await assert.rejects(file.unlock("wrong"), WrongPassphrase);
  const key = await file.unlock(passphrase);
  if (file.publicKey !== undefined) assert.deepEqual(Buffer.from(file.publicKey), Buffer.from(key.publicKey));
  return key;
}

/** That a key is the one of a line as in `id.pub`, and signs so that this one verifies it. */
function fits(key: PrivateKey, line: string): void {
  const publicKey = Buffer.from(line.trim().split(" ")[1] ?? "", "base64");
  assert.equal(Buffer.from(key.publicKey).toString("hex"), publicKey.toString("hex"));
  assert.equal(key.type, keyType(publicKey));
  const data = crypto.getRandomValues(new Uint8Array(100));
  for (const algorithm of key.type === "ssh-rsa" ? ["rsa-sha2-256", "rsa-sha2-512"] : [key.type]) {
    const signature = key.sign(data, algorithm);
    assert.equal(new FieldReader(signature).text(), algorithm);
    assert.ok(verifySignature(publicKey, signature, data));
    data[0] = (data[0] ?? 0) ^ 1;
    assert.ok(!verifySignature(publicKey, signature, data));
    data[0] ^= 1;
  }
}

/** Bytes of the scalar as ssh-keygen wrote it. */
function scalarLength(text: string): number {
  const body = Buffer.from(text.replaceAll(/-----.*?-----/g, ""), "base64");
  if (text.includes("EC PRIVATE")) return derElements(readDer(body).value)[1]?.value.length ?? 0;
  const outer = new FieldReader(body.subarray(15));
  for (let at = 0; at < 3; at++) outer.string();
  outer.uint32();
  outer.string();
  const inner = new FieldReader(outer.string());
  inner.take(8);
  for (let at = 0; at < 3; at++) inner.string();
  return inner.string().length;
}

const COUNT = 200;
const FORMS: readonly { readonly name: string; readonly args: readonly string[]; readonly locked?: true }[] =
  [
    { name: "OpenSSH", args: [] },
    { name: "PEM", args: ["-m", "PEM"] },
    { name: "PKCS #8", args: ["-m", "PKCS8"] },
    { name: "OpenSSH locked", args: ["-a", "1"], locked: true },
    { name: "PEM locked", args: ["-m", "PEM"], locked: true },
    { name: "PKCS #8 locked", args: ["-m", "PKCS8"], locked: true },
  ];
const TYPES: readonly { readonly name: string; readonly args: (at: number) => readonly string[] }[] = [
  { name: "ed25519", args: () => ["-t", "ed25519"] },
  // Small ones are as good for this, and made in a tenth of the time.
  {
    name: "RSA",
    args: (at) => ["-t", "rsa", "-b", at % 100 === 0 ? "3072" : at % 20 === 0 ? "2048" : "1024"],
  },
  { name: "ECDSA 256", args: () => ["-t", "ecdsa", "-b", "256"] },
  { name: "ECDSA 384", args: () => ["-t", "ecdsa", "-b", "384"] },
  { name: "ECDSA 521", args: () => ["-t", "ecdsa", "-b", "521"] },
];

for (const { name, args } of TYPES) {
  Deno.test({
    name: `fault 21: ${COUNT} keys of type ${name}, in every form, are read and sign`,
    ignore: !keygen,
    fn: () =>
      withFolder(async (folder) => {
        const forms = name === "ed25519" ? FORMS.filter(({ args }) => !args.includes("-m")) : FORMS;
        const counts = new Map<string, number>();
        const lengths = new Map<number, number>();
        const make = async (at: number) => {
          const form = forms[at % forms.length];
          assert.ok(form !== undefined);
          const path = `${folder}/${at}`;
          const passphrase = form.locked ? PASSPHRASE : "";
          await run("ssh-keygen", ["-q", "-N", passphrase, "-C", "c", "-f", path, ...args(at), ...form.args]);
          fits(await open(path, form.locked && PASSPHRASE), await Deno.readTextFile(`${path}.pub`));
          counts.set(form.name, (counts.get(form.name) ?? 0) + 1);
          if (name.startsWith("ECDSA") && !form.locked && form.name !== "PKCS #8") {
            const length = scalarLength(await Deno.readTextFile(path));
            lengths.set(length, (lengths.get(length) ?? 0) + 1);
          }
        };
        const all = Array.from({ length: COUNT }, (_, at) => at);
        await Promise.all([0, 1, 2, 3].map(async (lane) => {
          for (const at of all.filter((at) => at % 4 === lane)) await make(at);
        }));
        const shapes = [...lengths].sort().map(([length, count]) => `${count} of ${length} bytes`).join(", ");
        const usable = [...counts].map(([form, count]) => `${form} ${count}`).join(", ");
        console.log(`${name}: ${usable}${shapes === "" ? "" : `; scalars: ${shapes}`}`);
        assert.equal([...counts.values()].reduce((sum, count) => sum + count), COUNT);
      }),
  });
}

Deno.test({
  name:
    "fault 21: every cipher that ssh-keygen protects a key with is opened, and refuses a wrong passphrase",
  ignore: !keygen,
  fn: () =>
    withFolder(async (folder) => {
      const ciphers = (await run("ssh", ["-Q", "cipher"])).trim().split("\n")
        .filter((cipher) => !/^rijndael/.test(cipher));
      assert.ok(ciphers.length > 5);
      for (const cipher of ciphers) {
        const path = `${folder}/${cipher}`;
        const args = ["-q", "-t", "ecdsa", "-N", PASSPHRASE, "-Z", cipher, "-a", "2", "-f", path];
        await run("ssh-keygen", args);
        fits(await open(path, PASSPHRASE), await Deno.readTextFile(`${path}.pub`));
      }
      console.log(`ciphers of OpenSSH's own format: ${ciphers.join(" ")}`);
    }),
});

Deno.test({
  name: "fault 21: keys as openssl writes and protects them are opened",
  ignore: !openssl,
  fn: () =>
    withFolder(async (folder) => {
      const kinds = [["RSA", "rsa_keygen_bits:2048"], ["EC", "ec_paramgen_curve:P-521"], ["ed25519", ""]];
      for (const [type = "", option = ""] of kinds) {
        const path = `${folder}/${type}`;
        await run("openssl", [
          "genpkey",
          "-algorithm",
          type,
          "-out",
          path,
          ...option === "" ? [] : ["-pkeyopt", option],
        ]);
        const plain = await open(path);
        if (type === "ed25519") { // which ssh-keygen does not read in this form
          const { x } = createPublicKey(await Deno.readTextFile(path)).export({ format: "jwk" });
          assert.equal(Buffer.from(plain.publicKey).subarray(-32).toString("base64url"), x);
        } else {
          await Deno.chmod(path, 0o600);
          fits(plain, await run("ssh-keygen", ["-y", "-f", path]));
        }
        const line = `- ${Buffer.from(plain.publicKey).toString("base64")}`;
        const locked = `${path}.locked`;
        for (const cipher of ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "des3"]) {
          const password = ["-passout", `pass:${PASSPHRASE}`, "-in", path, "-out", locked];
          for (const derivation of [[], ["-v2prf", "hmacWithSHA1"], ["-scrypt"]]) {
            await run("openssl", ["pkcs8", "-topk8", "-v2", cipher, ...derivation, ...password]);
            fits(await open(locked, PASSPHRASE), line);
          }
          if (type === "ed25519") continue;
          const traditional = type === "RSA" ? ["rsa", "-traditional"] : ["ec"];
          await run("openssl", [
            ...traditional,
            `-${cipher.replace("-cbc", "").replace("-", "")}`,
            ...password,
          ]);
          fits(await open(locked, PASSPHRASE), line);
        }
      }
    }),
});

Deno.test("ecdsaKey() makes the same key of a scalar with any number of zeros before it, and of short ones", () => {
  for (const { name, size } of CURVES) {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: size - 1 }), fc.nat(4), (bytes, zeros) => {
        fc.pre(bytes.some((byte) => byte !== 0));
        const key = ecdsaKey(name, bytes);
        const other = ecdsaKey(name, new Uint8Array([...new Uint8Array(zeros), ...bytes]));
        assert.deepEqual(key.publicKey, other.publicKey);
        assert.ok(verifySignature(other.publicKey, key.sign(bytes, key.type), bytes));
      }),
      { numRuns: 20 },
    );
  }
});

Deno.test("readPrivateKey() says what is wrong with a file", async () => {
  const cases: readonly [string, RegExp][] = [
    ["", /it is no private key/],
    ["PuTTY-User-Key-File-3: ssh-ed25519\n", /key of PuTTY; convert it with: puttygen/],
    [
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      /it is a certificate, and no private key/,
    ],
    ["-----BEGIN DSA PRIVATE KEY-----\nAAAA\n-----END DSA PRIVATE KEY-----\n", /DSA key, which no current/],
    ["-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", /it is damaged/],
    ["-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n", /ends too early/],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => readPrivateKey(new TextEncoder().encode(text)), message);
  }
  const old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: RC2-CBC,00\n\nAAAA\n" +
    "-----END RSA PRIVATE KEY-----\n";
  const file = readPrivateKey(new TextEncoder().encode(old));
  assert.ok(file.state === "locked");
  await assert.rejects(file.unlock("x"), /encrypted by RC2-CBC, which is not supported/);
});

Deno.test("readPrivateKey() of rubbish is an error or a key, never anything else", () => {
  const labels = fc.constantFrom(
    "OPENSSH PRIVATE KEY",
    "EC PRIVATE KEY",
    "PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "RSA PRIVATE KEY",
    "X",
  );
  fc.assert(fc.property(labels, fc.uint8Array({ maxLength: 200 }), (label, bytes) => {
    const text = `-----BEGIN ${label}-----\n${
      Buffer.from(bytes).toString("base64")
    }\n-----END ${label}-----\n`;
    try {
      assert.ok(
        ["open", "locked", "hardware"].includes(readPrivateKey(new TextEncoder().encode(text)).state),
      );
    } catch (thrown) {
      assert.ok(thrown instanceof Error);
    }
  }));
});
