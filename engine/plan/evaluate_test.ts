import assert from "node:assert/strict";
import { directory } from "../actions/directory.ts";
import { groupSpec, serverSpec } from "../spec/specs.ts";
import type { PlanFunction } from "../spec/types.ts";
import { setting, settingsKey } from "./settings.ts";
import {
  actions,
  actionsOf,
  debian,
  evaluate,
  ids,
  idsByTarget,
  planned,
  problem,
  problemIn,
  web,
} from "./testing.ts";

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
