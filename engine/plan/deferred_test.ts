import assert from "node:assert/strict";
import { deferred, hasDeferred, pieces, replaceDeferred, secret, secretsIn } from "./deferred.ts";
import { readable } from "./problems.ts";

Deno.test("secret() is a token in a text, shown by its name", () => {
  const text = `password=${secret("db/pass-word.1")}\n`;
  assert.ok(hasDeferred(text));
  assert.equal(readable(text), "password=<secret db/pass-word.1>\n");
  assert.deepEqual(pieces(text).map((piece) => "source" in piece ? piece.source : piece.literal), [
    "password=",
    { kind: "secret", name: "db/pass-word.1" },
    "\n",
  ]);
  assert.throws(() => Number(secret("n")) + 1, /Cannot calculate with secret n/);
  assert.throws(() => Reflect.get(secret("n"), "length"), /Cannot read \.length of secret n/);
});

Deno.test("secret() refuses what is no name", () => {
  for (
    const name of ["", "a b", "/a", "a/", "a//b", "../a", "a/.b", "-a", "a\nb", "ä", "$(x)", "x".repeat(201)]
  ) {
    assert.throws(() => secret(name), /Invalid name of a secret: must be words of/, JSON.stringify(name));
  }
  assert.throws(() => secret(1 as unknown as string), /must be a text, not 1/);
});

Deno.test("a token of a secret with a name that is none is text", () => {
  const forged = secret("a").toString().replace(":a", ":%2E%2E%2Fa");
  assert.equal(hasDeferred(forged), false);
  assert.equal(replaceDeferred(forged, () => "x"), forged);
});

Deno.test("secretsIn() finds each once, wherever it stands", () => {
  const value = { a: `${secret("x")}${secret("y")}`, b: [{ c: `-${secret("x")}` }], d: 1, e: null };
  assert.deepEqual([...secretsIn(value)], ["x", "y"]);
});

Deno.test("what the language looks up by itself finds nothing on a deferred value", async () => {
  const value = deferred({ kind: "captured", name: "x" });
  assert.equal(await Promise.resolve(value), value, "awaited, it is itself");
  assert.equal(Object.prototype.toString.call(value), "[object Object]");
  assert.ok(Array.isArray([value].concat([])) && !Array.isArray(value));
  assert.throws(() => [...(value as unknown as Iterable<unknown>)], TypeError);
});
