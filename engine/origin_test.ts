import assert from "node:assert/strict";
import { directory } from "./actions/directory.ts";
import { callerOrigin, userFrames } from "./origin.ts";

Deno.test("callerOrigin() is the line of its caller, as a stack tells it", () => {
  const [told, error] = [callerOrigin(), new Error()];
  const frame = userFrames(error.stack ?? "")[0];
  assert.equal(told.file, import.meta.url);
  assert.equal(told.line, frame?.line);
});

Deno.test("callerOrigin() skips the engine's own frames", () => {
  const action = directory("/a");
  const frame = userFrames(new Error().stack ?? "")[0];
  assert.equal(action.origin.file, import.meta.url);
  assert.equal(action.origin.line + 1, frame?.line);
});

Deno.test("callerOrigin() leaves the stacks of others as they were", () => {
  const limit = Error.stackTraceLimit;
  callerOrigin();
  assert.equal(Error.stackTraceLimit, limit);
  assert.equal(typeof new Error().stack, "string");
});

Deno.test("callerOrigin() finds its caller in a deep stack", () => {
  const deep = (n: number): ReturnType<typeof callerOrigin> => n === 0 ? callerOrigin() : deep(n - 1);
  assert.equal(deep(50).file, import.meta.url);
});

Deno.test("userFrames() begins where packages were called", () => {
  const stack =
    "Error\n    at parse (pallet://npm/yaml@2.9.1/browser/index.js:1:2)\n    at https://a.test/mod.ts:3:4";
  assert.deepEqual(userFrames(stack), [{ file: "https://a.test/mod.ts", line: 3, column: 4 }]);
});
