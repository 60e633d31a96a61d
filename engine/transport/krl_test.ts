import assert from "node:assert/strict";
import { joined } from "../bytes.ts";
import { isKrl, readKrl } from "./krl.ts";
import { field, uint32 } from "./wire.ts";

const HEAD = joined([
  new TextEncoder().encode("SSHKRL\n\0"),
  uint32(1),
  new Uint8Array(24),
  field(""),
  field("a comment"),
]);
const section = (type: number, ...parts: readonly Uint8Array[]) =>
  joined([Uint8Array.of(type), field(joined(parts))]);
const list = (...sections: readonly Uint8Array[]) => joined([HEAD, ...sections]);
const key = Uint8Array.of(1, 2, 3);

Deno.test("readKrl() finds keys, and passes over extensions that may be passed over", () => {
  const optional = section(255, field("x@example.com"), Uint8Array.of(0), field("?"));
  const revokes = readKrl(list(optional, section(2, field(Uint8Array.of(9)), field(key))));
  assert.equal(revokes(key), true);
  assert.equal(revokes(Uint8Array.of(1, 2)), false);
  assert.equal(readKrl(HEAD)(key), false);
});

Deno.test("readKrl() trusts nothing that it does not understand", () => {
  assert.throws(() => readKrl(list(section(9, field(key)))), /a section of type 9/);
  assert.throws(
    () => readKrl(list(section(255, field("x@example.com"), Uint8Array.of(1), field("?")))),
    /the extension x@example\.com, which is not known/,
  );
  assert.throws(
    () => readKrl(list(section(1, field(""), field(""), section(0x30, field(key))))),
    /a part of type 48/,
  );
  assert.throws(() => readKrl(list(section(2, field(key))).subarray(0, -1)), /it ends too early/);
  assert.equal(isKrl(HEAD), true);
  assert.equal(isKrl(new TextEncoder().encode("ssh-ed25519 AAAA")), false);
});
