import assert from "node:assert/strict";
import type { Event } from "../../engine/events.ts";
import { sampleEvents } from "../../tests/support/sample_events.ts";
import { mergeRuns } from "./merge.ts";
import { runModel } from "./model.ts";

/** The recorded run as that of one runner, a while later, with the events of some targets alone. */
function part(run: string, later: number, targets: readonly string[], exitCode: number): readonly Event[] {
  return sampleEvents.flatMap((event): readonly Event[] => {
    if ("target" in event && event.target !== undefined && !targets.includes(event.target)) return [];
    const at = new Date(Date.parse(event.at) + later).toISOString();
    if (event.type !== "run-finished") return [{ ...event, at, run }];
    const own = event.targets.filter(({ target }) => targets.includes(target));
    return [{ ...event, at, run, exitCode, result: exitCode === 0 ? "ok" : "failed", targets: own }];
  });
}

const one = part("r1", 0, ["web-1"], 0);
const two = part("r2", 50, ["web-2", "db-1", "db-2"], 1);

Deno.test("shards are told as one run: all targets, each once, one beginning and one end", () => {
  const merged = mergeRuns([two, one]);
  const model = runModel(merged);
  const whole = runModel(sampleEvents);
  assert.deepEqual(
    model?.phases.map((
      { phase, targets },
    ) => [phase, targets.map(({ target, result }) => [target, result]).sort()]),
    whole?.phases.map((
      { phase, targets },
    ) => [phase, targets.map(({ target, result }) => [target, result]).sort()]),
  );
  assert.equal(model?.finished?.exitCode, 1);
  assert.equal(model?.started.run, "r1+r2");
  assert.equal(model?.duration, (whole?.duration ?? 0) + 50);
  assert.deepEqual(model?.finished?.targets.map(({ target }) => target).sort(), ["db-1", "web-1", "web-2"]);
  for (const type of ["run-started", "run-finished"]) {
    assert.equal(merged.filter((event) => event.type === type).length, 1, type);
  }
  assert.deepEqual(merged.map(({ at }) => at), merged.map(({ at }) => at).toSorted());
  assert.deepEqual(mergeRuns([one]), one);
});

Deno.test("a shard without an end makes the whole unknown, and its open targets too", () => {
  const at = two.findIndex((event) => event.type === "target-finished");
  const [end] = mergeRuns([one, two.slice(0, at)]).slice(-1);
  assert.ok(end?.type === "run-finished");
  assert.deepEqual([end.exitCode, end.result], [4, "failed"]);
  assert.match(end.failure?.message ?? "", /Run r2 has not ended/);
  assert.deepEqual(end.targets.map(({ target, result }) => `${target} ${result}`), [
    "web-1 ok",
    "db-1 unknown",
  ]);
});

Deno.test("the weightiest exit status is that of the whole", () => {
  const codes = (...all: readonly number[]) => {
    const end = mergeRuns(all.map((code, at) => part(`r${at}`, at, ["web-1"], code))).at(-1);
    return end?.type === "run-finished" ? end.exitCode : undefined;
  };
  assert.deepEqual([codes(0, 0), codes(0, 3), codes(3, 4), codes(4, 1, 3), codes(0, 130), codes(143, 4)], [
    ...[0, 3, 4, 1, 130, 4],
  ]);
});

Deno.test("runs of different operations are not told as one", () => {
  const other = two.map((event): Event =>
    event.type === "run-started" ? { ...event, operation: "lift" } : event
  );
  assert.throws(
    () => mergeRuns([one, other]),
    /Run r1 is a converge .* run r2 a lift .*: they cannot be told as one/,
  );
  assert.throws(() => mergeRuns([one, two.slice(1)]), /no beginning/);
});
