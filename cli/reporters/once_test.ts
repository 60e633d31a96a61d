import assert from "node:assert/strict";
import type { Event } from "../../engine/events.ts";
import { sampleEvents } from "../../tests/support/sample_events.ts";
import { toldOnce } from "./once.ts";

const later = (events: readonly Event[]) =>
  events.map((event): Event => ({ ...event, at: new Date(Date.parse(event.at) + 60_000).toISOString() }));

Deno.test("toldOnce() leaves a run of one attempt as it is", () => {
  assert.deepEqual(toldOnce(sampleEvents), sampleEvents);
  assert.deepEqual(toldOnce([]), []);
});

Deno.test("toldOnce() tells of a run that was gone on with what each attempt alone tells, and the rest as the last does", () => {
  const half = sampleEvents.slice(0, Math.floor(sampleEvents.length / 2));
  const first = half[0];
  assert.ok(first !== undefined);
  const alone: Event = { ...first, type: "message", level: "warn", text: "told before it was killed" };
  const again = later(sampleEvents);
  const told = toldOnce([...half, alone, ...again]);
  const mark = told.findIndex((event) =>
    event.type === "message" && /^The run was gone on with/.test(event.text)
  );
  assert.ok(mark > 0 && told[mark - 1] === alone);
  assert.deepEqual(
    told.slice(0, mark).map(({ type }) => type).filter((type) => type.endsWith("-finished")),
    [],
  );
  const ends = (all: readonly Event[]) => all.filter(({ type }) => type.endsWith("-finished"));
  assert.deepEqual(ends(told), ends(again));
  const begins = (all: readonly Event[]) =>
    all.filter(({ type }) => /^(?:run|phase|target)-started$/.test(type));
  assert.deepEqual(begins(told).map(({ type }) => type), begins(sampleEvents).map(({ type }) => type));
  assert.equal(begins(told)[0], first);
});

Deno.test("toldOnce() keeps what one attempt tells more often than the next", () => {
  const [started, ...others] = sampleEvents;
  const action = others.find((event) => event.type === "action-finished");
  assert.ok(started !== undefined && action !== undefined);
  const told = toldOnce([started, action, action, ...later([started, action])]);
  assert.equal(told.filter(({ type }) => type === "action-finished").length, 2);
});
