import assert from "node:assert/strict";
import { isSecret, redact } from "./redact.ts";

Deno.test("redact() hides what its key says to be secret, however deep, and passwords in URLs", () => {
  const value = {
    apiToken: "t",
    users: [{ name: "ann", password: "p" }, "http://me:pw@proxy.test/x"],
    "access-key": 7,
    tokens: ["one", "two"],
    tokenless: "shown",
  };
  assert.deepEqual(redact(["services", "mine"], value), {
    apiToken: "***",
    users: [{ name: "ann", password: "***" }, "http://me:***@proxy.test/x"],
    "access-key": "***",
    tokens: ["***", "***"],
    tokenless: "shown",
  });
});

Deno.test("a token in a URL of the web is hidden, and the user of another is not", () => {
  assert.equal(redact(["origin"], "https://t0ken@git.test/a"), "https://***@git.test/a");
  assert.equal(redact(["origin"], "ssh://git@git.test/a"), "ssh://git@git.test/a");
  assert.equal(redact(["origin"], "https://git.test/a@1.2"), "https://git.test/a@1.2");
});

Deno.test("where a secret comes from is none", () => {
  assert.ok(isSecret(["admin-user", "password"]));
  for (const from of ["secret", "variable", "file"]) {
    assert.ok(!isSecret(["admin-user", "password", from]));
    assert.ok(isSecret(["service", "token", from]));
  }
});
