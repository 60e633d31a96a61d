import assert from "node:assert/strict";
import fc from "fast-check";
import { type Address, addressesOf, bare, inTurns } from "./addresses.ts";

const four = (address: string): Address => ({ address, family: 4 });
const six = (address: string): Address => ({ address, family: 6 });

Deno.test("addressesOf() takes addresses as they stand: IPv4, IPv6, in brackets, with a scope", async () => {
  const of = (hostName: string) => addressesOf({ hostName, addressFamily: "any" });
  assert.deepEqual(await of("10.0.0.5"), [four("10.0.0.5")]);
  assert.deepEqual(await of("::1"), [six("::1")]);
  assert.deepEqual(await of("[::1]"), [six("::1")]);
  assert.deepEqual(await of("fe80::1%eth0"), [six("fe80::1%eth0")]);
  assert.deepEqual(await of("[fe80::1%2]"), [six("fe80::1%2")]);
  assert.equal(bare("[::1]"), "::1");
});

Deno.test("addressesOf() asks the system's resolver, and keeps to the family", async () => {
  const any = await addressesOf({ hostName: "localhost", addressFamily: "any" });
  assert.ok(any.length > 0);
  const inet = await addressesOf({ hostName: "localhost", addressFamily: "inet" });
  assert.ok(inet.every(({ family }) => family === 4));
  assert.deepEqual(await addressesOf({ hostName: "127.0.0.1", addressFamily: "inet6" }), []);
  await assert.rejects(addressesOf({ hostName: "nowhere.invalid", addressFamily: "any" }), {
    code: "ENOTFOUND",
  });
});

Deno.test("inTurns() lets families alternate, keeps the order within each, and loses none", () => {
  assert.deepEqual(
    inTurns([six("a"), six("b"), six("c"), four("d"), four("e")]).map(({ address }) => address).join(""),
    "adbec",
  );
  const addresses = fc.array(
    fc.record({ address: fc.string(), family: fc.constantFrom(4 as const, 6 as const) }),
  );
  fc.assert(fc.property(addresses, (given) => {
    const result = inTurns(given);
    assert.equal(result.length, given.length);
    assert.deepEqual(result[0], given[0]);
    for (const family of [4, 6]) {
      const own = (list: readonly Address[]) => list.filter((one) => one.family === family);
      assert.deepEqual(own(result), own(given));
    }
  }));
});
