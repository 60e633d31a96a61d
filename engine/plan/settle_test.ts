import assert from "node:assert/strict";
import { directory } from "../actions/directory.ts";
import type { Json } from "../json.ts";
import { groupSpec, serverSpec } from "../spec/specs.ts";
import type { PlanFunction, ServerSpec } from "../spec/types.ts";
import type { PlanResult } from "./context.ts";
import { captured } from "./deferred.ts";
import { setting, settingsKey } from "./settings.ts";
import { actions, actionsOf, evaluate, existing, problem, problemIn } from "./testing.ts";

type Port = { port: number; host?: string };
const mysql = settingsKey<Port>("mysql");
const nginx = settingsKey<Port>("nginx");

/** Groups `web` and `db` with a `settings` phase each; `web` may have a `configure` phase too. */
function two(web: PlanFunction, db: PlanFunction, configure: PlanFunction = () => []) {
  return {
    web: groupSpec("web", { phases: { settings: web, configure } }),
    db: groupSpec("db", { phases: { settings: db } }),
  };
}

const both = { targets: ["db-1", "web-1"] };

Deno.test("check 88: settings of one node are read while another is configured", async () => {
  const exports = two(
    () => [],
    ({ target }) => setting(mysql, { port: 3307, host: target.primaryIp }),
    ({ oneNodeInGroup, settingsOf }) => {
      const { host, port } = settingsOf(oneNodeInGroup("db"), mysql);
      return directory(`/${host}/${port}`);
    },
  );
  const ask = { only: ["web-1"] };
  const [real] = await actions(exports, { ...ask, targets: [existing("db-1", "10.0.0.5"), "web-1"] });
  assert.equal(real?.title, "directory /10.0.0.5/3307");
  const [later] = await actions(exports, { ...ask, ...both });
  assert.equal(later?.title, "directory /<the primaryIp of db-1>/3307");
});

Deno.test("settings of one facility merge: a crate's first, the group's own over them", async () => {
  const crate = serverSpec({
    phases: { settings: () => setting(mysql, { port: 3306, host: "default" }) },
  });
  const group = groupSpec("web", {
    extends: crate,
    phases: {
      settings: () => [setting(mysql, { port: 3307 }), null, [setting(mysql, { port: 3308 }), false]],
    },
  });
  const { settings } = await evaluate({ group });
  assert.deepEqual(settings, [
    { target: "web-1", facility: "mysql", instance: "default", value: { port: 3308, host: "default" } },
  ]);
});

Deno.test("check 93: a crate used twice with two instances does not clash", async () => {
  const crate = (instance: string, port: number): ServerSpec =>
    serverSpec({
      phases: {
        settings: () => setting(mysql, { port }, { instance }),
        configure: ({ settings }) => directory(`/srv/${instance}-${settings(mysql, { instance }).port}`),
      },
    });
  const exports = { web: groupSpec("web", { extends: [crate("a", 1), crate("b", 2)] }) };
  const found = await actions(exports);
  assert.deepEqual(found.map((action) => action.id), ["directory:/srv/a-1", "directory:/srv/b-2"]);
  const { settings } = await evaluate(exports);
  assert.deepEqual(settings.map(({ instance, value }) => [instance, value]), [["a", { port: 1 }], ["b", {
    port: 2,
  }]]);
});

Deno.test("each settings phase runs once, whoever reads it and however often", async () => {
  const calls: string[] = [];
  const exports = two(
    ({ target, oneNodeInGroup, settingsOf }) => {
      calls.push(target.name);
      return setting(nginx, { port: settingsOf(oneNodeInGroup("db"), mysql).port + 1 });
    },
    ({ target }) => {
      calls.push(target.name);
      return setting(mysql, { port: 1 });
    },
    ({ settings, oneNodeInGroup, settingsOf }) =>
      directory(`/${settings(nginx).port}/${settingsOf(oneNodeInGroup("db"), mysql).port}`),
  );
  await evaluate(exports, { targets: ["web-1", "web-2", "db-1"], phases: ["configure", "configure"] });
  assert.deepEqual(calls.sort(), ["db-1", "web-1", "web-2"]);
});

const asyncness: readonly (readonly [string, boolean, boolean])[] = [
  ["plain functions", false, false],
  ["an async reader", true, false],
  ["an async source", false, true],
  ["async functions", true, true],
];

/** The function as it is, or async with a pause before it. */
function maybeAsync(isAsync: boolean, run: PlanFunction): PlanFunction {
  if (!isAsync) return run;
  return async (context) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return await run(context);
  };
}

for (const [what, first, second] of asyncness) {
  // The order of names makes the reader come first or last.
  for (const [reader, source] of [["a", "b"], ["b", "a"]] as const) {
    Deno.test(`settings read settings of others: ${what}, ${reader} reads ${source}`, async () => {
      const read = maybeAsync(
        first,
        ({ oneNodeInGroup, settingsOf }) =>
          setting(nginx, { port: settingsOf(oneNodeInGroup(source), mysql).port + 1 }),
      );
      const give = maybeAsync(second, () => setting(mysql, { port: 1 }));
      const { settings } = await evaluate({
        [reader]: groupSpec(reader, { phases: { settings: read } }),
        [source]: groupSpec(source, { phases: { settings: give } }),
      }, { targets: ["a-1", "b-1"] });
      assert.deepEqual(Object.fromEntries(settings.map((entry) => [entry.target, entry.value])), {
        [`${reader}-1`]: { port: 2 },
        [`${source}-1`]: { port: 1 },
      });
    });
  }

  Deno.test(`a circle of settings is an error with its path: ${what}`, async () => {
    const exports = two(
      maybeAsync(
        first,
        ({ oneNodeInGroup, settingsOf }) => setting(nginx, settingsOf(oneNodeInGroup("db"), mysql)),
      ),
      maybeAsync(
        second,
        ({ oneNodeInGroup, settingsOf }) => setting(mysql, settingsOf(oneNodeInGroup("web"), nginx)),
      ),
    );
    const { plans } = await evaluate(exports, { targets: ["web-1", "db-1"] });
    const messages = new Set(plans.map((plan) => problemIn(plan).message));
    assert.equal(messages.size, 1, "all on the circle say the same");
    assert.match(
      [...messages].join(),
      /^Settings need each other in a circle: (db-1 mysql -> web-1 nginx -> db-1 mysql|web-1 nginx -> db-1 mysql -> web-1 nginx)$/,
    );
  });
}

Deno.test("a circle of settings that a phase catches is a circle still", async () => {
  const careless = (group: string): PlanFunction => ({ oneNodeInGroup, settingsOf }) => {
    try {
      settingsOf(oneNodeInGroup(group), mysql);
    } catch {
      // As a careless infra file does.
    }
    return setting(mysql, { port: 1 });
  };
  const { plans } = await evaluate(two(careless("db"), careless("web")), both);
  assert.match(problemIn(plans[1]).message, /circle/);
});

Deno.test("a phase that catches the pause for an async source still gets its settings", async () => {
  const exports = two(
    ({ oneNodeInGroup, settingsOf }) => {
      let port = -1;
      try {
        port = settingsOf(oneNodeInGroup("db"), mysql).port;
      } catch {
        // As a careless infra file does.
      }
      return setting(nginx, { port });
    },
    maybeAsync(true, () => setting(mysql, { port: 5 })),
  );
  const { settings } = await evaluate(exports, { targets: ["web-1", "db-1"] });
  assert.deepEqual(settings.find(({ target }) => target === "web-1")?.value, { port: 5 });
});

Deno.test("settings that are missing are an error of the reader alone", async () => {
  const exports = two(
    () => setting(nginx, { port: 1 }),
    () => [setting(mysql, { port: 1 }), setting(mysql, { port: 1 }, { instance: "b" })],
    ({ oneNodeInGroup, settingsOf }) =>
      directory(`/${settingsOf(oneNodeInGroup("db"), settingsKey<Port>("mysq")).port}`),
  );
  const { plans } = await evaluate(exports, both);
  assert.deepEqual(actionsOf(plans[0]), []);
  const found = problemIn(plans[1]);
  assert.equal(found.message, 'db-1 has no settings "mysq". Did you mean "mysql"? It has: mysql, mysql (b).');
  assert.equal(found.origin?.file, "settle_test.ts");
});

Deno.test("settings that are missing: an instance, none at all, and a fallback", async () => {
  const ask = async (options: { instance?: string; fallback?: Port }) =>
    await problem({
      web: groupSpec("web", { phases: { configure: ({ settings }) => void settings(mysql, options) } }),
    });
  assert.equal((await ask({ instance: "x" })).message, 'web-1 has no settings "mysql" (x). It has none.');
  const exports = {
    web: groupSpec("web", {
      phases: {
        configure: ({ settings }) => directory(`/${settings(mysql, { fallback: { port: 9 } }).port}`),
      },
    }),
  };
  assert.equal((await actions(exports))[0]?.id, "directory:/9");
});

Deno.test("a settings phase that throws: a problem of its target and of those who read it, not of others", async () => {
  const exports = {
    ...two(
      ({ oneNodeInGroup, settingsOf }) => setting(nginx, settingsOf(oneNodeInGroup("db"), mysql)),
      () => {
        throw new RangeError("no port left");
      },
    ),
    other: groupSpec("other"),
  };
  const { plans } = await evaluate(exports, { targets: ["db-1", "other-1", "web-1"] });
  assert.equal(problemIn(plans[0]).message, 'Phase "settings" threw RangeError: no port left');
  assert.deepEqual(actionsOf(plans[1]), []);
  assert.equal(
    problemIn(plans[2]).message,
    'Cannot read settings "mysql" of db-1: its "settings" phase failed: it threw RangeError: no port left',
  );
});

Deno.test("a target reads its own settings of earlier parts, in the settings phase too", async () => {
  const crate = serverSpec({ phases: { settings: () => setting(mysql, { port: 1 }) } });
  const group = groupSpec("web", {
    extends: crate,
    phases: { settings: ({ settings }) => setting(nginx, { port: settings(mysql).port + 1 }) },
  });
  const { settings } = await evaluate({ group });
  assert.deepEqual(settings.map((entry) => entry.value), [{ port: 1 }, { port: 2 }]);
});

Deno.test("settings that were read cannot be changed", async () => {
  const exports = two(() => [], () => setting(mysql, { port: 1 }), ({ oneNodeInGroup, settingsOf }) => {
    const value = settingsOf(oneNodeInGroup("db"), mysql) as { port: number };
    assert.throws(() => value.port = 2, TypeError);
  });
  await evaluate(exports, both);
});

Deno.test("what a target captures is named as the target's when its settings tell it", async () => {
  const exports = two(
    () => [],
    () => setting(mysql, { port: 1, host: `key:${captured("key")}` }),
    ({ oneNodeInGroup, settingsOf }) => directory(`/${settingsOf(oneNodeInGroup("db"), mysql).host}`),
  );
  const [action] = await actions(exports, { ...both, only: ["web-1"] });
  assert.equal(action?.title, 'directory /key:<the captured value "key" of db-1>');
});

const wrongResults: readonly (readonly [string, () => unknown, RegExp])[] = [
  [
    "an action",
    () => directory("/a"),
    /^Phase "settings" returned an action: it makes settings and nothing else$/,
  ],
  ["a number", () => 7, /^Phase "settings" returned 7, which is no action$/],
  ["a plain object", () => ({ port: 1 }), /^Invalid setting: type: is missing/],
  [
    "a forged setting",
    () => ({ type: "setting", facility: "x", instance: "y", value: () => 1 }),
    /^Invalid setting: must be plain data/,
  ],
  [
    "a forged setting with a hostile value",
    () => ({ type: "setting", facility: "x", instance: "y", value: JSON.parse('{"__proto__": 1}') }),
    /the key "__proto__" is not allowed/,
  ],
];
for (const [what, settings, message] of wrongResults) {
  Deno.test(`a settings phase that returns ${what} is an error`, async () => {
    const found = await problem({
      web: groupSpec("web", { phases: { settings: settings as () => PlanResult } }),
    });
    assert.match(found.message, message);
    assert.equal(found.origin?.file, "settle_test.ts");
  });
}

const wrongValues: readonly (readonly [string, unknown, RegExp])[] = [
  ["a function", { f: () => 1 }, /^Invalid setting "mysql": f: must be plain data, not a function/],
  ["a date", { at: new Date(0) }, /^Invalid setting "mysql": at: must be plain data/],
  ["no number", { port: Number.NaN }, /port: must be plain data/],
  ["nothing", undefined, /must be plain data, not nothing/],
  [
    "__proto__",
    JSON.parse('{"a": {"__proto__": {"polluted": 1}}}'),
    /a\.__proto__: the key "__proto__" is not allowed/,
  ],
  ["constructor", { constructor: 1 }, /the key "constructor" is not allowed/],
];
for (const [what, value, message] of wrongValues) {
  Deno.test(`setting() refuses a value with ${what}`, () => {
    assert.throws(() => setting(mysql, value as Port), (thrown: Error) => message.test(thrown.message));
    assert.equal(Reflect.get({}, "polluted"), undefined);
  });
}

Deno.test("setting() refuses a value that holds itself", () => {
  const self: Record<string, unknown> = {};
  self.self = self;
  assert.throws(() => setting(settingsKey<Json>("x"), self as Json), /refers to itself/);
});
