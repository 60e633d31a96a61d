import assert from "node:assert/strict";
import { makeScreen } from "../../tests/support/screen.ts";
import { sampleEvents } from "../../tests/support/sample_events.ts";
import { liveRegion } from "./live.ts";
import { advance, fit, type Line, newView, render } from "./view.ts";
import { width } from "../text.ts";

const lines = (...texts: readonly string[]): readonly Line[] => texts.map((text) => [{ text }]);

Deno.test("liveRegion() redraws in place and keeps what is printed above it", () => {
  const screen = makeScreen(20, 10);
  const region = liveRegion(screen.output);
  region.draw(lines("one", "two", "three"));
  region.draw(lines("ONE", "2"));
  assert.deepEqual(screen.lines(), ["ONE", "2"]);
  region.print("said\n");
  region.draw(lines("ONE", "2"));
  assert.deepEqual(screen.lines(), ["said", "ONE", "2"]);
  region.clear();
  assert.deepEqual(screen.lines(), ["said"]);
  assert.equal(screen.cursorShown(), true);
});

Deno.test("liveRegion() leaves nothing behind when the terminal becomes narrower", () => {
  const screen = makeScreen(30, 10);
  const region = liveRegion(screen.output);
  region.print("before\n");
  region.draw(lines("a".repeat(28), "b".repeat(28)));
  screen.resize(10, 10);
  region.draw(lines("short", "lines"));
  assert.deepEqual(screen.lines(), ["before", "short", "lines"]);
});

Deno.test("liveRegion() writes nothing when nothing changed", () => {
  const screen = makeScreen(20, 10);
  const region = liveRegion(screen.output);
  region.draw(lines("one"));
  const before = screen.written();
  region.draw(lines("one"));
  assert.equal(screen.written(), before);
});

Deno.test("render() stays within the terminal whatever its size, with what failed and works first", () => {
  const view = newView();
  for (const event of sampleEvents.slice(0, -1)) advance(view, event);
  for (let index = 0; index < 50; index++) {
    advance(view, {
      type: "target-started",
      at: "2026-01-01T00:00:00Z",
      run: "r1",
      phase: "configure",
      target: `node-${index}`,
      actions: 3,
    });
  }
  for (const [columns, rows] of [[200, 100], [80, 24], [20, 5], [3, 2], [1, 1]] as const) {
    const shown = render(view, Date.UTC(2026, 0, 1, 0, 0, 9), { columns, rows });
    assert.ok(shown.length <= rows, `${shown.length} lines on ${rows} rows`);
    for (const line of shown) {
      assert.ok(line.reduce((sum, { text }) => sum + width(text), 0) <= columns);
    }
  }
  const texts = render(view, Date.UTC(2026, 0, 1), { columns: 100, rows: 8 })
    .map((line) => line.map(({ text }) => text).join(""));
  assert.equal(texts.length, 8);
  assert.match(texts[1] ?? "", /db-1 .*failed/);
  assert.match(texts[2] ?? "", /web-2 .*unreachable/);
  assert.match(texts[3] ?? "", /node-0/);
  assert.match(texts[6] ?? "", /… 49 more nodes/);
});

Deno.test("fit() cuts across segments and keeps their styles", () => {
  const line: Line = [{ text: "abc", style: "bold" }, { text: "defgh", style: "red" }, { text: "x" }];
  assert.deepEqual(fit(line, 5), [{ text: "abc", style: "bold" }, { text: "d…", style: "red" }]);
  assert.deepEqual(fit(line, 9), line);
});
