import assert from "node:assert/strict";
import { inspect } from "node:util";
import { Secret } from "./secret.ts";

Deno.test("Secret is shown by nothing but reveal()", () => {
  const canary = "hunter2 \"'$\\";
  const secret = new Secret(canary);
  const shown = [
    `${secret}`,
    String(secret),
    "" + secret,
    JSON.stringify({ secret, list: [secret] }),
    Deno.inspect({ secret }, { depth: 9, showHidden: true }),
    inspect({ secret }, { depth: 9, showHidden: true }),
    Object.entries(secret).join(),
    new Error("failed", { cause: secret }).stack ?? "",
  ];
  for (const text of shown) assert.ok(!text.includes("hunter2"), text);
  assert.equal(shown[0], "***");
  assert.equal(secret.reveal(), canary);
});

Deno.test("Secret is not carried to where it could be seen", () => {
  assert.throws(() => structuredClone({ secret: new Secret("hunter2"), f: () => {} }));
  assert.ok(!JSON.stringify({ ...new Secret("hunter2") }).includes("hunter2"));
});
