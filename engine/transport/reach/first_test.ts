import assert from "node:assert/strict";
import { AllFailed, firstOf } from "./first.ts";

const wait = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

function options(changes: { signal?: AbortSignal; discard?: (late: string) => void } = {}) {
  return { headStart: 0.05, signal: new AbortController().signal, discard: () => {}, ...changes };
}

Deno.test("firstOf() starts the next when one is slow, and at once when one fails", async () => {
  const started: string[] = [];
  const result = await firstOf(["slow", "broken", "good"], async (name, signal) => {
    started.push(name);
    if (name === "slow") await new Promise((_, reject) => signal.addEventListener("abort", reject));
    if (name === "broken") throw new Error("broken");
    return name;
  }, options());
  assert.equal(result, "good");
  assert.deepEqual(started, ["slow", "broken", "good"]);
});

Deno.test("firstOf() tries no second when the first answers in time", async () => {
  const started: string[] = [];
  const result = await firstOf(["one", "two"], async (name) => {
    started.push(name);
    await wait(10);
    return name;
  }, options());
  await wait(80);
  assert.equal(result, "one");
  assert.deepEqual(started, ["one"]);
});

Deno.test("firstOf() discards what comes too late", async () => {
  const late: string[] = [];
  const result = await firstOf(["slow", "fast"], async (name) => {
    await wait(name === "slow" ? 120 : 1);
    return name;
  }, options({ discard: (name) => late.push(name) }));
  assert.equal(result, "fast");
  await wait(150);
  assert.deepEqual(late, ["slow"]);
});

Deno.test("firstOf() tells all failures when all fail, and the signal's reason when given up", async () => {
  await assert.rejects(
    firstOf(["a", "b"], (name) => Promise.reject(new Error(`${name} is down`)), options()),
    (error) =>
      error instanceof AllFailed && error.failures.length === 2 && /a is down; b/.test(error.message),
  );
  await assert.rejects(firstOf([], () => Promise.resolve("x"), options()), AllFailed);
  const signal = AbortSignal.timeout(30);
  await assert.rejects(
    firstOf(["a"], () => new Promise<string>(() => {}), options({ signal })),
    /aborted due to timeout/,
  );
});
