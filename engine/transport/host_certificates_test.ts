// Certificates of real OpenSSH servers: which are taken, which are refused, and what is sent before that.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  address,
  authority,
  certify,
  enter,
  folder,
  keyOf,
  NOW,
  publicKey,
  refusedBefore,
  serveHostKeys,
  sshd,
  strange,
  test,
} from "./host_keys_testing.ts";
import { fingerprint, hostKeysOf } from "./host_keys.ts";
import { knownHostLine } from "./known_hosts.ts";

serveHostKeys();

test("fault 20: a certificate of a known authority is taken, of ed25519, ECDSA and RSA, also after a new key exchange", async () => {
  const { type, key } = await publicKey(authority);
  const user = `@cert-authority [127.0.0.*]:* ${type} ${key}\n`;
  for (const kind of ["ed25519", "ecdsa", "rsa"]) {
    await certify([kind], "-n", "127.0.0.1,web.example", ...NOW);
    const entered = await enter({ user });
    assert.equal(entered.refused, undefined, String(entered.refused));
    assert.equal(entered.own, "");
    assert.match(entered.log, /kex: host key algorithm: \S+-cert-v01@openssh\.com/);
  }
  // By the name that ssh's configuration gives the host.
  const sshConfig = `${folder}/config-alias`;
  await Deno.writeTextFile(sshConfig, "HostKeyAlias web.example\n");
  const named = { user: `@cert-authority *.example ${type} ${key}\n` };
  assert.equal((await enter(named, {}, { sshConfig })).refused, undefined);
});

test("fault 20: a certificate that is expired, early, or for another host is refused", async () => {
  const { type, key } = await publicKey(authority);
  const user = `@cert-authority * ${type} ${key}\n`;
  const known = `${user}${address()} ${keyOf("ssh-ed25519").type} ${keyOf("ssh-ed25519").key}\n`;
  const start = /certificate "host ed25519", of the authority at \S+\/user:1, is not to be trusted: /;
  for (
    const [args, why] of [
      [["-n", "127.0.0.1", "-V", "-2h:-1h"], /it expired at 20\d\d-\d\d-\d\dT/],
      [["-n", "127.0.0.1", "-V", "+1h:+2h"], /it is not valid before 20/],
      [["-n", "db.example", ...NOW], /it is for db\.example, and not for 127\.0\.0\.1 or node-1/],
      [["-n", "127.0.0.1", "-O", "critical:other=1", ...NOW], /it has a condition that is not known: other/],
    ] as const
  ) {
    await certify(["ed25519"], ...args);
    for (const acceptNew of [false, true]) {
      refusedBefore(
        await enter({ user: known }, {}, { acceptNew }),
        new RegExp(`${start.source}${why.source}`),
      );
    }
  }
});

test("fault 20: an authority that is revoked, or another one, vouches for nobody", async () => {
  const { type, key } = await publicKey(authority);
  await certify(["ed25519"], "-n", "127.0.0.1", ...NOW);
  const revoked = `@cert-authority * ${type} ${key}\n@revoked * ${type} ${key}\n`;
  refusedBefore(await enter({ user: revoked }, {}, { acceptNew: true }), /is revoked by \S+user:2/);
  const other = `@cert-authority * ${strange.type} ${strange.key}\n`;
  refusedBefore(
    await enter({ user: other }),
    /nobody has told of its host key SHA256:\S+, and it shows no certificate of the authority at \S+\/user:1/,
  );
  // Its plain key may be known all the same.
  const host = keyOf("ssh-ed25519");
  assert.equal((await enter({ user: `${other}${address()} ${host.type} ${host.key}\n` })).refused, undefined);
  // What a certificate holds is the key, and that is what is remembered.
  const { own } = await enter({ user: other }, {}, { acceptNew: true });
  assert.equal(own, knownHostLine("node-1", host.type, host.key));
});

test("fault 20: a certificate whose signature was tampered with is refused", async () => {
  await certify(["ed25519"], "-n", "127.0.0.1", ...NOW);
  const { type, key } = await publicKey(authority);
  const [name = "", encoded = ""] = (await sshd.exec("cat /etc/ssh/host_ed25519-cert.pub")).split(" ");
  const bytes = Buffer.from(encoded, "base64");
  const at = bytes.indexOf("127.0.0.1");
  const file = `${folder}/tampered`;
  await Deno.writeTextFile(file, `@cert-authority * ${type} ${key}\n`);
  const settled = { ...sshd.route({ hostKeys: [] }), address: "127.0.0.9" };
  const keys = await hostKeysOf(settled, {
    ownKnownHosts: `${folder}/none`,
    knownHosts: [file],
    acceptNew: true,
  });
  assert.ok(keys.certified && name.includes("-cert-"));
  bytes[at + 8] = "9".charCodeAt(0);
  assert.throws(() => keys.check(bytes), /it is not signed by its authority SHA256:/);
  assert.throws(
    () => keys.check(bytes.subarray(0, 200)),
    /its certificate cannot be read: it ends too early/,
  );
});

test("fault 18: RevokedHostKeys is obeyed in ssh's binary form, of keys and of certificates", async () => {
  const { type, key } = await publicKey(authority);
  const user = `@cert-authority * ${type} ${key}\n`;
  await certify(["ed25519"], "-n", "127.0.0.1", "-z", "70", ...NOW);
  const hostKey = `${folder}/host_ed25519.pub`;
  const krl = `${folder}/revoked.krl`;
  const sshConfig = `${folder}/config-krl`;
  await Deno.writeTextFile(sshConfig, `RevokedHostKeys ${krl}\n`);
  const revoke = async (text: string, ...args: readonly string[]) => {
    await Deno.writeTextFile(`${folder}/spec`, text);
    const command = ["-q", "-k", "-f", krl, ...args, `${folder}/spec`];
    const { success, stderr } = await new Deno.Command("ssh-keygen", { args: command }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return await enter({ user }, {}, { sshConfig });
  };
  const line = await Deno.readTextFile(hostKey);
  const print = fingerprint(keyOf("ssh-ed25519").key);
  for (const text of [line, `sha1: ${line}`, `sha256: ${line}`, `hash: ${print}\n`]) {
    refusedBefore(await revoke(text), /: SHA256:\S+ is revoked by \S+\/revoked\.krl$/);
  }
  const ca = ["-s", `${authority}.pub`];
  for (const text of ["serial: 70\n", "serial: 60-80\n", "serial: 66\nserial: 70\n", "id: host ed25519\n"]) {
    refusedBefore(
      await revoke(text, ...ca),
      /: its certificate "host ed25519" is revoked by \S+\/revoked\.krl$/,
    );
  }
  // Other numbers, other names, and the same ones of another authority.
  for (const text of ["serial: 66\nserial: 71-90\n", "id: host\n"]) {
    assert.equal((await revoke(text, ...ca)).refused, undefined, text);
  }
  assert.equal((await revoke("serial: 70\n", "-s", hostKey)).refused, undefined);
});
