import assert from "node:assert/strict";
import type { Explanation, PlanResult } from "../engine/run.ts";
import { placeFrom } from "./errors.ts";
import { explanationLines } from "./explain_view.ts";
import { planLines } from "./plan_view.ts";
import { paintFor } from "./terminal.ts";

const origin = (line: number) => ({ file: "/project/infra.ts", line, column: 5 });
const actions = [
  { kind: "packages", args: {}, id: "packages:nginx", origin: origin(7), title: "packages nginx" },
  {
    kind: "service",
    args: {},
    id: "service:nginx",
    origin: origin(8),
    title: "service nginx",
    triggers: ["a"],
  },
];

const result: Pick<PlanResult, "counts" | "plans" | "pending" | "phases" | "result"> = {
  result: "ok",
  counts: {
    groups: [
      { group: "web", existing: ["web-1"], create: ["web-2"], start: [], remove: [], image: "debian-12" },
      { group: "db", existing: [], create: [], start: [], remove: ["db-1"] },
    ],
  },
  plans: [{
    phase: "configure",
    targets: [
      { target: "web-1", planned: false, facts: "cache", factsAt: 1000, actions },
      { target: "web-2", planned: true, facts: "image", actions },
      { target: "web-3", planned: true, facts: "image", actions },
      {
        target: "db-2",
        planned: true,
        facts: "none",
        actions: [],
        problem: { kind: "infra", message: "no node in group x", origin: origin(20), help: "Make one." },
      },
    ],
  }],
  pending: true,
  phases: [],
};

Deno.test("planLines() shows nodes, then phases; targets of one plan together, unless verbose", () => {
  assert.deepEqual(planLines(result, paintFor(false), placeFrom("/project"), "normal", 61000), [
    "nodes",
    "  + web-2 debian-12",
    "  - db-1",
    "",
    "phase configure",
    "  web-1  2 actions (facts from the cache, 1m00s old)",
    "      packages nginx  infra.ts:7:5",
    "      service nginx   infra.ts:8:5",
    "  web-2, web-3  2 actions (planned, facts of the image)",
    "      packages nginx  infra.ts:7:5",
    "      service nginx   infra.ts:8:5",
    "  db-2  cannot be planned: no node in group x",
    "      at infra.ts:20:5",
    "      Make one.",
    "",
    "nodes: 1 to create, 1 to remove, 1 unchanged",
  ]);
  const verbose = planLines(result, paintFor(false), placeFrom("/project"), "verbose", 61000);
  assert.ok(verbose.includes("  web-3  2 actions (planned, facts of the image)"));
});

Deno.test("planLines() says whether changes are pending when nodes were asked", () => {
  const asked = { ...result, phases: [{ phase: "configure", result: "ok" as const, targets: [] }] };
  const last = (pending: boolean, result: "ok" | "failed") =>
    planLines({ ...asked, pending, result }, paintFor(false), placeFrom("/project"), "normal", 0).at(-1);
  assert.equal(last(true, "ok"), "changes are pending");
  assert.equal(last(false, "ok"), "no changes are pending");
  assert.equal(
    last(false, "failed"),
    "whether changes are pending is not known: not all nodes answered",
  );
});

Deno.test("planLines() shows what the nodes answered, with diffs", () => {
  const answer = { exit: 0, duration: 10, changes: [], origin: origin(7) };
  const asked = {
    ...result,
    pending: true,
    phases: [{
      phase: "configure",
      result: "ok" as const,
      targets: [{
        target: "web-1",
        result: "ok" as const,
        counts: { ok: 1, changed: 0, failed: 0, skipped: 0, wouldChange: 1, cannotKnow: 0 },
        actions: [
          { ...answer, id: "a", title: "packages nginx", result: "ok" as const },
          { ...answer, id: "b", title: "remoteFile /x", result: "would-change" as const, diff: "-a\n+b\n" },
        ],
      }],
    }],
  };
  const lines = planLines(asked, paintFor(false), placeFrom("/project"), "normal", 61000);
  assert.deepEqual(lines.slice(5, 10), [
    "  web-1  2 actions (facts from the cache, 1m00s old)",
    "      ok            packages nginx (10ms)  infra.ts:7:5",
    "      would change  remoteFile /x (10ms)  infra.ts:7:5",
    "          -a",
    "          +b",
  ]);
});

Deno.test("explanationLines() shows parts, actions with their origins, and settings", () => {
  const explanation: Explanation = {
    environment: [{
      key: "app.apiToken",
      value: "abc",
      from: "pallet.yaml",
      origin: { file: "pallet.yaml", line: 3, column: 5 },
      shadows: [{ value: "old", from: "config.yaml" }],
    }],
    group: "web",
    phase: "configure",
    target: "web-1",
    os: "debian-12",
    parts: [origin(3), origin(30)],
    actions,
    script: "",
    settings: [{ target: "db-1", facility: "mysql", instance: "main", value: { port: 3306 } }],
    console: [],
  };
  assert.deepEqual(explanationLines([explanation], paintFor(false), placeFrom("/project")), [
    "web: phase configure (as web-1 on debian-12)",
    "  part 1 at infra.ts:3:5",
    "  part 2 at infra.ts:30:5",
    "  environment",
    '    app.apiToken: "***"  from pallet.yaml:3:5; hides "***" (config.yaml)',
    "  2 actions",
    "    packages nginx  infra.ts:7:5",
    "    service nginx   infra.ts:8:5",
    "      only when one of these changed: a",
    "  settings",
    '    db-1 mysql/main: {"port":3306}',
  ]);
});

Deno.test("planLines() leaves the error that is told anyway to whoever tells it", () => {
  const failure = {
    kind: "infra",
    message: "no node in group x",
    origin: origin(20),
    help: "Make one.",
  } as const;
  const shown = (told: PlanResult["failure"]) =>
    planLines(
      { ...result, result: "failed", ...(told === undefined ? {} : { failure: told }) },
      paintFor(false),
      placeFrom("/project"),
      "normal",
      61000,
    ).join("\n");
  assert.match(shown(failure), /^ {2}db-2 {2}cannot be planned\n\nnodes:/m);
  assert.match(shown({ ...failure, origin: origin(21) }), /cannot be planned: no node in group x\n/);
});

Deno.test("planLines() tells where secrets are, and what to do about one that is nowhere", () => {
  const secrets = [
    { name: "api/key", state: "found", from: "secrets.age", phases: ["configure"], origin: origin(7) },
    {
      name: "db",
      state: "missing",
      problem: "asked: environment",
      advice: "give it by a file",
      phases: ["configure"],
    },
    { name: "root", state: "asked", from: "prompt", phases: ["bootstrap"] },
    {
      name: "x",
      state: "unreadable",
      from: "pass show NAME",
      problem: "it is locked",
      phases: ["configure"],
    },
  ] as const;
  const lines = planLines(
    { ...result, plans: [], secrets },
    paintFor(false),
    placeFrom("/project"),
    "normal",
    0,
  );
  assert.deepEqual(lines.slice(3, -2), [
    "",
    "secrets",
    "  api/key  from secrets.age  infra.ts:7:5",
    "  db       missing (asked: environment)",
    "  root     somebody has to be asked (prompt)",
    "  x        cannot be read from pass show NAME: it is locked",
    "  a run would end before it touches a node: give it by a file",
  ]);
});
