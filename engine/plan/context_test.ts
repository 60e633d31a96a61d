import assert from "node:assert/strict";
import { directory } from "../actions/directory.ts";
import { clusterSpec, groupSpec, serverSpec } from "../spec/specs.ts";
import { actions, evaluate, existing, idsByTarget, problem, web } from "./testing.ts";

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
  assert.equal(found.origin?.file, "context_test.ts");
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
