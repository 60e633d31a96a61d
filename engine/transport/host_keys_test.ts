import assert from "node:assert/strict";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { fingerprint, hostKeysOf, keyType } from "./host_keys.ts";
import { knownHostLine, knownHostName, parseKnownHosts, plainName, speaksOf } from "./known_hosts.ts";
import type { SettledRoute } from "./connection.ts";

/** A public key that nobody has the private half of. */
function publicKey(type: string, seed: number): Uint8Array {
  const name = new TextEncoder().encode(type);
  return new Uint8Array([0, 0, 0, name.length, ...name, 0, 0, 0, 32, ...new Uint8Array(32).fill(seed)]);
}

const ed25519 = (seed: number) => publicKey("ssh-ed25519", seed);
const encoded = (key: Uint8Array) => Buffer.from(key).toString("base64");
const line = (hosts: string, key: Uint8Array) => `${hosts} ${keyType(key)} ${encoded(key)}\n`;

function route(changes: Partial<SettledRoute> = {}): SettledRoute {
  return {
    kind: "ssh",
    address: "10.0.0.5",
    port: 22,
    user: "root",
    hostKeyAlias: "web-1",
    hostKeys: [],
    identities: [],
    ...changes,
  };
}

async function check(
  files: { own?: string; user?: string },
  key: Uint8Array,
  changes: Partial<SettledRoute> = {},
  acceptNew = false,
): Promise<{ refused?: string; own: string; types: readonly string[] }> {
  const folder = await Deno.makeTempDir();
  try {
    const [own, user] = [`${folder}/own`, `${folder}/user`];
    if (files.own !== undefined) await Deno.writeTextFile(own, files.own);
    if (files.user !== undefined) await Deno.writeTextFile(user, files.user);
    const keys = await hostKeysOf(route(changes), { ownKnownHosts: own, knownHosts: [user], acceptNew });
    const result = { types: keys.types };
    try {
      keys.check(key);
    } catch (thrown) {
      return { ...result, own: files.own ?? "", refused: thrown instanceof Error ? thrown.message : "" };
    }
    return { ...result, own: await Deno.readTextFile(own).catch(() => "") };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("fault 18: parseKnownHosts() passes over what it cannot read, and never throws", () => {
  const key = encoded(publicKey("ssh-rsa", 1));
  const lines = [
    "",
    "  # comment",
    "web-1",
    `@cert-authority *.lan ssh-rsa ${key}`,
    "web-2 ssh-rsa not*base64",
    "web-2 ssh-rsa AAAA",
    `web-2 ssh-ed25519 ${key}`,
    "web-2 2048 65537 1234567",
    `@other web-2 ssh-rsa ${key}`,
    `web-3 ssh-rsa ${key} a comment\r`,
    `@revoked * ssh-rsa ${key}`,
  ];
  const { entries, problems } = parseKnownHosts(lines.join("\n"), "f");
  assert.deepEqual(entries.map(({ marker, hosts, place }) => [marker, hosts, place]), [
    ["cert-authority", "*.lan", "f:4"],
    ["", "web-3", "f:10"],
    ["revoked", "*", "f:11"],
  ]);
  assert.deepEqual(problems, [
    "f:3: it names no host with a key",
    "f:5: its key is damaged, or not of type ssh-rsa",
    "f:6: its key is damaged, or not of type ssh-rsa",
    "f:7: its key is damaged, or not of type ssh-ed25519",
    "f:8: it has a key of ssh version 1, which is of no use",
    "f:9: the marker @other is unknown",
  ]);
  fc.assert(fc.property(fc.string(), fc.string(), (any, name) => {
    for (const entry of parseKnownHosts(`${any}\n${any} ssh-rsa ${key}`, "f").entries) {
      speaksOf(entry, [name]);
    }
  }));
});

Deno.test("fault 18: speaksOf() knows lists, wildcards, negation, ports and hashes", () => {
  const salt = Buffer.from("0123456789abcdefghij");
  const hash = createHmac("sha1", salt).update("[h]:2222").digest("base64");
  const cases: readonly [string, string, boolean][] = [
    ["a,b", "b", true],
    ["a,b", "c", false],
    ["web-*", "web-12", true],
    ["web-?", "web-12", false],
    ["*,!bad", "bad", false],
    ["*,!bad", "good", true],
    ["a.b", "axb", false],
    ["[h]:2222", knownHostName("h", 2222), true],
    ["h", knownHostName("h", 2222), false],
    [`|1|${salt.toString("base64")}|${hash}`, "[h]:2222", true],
    [`|1|${salt.toString("base64")}|${hash}`, "h", false],
    ["HOST", "host", true],
  ];
  for (const [hosts, name, expected] of cases) {
    const entry = parseKnownHosts(`${hosts} ssh-ed25519 ${encoded(ed25519(1))}\n`, "f").entries[0];
    assert.ok(entry !== undefined);
    assert.equal(speaksOf(entry, [name]), expected, `${hosts} ${name}`);
  }
});

Deno.test("a name of any letters stands for itself", () => {
  fc.assert(fc.property(fc.string({ minLength: 1 }), fc.string(), (name, other) => {
    const { entries, problems } = parseKnownHosts(
      knownHostLine(name, "ssh-ed25519", encoded(ed25519(1))),
      "f",
    );
    assert.deepEqual(problems, []);
    assert.ok(entries.length === 1 && entries.every((entry) => speaksOf(entry, [plainName(name)])));
    fc.pre(other.toLowerCase() !== name.toLowerCase());
    assert.ok(!entries.some((entry) => speaksOf(entry, [plainName(other)])));
  }));
});

Deno.test("a provider's word on host keys is the only one", async () => {
  const hostKeys = [line("", ed25519(1)).trim()];
  assert.equal((await check({}, ed25519(1), { hostKeys })).refused, undefined);
  const wrong = await check({ user: line("10.0.0.5", ed25519(2)) }, ed25519(2), { hostKeys }, true);
  assert.match(
    wrong.refused ?? "",
    new RegExp(`${escape(fingerprint(encoded(ed25519(1))))} by its provider`),
  );
  assert.match(wrong.refused ?? "", new RegExp(`is ${escape(fingerprint(encoded(ed25519(2))))}`));
});

Deno.test("a node is known by its id in our file, by its address in the user's", async () => {
  assert.equal((await check({ own: line("web-1", ed25519(1)) }, ed25519(1))).refused, undefined);
  assert.equal((await check({ user: line("10.0.0.5", ed25519(1)) }, ed25519(1))).refused, undefined);
  const port = { port: 2222 };
  assert.equal(
    (await check({ user: line("[10.0.0.5]:2222", ed25519(1)) }, ed25519(1), port)).refused,
    undefined,
  );
  assert.match(
    (await check({ own: line("10.0.0.5", ed25519(1)) }, ed25519(1))).refused ?? "",
    /nobody has told/,
  );
  // The address passed from an older machine to this one.
  const moved = { own: line("web-1", ed25519(1)), user: line("10.0.0.5", ed25519(2)) };
  assert.equal((await check(moved, ed25519(1))).refused, undefined);
  assert.match((await check(moved, ed25519(2))).refused ?? "", /own:1/);
});

Deno.test("a revoked key is refused, whoever else knows it", async () => {
  const own = `@revoked * ssh-ed25519 ${encoded(ed25519(1))}\n${line("web-1", ed25519(1))}`;
  assert.match((await check({ own }, ed25519(1), {}, true)).refused ?? "", /is revoked by .*own:1/);
});

Deno.test("a known type of key is asked for first, and a new host is kept in a line of its own", async () => {
  const rsa = publicKey("ssh-rsa", 1);
  assert.deepEqual((await check({ own: line("web-1", rsa) }, rsa)).types, ["rsa-sha2-512", "rsa-sha2-256"]);
  const kept = await check({ own: "# no end" }, ed25519(3), {}, true);
  assert.equal(kept.own, `# no end\n${line("web-1", ed25519(3))}`);
  assert.equal((await check({}, ed25519(3), {}, true)).own, line("web-1", ed25519(3)));
});

Deno.test("a new host shows its key again and again: it is kept once, and another one is refused", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const own = `${folder}/own`;
    const keys = await hostKeysOf(route(), { ownKnownHosts: own, knownHosts: [], acceptNew: true });
    for (let at = 0; at < 3; at++) keys.check(ed25519(1));
    assert.equal(await Deno.readTextFile(own), line("web-1", ed25519(1)));
    assert.throws(() => keys.check(ed25519(2)), /it should be SHA256:\S+ by \S+own:1, and is SHA256:/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

function escape(text: string): string {
  return text.replaceAll(/[+/]/g, "\\$&");
}
