// Infra files that do what they should not: each is a clear problem of its own plan, and no other plan suffers.
import assert from "node:assert/strict";
import { directory } from "../actions/directory.ts";
import { groupSpec } from "../spec/specs.ts";
import type { PlanFunction } from "../spec/types.ts";
import { setting, settingsKey } from "./settings.ts";
import { actionsOf, type Ask, evaluate, problemIn } from "./testing.ts";

/** Plans a phase that misbehaves beside one that does not; answers with the problem of the first. */
async function problemOf(configure: () => unknown, ask: Ask = {}) {
  const exports = {
    bad: groupSpec("bad", { phases: { configure: configure as PlanFunction } }),
    good: groupSpec("good", { phases: { configure: () => directory("/good") } }),
  };
  const { plans } = await evaluate(exports, { ...ask, targets: ["bad-1", "good-1"] });
  assert.equal(actionsOf(plans[1])[0]?.id, "directory:/good");
  const found = problemIn(plans[0]);
  assert.equal(found.kind, "infra");
  assert.equal(found.origin?.file, "hostile_test.ts");
  assert.ok((found.stack ?? "").split("\n").every((line) => line === "" || line.includes("hostile_test.ts")));
  return found;
}

function self(): unknown[] {
  const list: unknown[] = [];
  list.push([list]);
  return list;
}

function deep(levels: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  return proxy;
};

const evil = () => ({
  get type(): string {
    throw new Error("a getter");
  },
});

const forged = {
  type: "action",
  kind: "directory",
  args: { path: "/a" },
  origin: { file: "x", line: 1, column: 1 },
};

const results: readonly (readonly [string, () => unknown, RegExp])[] = [
  ["a number", () => 42, /^Phase "configure" returned 42, which is no action$/],
  ["true", () => true, /returned true, which is no action/],
  ["a text", () => ["x"], /returned "x", which is no action/],
  ["a symbol", () => Symbol("s"), /returned Symbol\(s\), which is no action/],
  ["a bigint", () => 1n, /returned 1, which is no action/],
  ["a function", () => directory, /returned a function, which is no action/],
  ["itself", () => problemOf, /returned a function/],
  [
    "a promise inside a list",
    () => [Promise.resolve(directory("/a"))],
    /returned a promise inside a list, which is no/,
  ],
  ["a plain object", () => ({ path: "/a" }), /returned {"path":"\/a"}, which is no action/],
  ["a map", () => new Map(), /returned {}, which is no action/],
  ["a setting", () => setting(settingsKey<number>("x"), 1), /^Phase "configure" returned a setting$/],
  ["a list that holds itself", self, /returned a list that holds itself/],
  ["lists without end", () => deep(100_000), /returned lists nested more than 100 deep/],
  ["an array of a billion holes", () => new Array(1e9), /returned more than 100000 values/],
  ["a revoked proxy", revoked, /^Phase "configure" threw TypeError/],
  ["an object whose getter throws", evil, /^Phase "configure" threw Error: a getter/],
  ["a list whose getter throws", () =>
    Object.defineProperty([1], 0, {
      get: () => {
        throw new Error("item");
      },
    }), /threw Error: item/],
  [
    "an action of no kind",
    () => ({ ...forged, kind: "directry" }),
    /unknown kind "directry"\. Did you mean "directory"\?/,
  ],
  [
    "a forged action with wrong arguments",
    () => ({ ...forged, args: { path: 1 } }),
    /^Invalid directory action that phase "configure" returned: path: must be a string, not 1/,
  ],
  [
    "a forged action with more keys",
    () => ({ ...forged, run: () => 1 }),
    /^Invalid action that phase "configure" returned: run: unknown key "run"/,
  ],
  [
    "a forged action without origin",
    () => ({ type: "action", kind: "directory", args: {} }),
    /origin: is missing/,
  ],
  [
    "a forged action with hostile arguments",
    () => ({ ...forged, args: JSON.parse('{"path": "/a", "__proto__": {"mode": "0777"}}') }),
    /__proto__/,
  ],
  [
    "a forged action with forged triggers",
    () => ({ ...forged, triggers: [forged] }),
    /triggers\[0\]: must be an action/,
  ],
];

for (const [what, result, message] of results) {
  Deno.test(`a phase that returns ${what} has a problem of its own`, async () => {
    assert.match((await problemOf(result)).message, message);
  });
}

Deno.test("a phase that returns a spec is told where specs are named", async () => {
  const { help } = await problemOf(() => groupSpec("other", { phases: { configure: () => [] } }));
  assert.match(help ?? "", /name it under `extends`/);
});

const thrown: readonly (readonly [string, unknown, RegExp])[] = [
  ["an error", new TypeError("no such thing"), /^Phase "configure" threw TypeError: no such thing$/],
  ["an error without words", new Error(), /threw an error without a message$/],
  ["a text", "text", /^Phase "configure" threw "text", which is no error$/],
  ["nothing", undefined, /threw nothing, which is no error$/],
  ["null", null, /threw null, which is no error$/],
  ["an object", { code: 1 }, /threw {"code":1}, which is no error$/],
  ["an object without prototype", Object.create(null), /threw {}, which is no error$/],
  ["a revoked proxy", revoked(), /threw something that cannot be read$/],
  [
    "an error whose message throws",
    Object.defineProperty(new Error(), "message", {
      get: () => {
        throw new Error();
      },
    }),
    /threw something that cannot be read$/,
  ],
  [
    "an error whose message is no text",
    Object.assign(new Error(), { message: 7 }),
    /threw an error without a message$/,
  ],
  ["an object whose toJSON throws", {
    toJSON: () => {
      throw new Error();
    },
  }, /threw a value that is no plain data, which is no error$/],
];

for (const [what, value, message] of thrown) {
  Deno.test(`a phase that throws ${what} has a problem of its own`, async () => {
    const sync = await problemOf(() => {
      throw value;
    });
    assert.match(sync.message, message);
    const late = await problemOf(async () => {
      await Promise.resolve();
      throw value;
    });
    assert.match(late.message, message);
  });
}

Deno.test("the problem of an error is where it was thrown, with the frames of the user alone", async () => {
  const inner = () => {
    throw new Error("deep");
  };
  const found = await problemOf(() => inner());
  assert.match(found.stack ?? "", /^at hostile_test\.ts:\d+:\d+\nat hostile_test\.ts:\d+:\d+/);
  assert.equal(
    found.stack?.split("\n")[0],
    `at hostile_test.ts:${found.origin?.line}:${found.origin?.column}`,
  );
});

Deno.test("a phase that recurses without end has a problem of its own", async () => {
  const forever = (): unknown => [forever()];
  assert.match((await problemOf(forever)).message, /threw RangeError/);
});

Deno.test("an action that was copied with another id is an action", async () => {
  const group = groupSpec("web", { phases: { configure: () => ({ ...directory("/a"), id: "mine" }) } });
  const { plans } = await evaluate({ group });
  assert.deepEqual(actionsOf(plans[0]).map(({ id, title }) => [id, title]), [["mine", "directory /a"]]);
});

Deno.test("a phase may have 10 000 actions and not one more, unless the limit is another", async () => {
  const many = (count: number) => () => Array.from({ length: count }, (_, at) => directory(`/d/${at}`));
  const group = groupSpec("web", { phases: { configure: many(10_000) } });
  const start = performance.now();
  assert.equal(actionsOf((await evaluate({ group })).plans[0]).length, 10_000);
  assert.ok(performance.now() - start < 5_000);
  assert.match((await problemOf(many(10_001))).message, /has more than 10000 actions for one target/);
  const few = await problemOf(() => [directory("/a"), directory("/b"), directory("/c")], {
    host: { maxActions: 2 },
  });
  assert.match(few.message, /has more than 2 actions for one target/);
});

Deno.test("the limit counts all parts of a phase together", async () => {
  const base = { phases: { configure: () => [directory("/a"), directory("/b")] } };
  const group = groupSpec("web", { extends: base, phases: { configure: () => directory("/c") } });
  const { plans } = await evaluate({ group }, { host: { maxActions: 2 } });
  assert.match(problemIn(plans[0]).message, /has more than \d+ actions/);
});

Deno.test("a phase named like a property of every object is not there", async () => {
  const { plans } = await evaluate({ web: groupSpec("web") }, {
    phases: ["toString", "__proto__", "constructor"],
  });
  assert.deepEqual(plans.map((plan) => "defined" in plan && plan.defined), [false, false, false]);
});

Deno.test("a context cannot be used to change what other plans see", async () => {
  const spoil: PlanFunction = ({ target, environment, nodes, nodesInGroup, facts }) => {
    const objects: readonly object[] = [
      target,
      target.tags,
      target.groups,
      environment,
      nodesInGroup("web"),
      facts.os,
    ];
    for (const one of objects) assert.throws(() => Object.assign(one, { x: 1 }), TypeError);
    (nodes() as unknown[]).length = 0;
    return nodes().map((node) => directory(`/${node.name}`));
  };
  const { plans } = await evaluate({ web: groupSpec("web", { phases: { configure: spoil } }) });
  assert.deepEqual(actionsOf(plans[0]).map((action) => action.id), ["directory:/web-1"]);
});
