// Certificates of users, and keys in hardware, with a real OpenSSH server.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { makeKey } from "../../tests/support/sshd.ts";
import { joined } from "../bytes.ts";
import { field, FieldReader, uint32 } from "./wire.ts";
import {
  certify,
  configured,
  enter,
  folder,
  refusal,
  serveKeys,
  sshd,
  test,
  trust,
  withAgent,
  withFakeAgent,
} from "./keys_testing.ts";

serveKeys();

test("fault 21: certificates log in: beside their key, named, and in the agent", async () => {
  for (const [at, args] of [["-t", "ed25519"], ["-t", "rsa"], ["-t", "ecdsa", "-b", "384"]].entries()) {
    const path = await makeKey(`${folder}/certified-${at}`, args);
    assert.match(await refusal(enter({ identities: [path] })), new RegExp(`: tried ${path}$`));
    const certificate = await certify(path);
    const since = (await sshd.log()).length;
    await enter({ identities: [path] });
    assert.match((await sshd.log()).slice(since), /Accepted publickey .*-CERT SHA256:\S+ ID test/);
    await withAgent([path], async ({ socket }) => {
      await enter({ identities: [`${folder}/none`] }, { agentSocket: socket });
    });
    const named = `${folder}/named-${at}`;
    await Deno.rename(certificate, named);
    const config = `${folder}/certificate_config`;
    await Deno.writeTextFile(config, `IdentityFile ${path}\nCertificateFile ${named}\nIdentitiesOnly yes\n`);
    await enter(configured, { sshConfig: config });
    await withAgent([path], async ({ socket }) => {
      await Deno.rename(path, `${path}.away`);
      await enter(configured, { sshConfig: config, agentSocket: socket });
    });
  }
});

test("fault 21: a certificate that has expired, or is none, is said, and the key is tried without it", async () => {
  const path = await makeKey(`${folder}/expired`, ["-t", "ed25519"]);
  await certify(path, "-V", "-2h:-1h");
  const expired = await refusal(enter({ identities: [path] }));
  assert.match(expired, new RegExp(`tried ${path}; not used: ${path}-cert.pub: it expired at 20`));
  await Deno.copyFile(`${path}.pub`, `${path}-cert.pub`);
  assert.match(
    await refusal(enter({ identities: [path] })),
    /it is no certificate, but a key of type ssh-ed25519/,
  );
  await certify(path, "-h", "-V", "+1h");
  assert.match(await refusal(enter({ identities: [path] })), /it is not the certificate of a user/);
});

test("fault 21: a key in hardware logs in through the agent, and says what it needs without one", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const point = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  const type = "sk-ssh-ed25519@openssh.com";
  const blob = joined([field(type), field(point), field("ssh:")]);
  await trust(`${type} ${Buffer.from(blob).toString("base64")} hardware`);
  const hash = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest();
  // What a token does when it is touched: flags and a counter are signed along.
  const touch = (data: Uint8Array) => {
    const flags = joined([Uint8Array.of(1), uint32(7)]);
    const signature = sign(null, joined([hash("ssh:"), flags, hash(data)]), privateKey);
    return joined([field(type), field(signature), flags]);
  };
  const agent = (request: FieldReader) => {
    if (request.take(1)[0] === 11) {
      return joined([Uint8Array.of(12), uint32(1), field(blob), field("my token")]);
    }
    request.string();
    return joined([Uint8Array.of(14), field(touch(request.string()))]);
  };
  await withFakeAgent(agent, async (socket) => {
    const since = (await sshd.log()).length;
    await enter({ identities: [`${folder}/none`] }, { agentSocket: socket });
    assert.match((await sshd.log()).slice(since), /Accepted publickey for root .* ED25519-SK/);
  });
  const file = `${folder}/id_ed25519_sk`;
  const sealed = [field("none"), field("none"), field(""), uint32(1), field(blob), field(new Uint8Array(8))];
  const text = Buffer.concat([Buffer.from("openssh-key-v1\0"), ...sealed]).toString("base64");
  await Deno.writeTextFile(
    file,
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${text}\n-----END OPENSSH PRIVATE KEY-----\n`,
    { mode: 0o600 },
  );
  assert.match(
    await refusal(enter({ identities: [file] })),
    /id_ed25519_sk: it needs its hardware; add it to an ssh agent: ssh-add/,
  );
  await withFakeAgent(agent, (socket) => enter({ identities: [file] }, { agentSocket: socket }));
});
