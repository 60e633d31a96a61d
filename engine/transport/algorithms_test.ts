import assert from "node:assert/strict";
import { algorithmsFor } from "./algorithms.ts";

const ask = (algorithms: Record<string, string>, known: readonly string[] = []) =>
  algorithmsFor({ algorithms }, known);

Deno.test("algorithmsFor() asks for a type of host key first that is known", () => {
  const [first, second] = ask({}, ["rsa-sha2-256"]).serverHostKey as readonly string[];
  assert.deepEqual([first, second], ["rsa-sha2-256", "ssh-ed25519"]);
});

Deno.test("algorithmsFor() changes lists as ssh_config(5) says: given, added, taken away, put first", () => {
  const usual = ask({}).cipher as readonly string[];
  assert.deepEqual(ask({ cipher: "aes256-ctr,nonsense" }).cipher, ["aes256-ctr"]);
  assert.deepEqual(ask({ cipher: "+aes128-cbc" }).cipher, [...usual, "aes128-cbc"]);
  assert.deepEqual(ask({ cipher: "-aes*-gcm@openssh.com" }).cipher, [
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
  ]);
  assert.deepEqual(ask({ hostKey: "rsa-sha2-*,ssh-ed25519" }).serverHostKey, [
    "rsa-sha2-512",
    "rsa-sha2-256",
    "ssh-ed25519",
  ]);
  assert.deepEqual(ask({ cipher: "^aes256-ctr" }).cipher, [
    "aes256-ctr",
    ...usual.filter((name) => name !== "aes256-ctr"),
  ]);
});

Deno.test("algorithmsFor() says when nothing is left", () => {
  assert.throws(() => ask({ kex: "sntrup761x25519-sha512@openssh.com" }), {
    kind: "config",
    message: /leaves no algorithm that Pallet has: KexAlgorithms sntrup761/,
    help: /curve25519-sha256/,
  });
});
