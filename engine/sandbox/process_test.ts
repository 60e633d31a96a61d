import assert from "node:assert/strict";
import { residentBytes } from "./process.ts";

Deno.test({
  name: "residentBytes() tells alike by both ways to ask",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const [kernel, program] = [await residentBytes(Deno.pid), await residentBytes(Deno.pid, "darwin")];
    assert.ok(kernel > 1e7, String(kernel));
    assert.ok(Math.abs(kernel - program) < 0.3 * kernel, `${kernel} and ${program}`);
    assert.equal(await residentBytes(Deno.pid, "windows"), 0);
    assert.equal(await residentBytes(2 ** 22 + 1, "darwin"), 0);
  },
});
