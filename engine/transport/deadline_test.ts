import assert from "node:assert/strict";
import { Deadline } from "./deadline.ts";

const wait = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));

Deno.test("a deadline says what was missing, and within which time", async () => {
  const deadline = new Deadline("web-1 (10.0.0.5:22)", 0.05);
  deadline.step(() => "no ssh banner");
  await wait(0.1);
  assert.equal(
    deadline.signal.reason?.message,
    "Cannot connect to web-1 (10.0.0.5:22): no ssh banner within 1 s",
  );
});

Deno.test("a deadline rests while others are before it, and begins with its turn", async () => {
  const deadline = new Deadline("web-1", 0.2);
  deadline.queued();
  await wait(0.3);
  assert.ok(!deadline.signal.aborted);
  deadline.begun();
  await wait(0.1);
  deadline.queued();
  await wait(0.2);
  deadline.begun();
  assert.ok(!deadline.signal.aborted);
  await wait(0.15);
  assert.ok(deadline.signal.aborted, "a second turn has what the first left over");
});

Deno.test("a host's own limit counts in place of the run's, and never beyond what is left", async () => {
  const longer = new Deadline("web-1", 0.05);
  longer.begun(0.3);
  await wait(0.1);
  assert.ok(!longer.signal.aborted);
  longer.stop();
  const shorter = new Deadline("web-1", 10);
  shorter.begun(0.05);
  await wait(0.1);
  assert.ok(shorter.signal.aborted);
  const bound = new Deadline("web-1", 0.05, 0.05);
  bound.begun(10);
  await wait(0.1);
  assert.ok(bound.signal.aborted);
});

Deno.test("a deadline that was stopped says nothing, and one without an end needs no stop", async () => {
  const stopped = new Deadline("web-1", 0.05);
  stopped.stop();
  new Deadline("web-1", Infinity).begun();
  await wait(0.1);
  assert.ok(!stopped.signal.aborted);
});
