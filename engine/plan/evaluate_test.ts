import assert from "node:assert/strict";
import { directory } from "../actions/directory.ts";
import { PalletError } from "../errors.ts";
import { clusterSpec, groupSpec, serverSpec } from "../spec/specs.ts";
import type { PlanFunction } from "../spec/types.ts";
import { makeEvaluator } from "./evaluate.ts";
import { setting, settingsKey } from "./settings.ts";
import {
  actions,
  actionsOf,
  type Ask,
  debian,
  evaluate,
  existing,
  idsByTarget,
  planned,
  problem,
  problemIn,
} from "./support_test.ts";

const host = { baseUrl: new URL("./", import.meta.url).href, readProjectFile: () => Promise.resolve("") };

/** A group `web` with one phase. */
function web(configure: PlanFunction, phase = "configure") {
  return { web: groupSpec("web", { phases: { [phase]: configure } }) };
}

async function ids(configure: PlanFunction, ask: Ask = {}): Promise<readonly string[]> {
  return (await actions(web(configure), ask)).map((action) => action.id);
}

Deno.test("plan() makes one plan a phase and target, in the order asked", async () => {
  const exports = web(() => directory("/a"));
  const { plans } = await evaluate(exports, { targets: ["web-2", "web-1"], phases: ["x", "configure"] });
  assert.deepEqual(plans.map((plan) => [plan.phase, plan.target, "defined" in plan && plan.defined]), [
    ["x", "web-2", false],
    ["x", "web-1", false],
    ["configure", "web-2", true],
    ["configure", "web-1", true],
  ]);
});

Deno.test("plan() shows origins relative to the infra file's folder", async () => {
  const [action] = await actions(web(() => directory("/a")));
  assert.equal(action?.origin.file, "evaluate_test.ts");
});

Deno.test("check 28: phases that are asked for run on all nodes of the groups, in the order given", async () => {
  const all = serverSpec({ phases: { a: () => directory("/a"), b: () => directory("/b") } });
  const exports = { web: groupSpec("web", { extends: all }), db: groupSpec("db", { extends: all }) };
  const { plans } = await evaluate(exports, { targets: ["web-1", "web-2", "db-1"], phases: ["b", "a"] });
  assert.deepEqual(plans.map((plan) => `${plan.phase} ${plan.target} ${actionsOf(plan)[0]?.id}`), [
    "b web-1 directory:/b",
    "b web-2 directory:/b",
    "b db-1 directory:/b",
    "a web-1 directory:/a",
    "a web-2 directory:/a",
    "a db-1 directory:/a",
  ]);
});

Deno.test("check 29: settings are made on every target, before and whatever phases are asked for", async () => {
  const key = settingsKey<{ name: string }>("app");
  const calls: string[] = [];
  const all = serverSpec({
    phases: {
      settings: ({ target }) => {
        calls.push(`settings ${target.name}`);
        return setting(key, { name: target.name });
      },
      backup: ({ target }) => void calls.push(`backup ${target.name}`),
    },
  });
  const exports = { web: groupSpec("web", { extends: all }), db: groupSpec("db", { extends: all }) };
  const reply = await evaluate(exports, { targets: ["web-1", "db-1"], phases: ["backup"], only: ["web-1"] });
  assert.deepEqual(calls, ["settings db-1", "settings web-1", "backup web-1"]);
  assert.deepEqual(reply.settings.map(({ target, value }) => [target, value]), [
    ["db-1", { name: "db-1" }],
    ["web-1", { name: "web-1" }],
  ]);
});

Deno.test("check 41: a phase that is asked for runs alone, but for settings", async () => {
  const calls: string[] = [];
  const note = (name: string): PlanFunction => () => void calls.push(name);
  const group = groupSpec("web", {
    phases: {
      settings: note("settings"),
      bootstrap: note("bootstrap"),
      configure: note("configure"),
      x: note("x"),
    },
  });
  await evaluate({ group }, { phases: ["x"] });
  assert.deepEqual(calls, ["settings", "x"]);
});

Deno.test("check 44: arguments of a phase reach the plan function, and cannot be changed there", async () => {
  const configure: PlanFunction = ({ args }) => {
    assert.throws(() => Object.assign(args, { version: "2" }), TypeError);
    return directory(`/srv/${args.version}`);
  };
  assert.deepEqual(await ids(configure, { args: { version: "1.2" } }), ["directory:/srv/1.2"]);
});

Deno.test("settings asked for as a phase is no phase of actions", async () => {
  const calls: string[] = [];
  const { plans, settings } = await evaluate(
    web(() => {
      calls.push("once");
      return setting(settingsKey<{ a: number }>("x"), { a: 1 });
    }, "settings"),
    { phases: ["settings"] },
  );
  assert.deepEqual(plans, [{ target: "web-1", phase: "settings", defined: true, actions: [] }]);
  assert.deepEqual([calls, settings.length], [["once"], 1]);
});

Deno.test("phases may be async, and read files of the project", async () => {
  const reads: string[] = [];
  const exports = web(async ({ readProjectFile }) => {
    const text = await readProjectFile("motd");
    return [directory(`/srv/${text}`), [await Promise.resolve(directory("/b"))]];
  });
  const readProjectFile = (path: string) => Promise.resolve(void reads.push(path)).then(() => "hello");
  const reply = await evaluate(exports, { targets: ["web-1", "web-2"], host: { readProjectFile } });
  assert.deepEqual(idsByTarget(reply), {
    "web-1": ["directory:/srv/hello", "directory:/b"],
    "web-2": ["directory:/srv/hello", "directory:/b"],
  });
  assert.deepEqual(reads, ["motd"], "a file is asked for once");
});

Deno.test("a node in several groups gets what all of them say, shared parts once", async () => {
  const base = serverSpec({ phases: { configure: () => directory("/base") } });
  const exports = {
    a: groupSpec("a", { extends: base, roles: "x", phases: { configure: () => directory("/a") } }),
    b: groupSpec("b", {
      extends: base,
      roles: "y",
      phases: { configure: ({ target }) => directory(`/b/${target.roles.join("+")}`) },
    }),
  };
  const [plan] = (await evaluate(exports, { targets: [planned("n", "a", "b")] })).plans;
  assert.deepEqual(actionsOf(plan).map((action) => action.id), [
    "directory:/base",
    "directory:/a",
    "directory:/b/x+y",
  ]);
});

Deno.test("queries answer for planned and existing targets alike, in the order of their names", async () => {
  const db = groupSpec("db");
  const exports = {
    db,
    ...web(({ nodesInGroup, nodes }) => [
      ...nodesInGroup("db").map((node) => directory(`/ip/${node.primaryIp}`, { id: node.name })),
      directory(`/all/${nodes().map((node) => node.name).join(",")}`),
    ]),
  };
  const targets = ["web-1", "db-10", existing("db-2", "10.0.0.2")];
  const found = await actions(exports, { targets, only: ["web-1"] });
  assert.deepEqual(found.map((action) => action.title), [
    "directory /ip/10.0.0.2",
    "directory /ip/<the primaryIp of db-10>",
    "directory /all/db-2,db-10,web-1",
  ]);
});

Deno.test("an existing target's attributes are values, a planned one's are deferred", async () => {
  const seen: unknown[] = [];
  const exports = web(({ target }) =>
    void seen.push(String(target.hostname) === "web-1.example", target.tags, target.planned)
  );
  await evaluate(exports, { targets: [existing("web-1", "10.0.0.1")] });
  assert.deepEqual(seen, [true, { owner: "me" }, false]);
  const message = (await problem(web(({ target }) => directory(`/${Number(target.primaryIp) + 1}`)))).message;
  assert.equal(
    message,
    "Cannot calculate with the primaryIp of web-1: it is known only when the script runs",
  );
});

Deno.test("oneNodeInGroup() takes the one node, and says what there is instead", async () => {
  const db = groupSpec("db");
  const exports = { db, ...web(({ oneNodeInGroup }) => directory(`/${oneNodeInGroup("db").name}`)) };
  const ask = (...targets: string[]) => ({ targets: ["web-1", ...targets], only: ["web-1"] });
  assert.equal((await actions(exports, ask("db-1")))[0]?.id, "directory:/db-1");
  assert.equal(
    (await problem(exports, ask())).message,
    'Cannot take the one node of group "db": it has none',
  );
  assert.equal(
    (await problem(exports, ask("db-1", "db-2"))).message,
    'Cannot take the one node of group "db": it has 2 (db-1, db-2)',
  );
});

Deno.test("a query for a group that is not there names the nearest", async () => {
  const found = await problem({
    db: groupSpec("db"),
    ...web(({ nodesInGroup }) => void nodesInGroup("dbs")),
  });
  assert.equal(found.message, 'There is no group "dbs". Did you mean "db"? Known: db, web.');
  assert.equal(found.origin?.file, "evaluate_test.ts");
});

Deno.test("in a cluster a name means the group of the cluster first", async () => {
  const groups = [
    groupSpec("db"),
    groupSpec("web", {
      phases: {
        configure: ({ oneNodeInGroup }) => [
          directory(`/${oneNodeInGroup("db").name}`),
          directory(`/${oneNodeInGroup("dns").name}`),
        ],
      },
    }),
  ];
  const exports = {
    dev: clusterSpec("dev", { groups }),
    prod: clusterSpec("prod", { groups }),
    dns: groupSpec("dns"),
  };
  const reply = await evaluate(exports, {
    targets: ["dev-db-1", "dev-web-1", "prod-db-1", "prod-web-1", "dns-1"],
    only: ["dev-web-1", "prod-web-1"],
  });
  assert.deepEqual(idsByTarget(reply), {
    "dev-web-1": ["directory:/dev-db-1", "directory:/dns-1"],
    "prod-web-1": ["directory:/prod-db-1", "directory:/dns-1"],
  });
});

Deno.test("check 89: a role query returns the nodes of all groups that have the role", async () => {
  const exports = {
    a: groupSpec("a", { roles: ["cache", "x"] }),
    b: groupSpec("b", { extends: serverSpec({ roles: "cache" }) }),
    ...web(({ nodesWithRole }) => [
      directory(`/${nodesWithRole("cache").map((node) => node.name).join("+")}`),
      directory(`/${nodesWithRole("nobody").length}`),
    ]),
  };
  const found = await actions(exports, { targets: ["web-1", "b-1", "a-2", "a-1"], only: ["web-1"] });
  assert.deepEqual(found.map((action) => action.id), ["directory:/a-1+a-2+b-1", "directory:/0"]);
});

Deno.test("check 75: onOneNode runs on exactly one of the nodes of a group, the first by name", async () => {
  const exports = web(({ onOneNode }) => [directory("/all"), onOneNode(() => directory("/one"))]);
  const targets = ["web-10", "web-2", "web-3"];
  assert.deepEqual(idsByTarget(await evaluate(exports, { targets })), {
    "web-10": ["directory:/all"],
    "web-2": ["directory:/all", "directory:/one"],
    "web-3": ["directory:/all"],
  });
});

Deno.test("check 75: onOneNode chooses among the targets on which something is done, batch after batch", async () => {
  const exports = web(({ onOneNode }) => onOneNode(() => directory("/one")));
  const targets = ["web-1", "web-2", "web-3"];
  const limited = await evaluate(exports, { targets, only: ["web-2", "web-3"] });
  assert.deepEqual(idsByTarget(limited), { "web-2": ["directory:/one"], "web-3": [] });
  const executed = ["web-2", "web-3"];
  const first = await evaluate(exports, { targets, only: ["web-2"], executed });
  const second = await evaluate(exports, { targets, only: ["web-3"], executed });
  assert.deepEqual([idsByTarget(first), idsByTarget(second)], [{ "web-2": ["directory:/one"] }, {
    "web-3": [],
  }]);
});

Deno.test("check 75: onOneNode with a role chooses one node of all groups that have it and the same part", async () => {
  const migrate = serverSpec({
    roles: "app",
    phases: { configure: ({ onOneNode }) => onOneNode(() => directory("/migrate"), { role: "app" }) },
  });
  const exports = {
    // Has the role and the phase, but not the part that asks: it must not be the one.
    a: groupSpec("a", { roles: "app", phases: { configure: () => directory("/a") } }),
    b: groupSpec("b", { extends: migrate }),
    c: groupSpec("c", { extends: migrate }),
  };
  assert.deepEqual(idsByTarget(await evaluate(exports, { targets: ["a-1", "b-1", "b-2", "c-1"] })), {
    "a-1": ["directory:/a"],
    "b-1": ["directory:/migrate"],
    "b-2": [],
    "c-1": [],
  });
  const typo = await problem(web(({ onOneNode }) => onOneNode(() => [], { role: "apq" })));
  assert.equal(typo.message, 'Cannot choose one node with the role "apq": no target has it');
});

Deno.test("the environment is the one of the target's group", async () => {
  const exports = {
    db: groupSpec("db", { phases: { configure: ({ environment }) => directory(`/${environment.a}`) } }),
    ...web(({ getEnvironment }) => [
      directory(`/${getEnvironment("a")}`),
      directory(`/${getEnvironment(["apt", "mirror"])}`),
      directory(`/${getEnvironment(["apt", "none"], "fallback")}`),
    ]),
  };
  const environment = { "": { a: "common" }, web: { a: "own", apt: { mirror: "m" } } };
  assert.deepEqual(idsByTarget(await evaluate(exports, { targets: ["db-1", "web-1"], environment })), {
    "db-1": ["directory:/common"],
    "web-1": ["directory:/own", "directory:/m", "directory:/fallback"],
  });
});

Deno.test("getEnvironment() names the path that is missing, and the nearest key", async () => {
  const environment = { web: { apt: { mirror: "m", none: null } } };
  const ask = async (...path: string[]) =>
    (await problem(web(({ getEnvironment }) => void getEnvironment(path)), { environment })).message;
  assert.equal(await ask("apt", "miror"), 'The environment has no "apt.miror". Did you mean "mirror"?');
  assert.equal(await ask("apt", "mirror", "deep"), 'The environment has no "apt.mirror.deep".');
  assert.equal(await ask("apt", "none"), 'The environment has no "apt.none".');
  assert.equal(await ask("constructor"), 'The environment has no "constructor".');
});

Deno.test("check 14: plan functions see the packager of the spec, and that of the environment before it", async () => {
  const exports = {
    web: groupSpec("web", {
      packager: "dnf",
      phases: { configure: ({ facts }) => directory(`/${facts.packager}`) },
    }),
  };
  assert.equal((await actions(exports))[0]?.id, "directory:/dnf");
  assert.equal(
    (await actions(exports, { environment: { web: { packager: "apt" } } }))[0]?.id,
    "directory:/apt",
  );
});

Deno.test("check 92: a plan is made for a chosen operating system with no node", async () => {
  const configure: PlanFunction = ({ facts }) => directory(`/${facts.os.id}/${facts.os.version}`);
  const rocky = {
    ...debian,
    os: { id: "rocky", family: "rhel", version: "9.4", codename: "" },
    packager: "dnf",
  };
  assert.deepEqual(await ids(configure), ["directory:/debian/12"]);
  assert.deepEqual(await ids(configure, { targets: [{ ...planned("web-1"), facts: rocky }] }), [
    "directory:/rocky/9.4",
  ]);
});

Deno.test("facts that are not known are an error of the phase that reads them alone", async () => {
  const { facts: _facts, ...bare } = planned("web-1");
  assert.deepEqual(await ids(() => directory("/a"), { targets: [bare] }), ["directory:/a"]);
  const found = await problem(web(({ facts }) => directory(`/${facts.os.id}`)), { targets: [bare] });
  assert.equal(found.message, "The facts of web-1 are not known");
  assert.match(found.help ?? "", /--os/);
});

Deno.test("a target of a group that is not exported has a problem, the others have plans", async () => {
  const { plans } = await evaluate(web(() => []), { targets: ["web-1", planned("x-1", "wbe")] });
  assert.deepEqual(actionsOf(plans[0]), []);
  assert.match(
    problemIn(plans[1]).message,
    /Cannot plan for x-1: there is no group "wbe"\. Did you mean "web"\?/,
  );
});

Deno.test("the same request gives the same plans, in whatever order targets are asked for", async () => {
  const exports = web(({ target, nodesInGroup }) =>
    nodesInGroup("web").map((node) => directory(`/${target.name}/${node.name}`, { id: node.name }))
  );
  const [a, b] = await Promise.all([
    evaluate(exports, { targets: ["web-1", "web-2", "web-3"] }),
    evaluate(exports, { targets: ["web-3", "web-1", "web-2"] }),
  ]);
  assert.deepEqual(idsByTarget(a), idsByTarget(b));
  assert.deepEqual(a.settings, b.settings);
});

Deno.test("the host is told of each part of a phase before it runs", async () => {
  const told: string[] = [];
  const base = serverSpec({ phases: { settings: () => [], configure: () => void told.push("ran") } });
  const exports = {
    web: groupSpec("web", { extends: base, phases: { configure: () => void told.push("ran") } }),
  };
  await evaluate(exports, {
    host: {
      evaluating: ({ phase, target, group, origin }) =>
        void told.push(`${phase} ${target} ${group} ${origin?.line !== undefined}`),
    },
  });
  assert.deepEqual(told, [
    "settings web-1 web true",
    "configure web-1 web true",
    "ran",
    "configure web-1 web true",
    "ran",
  ]);
});

Deno.test("infrastructure() names hooks by id, shared ones by one id, and call() calls them", async () => {
  const partition = (targets: readonly { readonly name: string }[]) => targets.map((target) => [target.name]);
  const results: unknown[] = [];
  const base = serverSpec({
    phasesMeta: { configure: { partition, postPhase: (all, phase) => void results.push(all, phase) } },
  });
  const evaluator = makeEvaluator({
    a: groupSpec("a", { extends: base, nodeFilter: (node) => node.tags.role === "a" }),
    b: groupSpec("b", { extends: base, phases: { configure: () => [] } }),
  }, host);
  const [a, b] = evaluator.infrastructure().groups;
  assert.deepEqual(a?.hooks, {
    configure: { partition: "a/configure/partition", postPhase: "a/configure/postPhase" },
  });
  assert.deepEqual(b?.hooks, a?.hooks);
  assert.equal(b?.phases.configure?.[0]?.file, "evaluate_test.ts");
  assert.deepEqual(JSON.parse(JSON.stringify(a)), a, "a summary is plain data");
  const targets = ["a-1", "a-2"].map((name) => ({ name, groups: ["a"], tags: {} }));
  assert.deepEqual(await evaluator.call("a/configure/partition", targets), [["a-1"], ["a-2"]]);
  assert.equal(await evaluator.call("a/nodeFilter", { name: "x", tags: { role: "a" } }), true);
  assert.equal(
    await evaluator.call("a/configure/postPhase", { results: [{ target: "a-1" }], phase: "configure" }),
    null,
  );
  assert.deepEqual(results, [[{ target: "a-1" }], "configure"]);
});

const badHooks: readonly (readonly [string, unknown, RegExp])[] = [
  ["answers nothing", () => undefined, /^Invalid answer of partition of group "web": is missing/],
  ["answers no lists", () => ["web-1"], /\[0\]: must be a list, not "web-1"/],
  ["names a target twice", () => [["web-1"], ["web-1"]], /"web-1" is named twice, or is no target/],
  ["names a stranger", () => [["db-1"]], /"db-1" is named twice, or is no target/],
  ["throws", () => {
    throw new TypeError("no");
  }, /^Hook "web\/configure\/partition" threw TypeError: no/],
  ["throws no error", () => {
    throw "no";
  }, /threw "no", which is no error/],
];
for (const [what, partition, message] of badHooks) {
  Deno.test(`call() rejects when a partition ${what}`, async () => {
    const group = groupSpec("web", {
      phasesMeta: { configure: { partition: partition as () => string[][] } },
    });
    const evaluator = makeEvaluator({ group }, host);
    evaluator.infrastructure();
    await assert.rejects(
      evaluator.call("web/configure/partition", [{ name: "web-1", groups: ["web"], tags: {} }]),
      (thrown: unknown) => {
        assert.ok(thrown instanceof PalletError);
        assert.match(thrown.message, message);
        assert.equal(thrown.origin?.file, "evaluate_test.ts");
        return true;
      },
    );
  });
}

Deno.test("infrastructure() refuses what is no infrastructure, with places relative to the infra file", () => {
  assert.throws(
    () => makeEvaluator({ a: groupSpec("web"), b: groupSpec("web") }, host).infrastructure(),
    /^PalletError: Two groups are named "web": evaluate_test\.ts:\d+:\d+ and evaluate_test\.ts:\d+:\d+$/,
  );
});
