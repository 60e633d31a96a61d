import assert from "node:assert/strict";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { fingerprint, hostKeysOf, keyType } from "./host_keys.ts";
import { knownHostName, parseKnownHosts, speaksOf } from "./known_hosts.ts";
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

Deno.test("parseKnownHosts() passes over what it cannot read, and never throws", () => {
  const text =
    "\n# comment\nweb-1\n@cert-authority * ssh-rsa AAAA\nweb-2 ssh-rsa not*base64\nweb-3 ssh-rsa AAAA c\n";
  assert.deepEqual(parseKnownHosts(text, "f").map(({ hosts, place }) => [hosts, place]), [["web-3", "f:6"]]);
  fc.assert(fc.property(fc.string(), fc.string(), (any, name) => {
    for (const entry of parseKnownHosts(any, "f")) speaksOf(entry, [name]);
  }));
});

Deno.test("speaksOf() knows lists, wildcards, negation, ports and hashes", () => {
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
    const [entry] = parseKnownHosts(`${hosts} ssh-rsa AAAA\n`, "f");
    assert.ok(entry !== undefined);
    assert.equal(speaksOf(entry, [name]), expected, `${hosts} ${name}`);
  }
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

function escape(text: string): string {
  return text.replaceAll(/[+/]/g, "\\$&");
}
