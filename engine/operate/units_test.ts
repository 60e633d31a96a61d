import assert from "node:assert/strict";
import fc from "fast-check";
import { PalletError } from "../errors.ts";
import type { EventBody } from "../events.ts";
import { exitCodeOf, failureOf } from "../failure.ts";
import type { Node } from "../spec/node.ts";
import { countsOf, freeNames } from "./counts.ts";
import { exitCodeOfRun } from "./failures.ts";
import { amountOf, chunks } from "./jobs.ts";
import { glob, limitNames } from "./names.ts";
import { OutputTail } from "./output.ts";
import { ScriptReader } from "./records.ts";
import { schedule } from "./schedule.ts";

function node(name: string, state: Node["state"] = "running"): Node {
  return { id: name, name, service: "s", provider: "p", state, tags: {} };
}

/** A script of one action. */
const script = {
  id: { run: "r", target: "web-1", phase: "configure", segment: 0 },
  text: "",
  sha256: "",
  actions: [{
    kind: "directory",
    args: {},
    id: "one",
    title: "one",
    origin: { file: "infra.ts", line: 1, column: 1 },
  }],
  blobs: [],
  check: false,
};

/** What a reader of that script tells of it, and the reader. */
function reading(): { readonly events: EventBody[]; readonly reader: ScriptReader } {
  const events: EventBody[] = [];
  const emit = (event: EventBody) => void events.push(event);
  return { events, reader: new ScriptReader(script, { emit, capture: () => {}, output: false }) };
}

Deno.test("countsOf() keeps, makes and removes so that the count is met, never a name twice", () => {
  fc.assert(fc.property(
    fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 12 }),
    fc.nat(15),
    (indexes, count) => {
      const nodes = indexes.map((index) => node(`web-${index}`));
      const taken = new Set(nodes.map((one) => one.name));
      const { existing, create, remove } = countsOf("web", count, nodes, taken);
      assert.equal(existing.length + create.length, count);
      assert.equal(existing.length + remove.length, nodes.length);
      assert.equal(
        new Set([...existing, ...create, ...remove]).size,
        existing.length + create.length + remove.length,
      );
      assert.ok(create.length === 0 || remove.length === 0);
      const number = (name: string) => Number(name.slice(4));
      assert.ok(remove.every((name) => existing.every((kept) => number(kept) < number(name))));
    },
  ));
});

Deno.test("freeNames() fills gaps first", () => {
  assert.deepEqual(freeNames("web", 3, new Set(["web-1", "web-3"])), ["web-2", "web-4", "web-5"]);
});

Deno.test("check 51: exit status is 1 before 4 before 3, and 0 for a run without any of it", () => {
  const code = (
    results: readonly ("ok" | "failed" | "unknown" | "unreachable" | "skipped")[],
    pending = false,
  ) => exitCodeOfRun({ results, failures: [], touched: true, pending });
  assert.equal(code(["ok"]), 0);
  assert.equal(code(["ok", "failed", "unknown"], true), 1);
  assert.equal(code(["ok", "unknown"], true), 4);
  assert.equal(code(["unreachable", "skipped"]), 4);
  assert.equal(code(["ok"], true), 3);
  const stopped = (reason: string) =>
    exitCodeOfRun({ results: ["failed"], failures: [], touched: true, stopped: reason });
  assert.deepEqual(["SIGINT", "SIGTERM", "SIGHUP"].map(stopped), [130, 143, 129]);
  const cut = { results: ["ok"], failures: [], touched: true, stopped: "the caller's signal" } as const;
  assert.equal(exitCodeOfRun(cut), 1, "what was stopped is not done");
  const unplanned = { results: [], failures: [{ kind: "infra", message: "" }] } as const;
  assert.equal(exitCodeOfRun({ ...unplanned, touched: true }), 1);
  assert.equal(exitCodeOfRun({ ...unplanned, touched: false }), 2);
});

Deno.test("exitCodeOf() tells refusals from failures", () => {
  const codes = (["usage", "config", "infra", "provider", "unreachable", "action"] as const)
    .map((kind) => exitCodeOf(new PalletError("x", { kind })));
  assert.deepEqual(codes, [2, 2, 2, 1, 4, 1]);
  assert.equal(failureOf("odd").kind, "internal");
});

Deno.test("glob() takes everything but * and ? literally", () => {
  assert.ok(glob("web-*")("web-10") && glob("w?b")("web") && glob("a.b[1]")("a.b[1]"));
  assert.ok(!glob("a.b")("axb") && !glob("web")("web-1") && !glob("(")("x"));
  fc.assert(fc.property(fc.string().filter((text) => !/[*?]/.test(text)), (text) => glob(text)(text)));
});

Deno.test("limitNames() keeps the order of the names", () => {
  assert.deepEqual(limitNames(["a-1", "b-1", "a-2"], ["a-2", "a-*"]), ["a-1", "a-2"]);
});

Deno.test("amountOf() and chunks() cut targets into batches", () => {
  assert.deepEqual(
    [amountOf("30%", 10, 1), amountOf("1%", 10, 1), amountOf("10%", 5, 0), amountOf(3, 10, 1)],
    [3, 1, 0, 3],
  );
  assert.deepEqual(chunks([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]]);
});

Deno.test("OutputTail keeps the end of what came, and says what it left out", () => {
  const tail = new OutputTail();
  const bytes = new TextEncoder().encode("x".repeat(100_000));
  tail.add(bytes, bytes.length);
  tail.add(new TextEncoder().encode("the end"), bytes.length + 7);
  assert.equal(tail.between(bytes.length, tail.end), "the end");
  assert.match(tail.between(0, tail.end), /^\[\.\.\. 95911 bytes before\]\nx+the end$/);
  assert.equal(tail.between(10, 10), "");
});

Deno.test("OutputTail survives a gap of output that was not kept", () => {
  const tail = new OutputTail();
  tail.add(new TextEncoder().encode("abc"), 3);
  tail.add(new TextEncoder().encode("xyz"), 1_000_003);
  assert.equal(tail.between(1_000_000, 1_000_003), "xyz");
});

Deno.test("schedule() refuses jobs that wait for each other", async () => {
  const jobs = [
    { name: "a", needs: ["b"], follows: [] },
    { name: "b", needs: [], follows: ["a"] },
  ];
  const how = {
    limit: 1,
    gate: () => undefined,
    lost: () => false,
    run: () => Promise.resolve(true),
    skip: () => {},
  };
  await assert.rejects(schedule(jobs, how), /Targets wait for each other: a, b/);
});

Deno.test("schedule() lets all jobs end before it throws", async () => {
  const ended: string[] = [];
  const jobs = ["a", "b"].map((name) => ({ name, needs: [], follows: [] }));
  await assert.rejects(
    schedule(jobs, {
      limit: 2,
      gate: () => undefined,
      lost: () => false,
      skip: () => {},
      run: async (name) => {
        if (name === "a") throw new Error("defect");
        await new Promise((resolve) => setTimeout(resolve, 10));
        ended.push(name);
        return true;
      },
    }),
    /defect/,
  );
  assert.deepEqual(ended, ["b"]);
});

Deno.test("ScriptReader says why an action failed where its output does not, and what output is left out", () => {
  const told = (written: string): readonly EventBody[] => {
    const { events, reader } = reading();
    const output = new TextEncoder().encode(written);
    reader.record({ type: "action-started", index: 0, at: 1, output: 0 });
    reader.output(output, output.length);
    reader.omitted({ bytes: 7, lost: 0, path: "/p" });
    const [index, at] = [0, 2];
    const end = { index, result: "failed", exit: 1, at, output: output.length, message: "no room" } as const;
    reader.record({ type: "action-finished", ...end });
    reader.end();
    return events;
  };
  const [, omitted, failed] = told("half");
  const { phase, target } = script.id;
  assert.deepEqual(omitted, { type: "output-omitted", phase, target, bytes: 7, lost: 0, path: "/p" });
  assert.equal(failed?.type === "action-finished" && failed.output, "half\nno room\n");
  const [, , same] = told("there is no room\n");
  assert.equal(same?.type === "action-finished" && same.output, "there is no room\n");
});

Deno.test("fault 36: a node whose clock is a day or an age off is told the same, and how long things took", () => {
  const told = (clock: number): readonly EventBody[] => {
    const { events, reader } = reading();
    reader.record({ type: "action-started", index: 0, at: clock, output: 0 });
    reader.record({
      type: "action-finished",
      index: 0,
      result: "changed",
      exit: 0,
      at: clock + 1.5,
      output: 0,
    });
    reader.record({ type: "script-finished", result: "ok", at: clock + 1.5, output: 0, dropped: 0 });
    reader.end();
    assert.equal(reader.final?.result, "ok");
    assert.equal(reader.reports[0]?.duration, 1500);
    return events;
  };
  const now = Math.round(Date.now() / 1000);
  for (const clock of [0, now - 86_400, now + 86_400, now * 2]) assert.deepEqual(told(clock), told(now));
});
