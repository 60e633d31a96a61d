import assert from "node:assert/strict";
import { whereIs } from "./problems.ts";

Deno.test("whereIs() says what people call a node, not what its host keys are kept under", () => {
  const route = { hostKeyAlias: "web-1-4880f594", address: "10.0.0.5", port: 22 };
  assert.equal(whereIs({ ...route, name: "web-1" }), "web-1 (10.0.0.5:22)");
  assert.equal(whereIs(route), "web-1-4880f594 (10.0.0.5:22)");
  assert.equal(whereIs({ ...route, hostKeyAlias: "::1", address: "::1" }), "[::1]:22");
});
