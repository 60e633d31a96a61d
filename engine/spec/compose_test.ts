import assert from "node:assert/strict";
import { PalletError } from "../errors.ts";
import { collectGroups } from "./infrastructure.ts";
import { uniteDefaultPhases } from "./compose.ts";
import { clusterSpec, groupSpec, nodeSpec, serverSpec } from "./specs.ts";
import type { MergedGroup, PlanFunction, ServerSpec } from "./types.ts";

/** The one group that the exports make. */
function merged(...specs: readonly unknown[]): MergedGroup {
  const [group, ...others] = collectGroups({ specs });
  assert.ok(group !== undefined && others.length === 0);
  return group;
}

/** Names of the plan functions of a phase, in order. */
function order(group: MergedGroup, phase = "configure"): readonly string[] {
  return (group.phases[phase] ?? []).map((part) => part.run.name);
}

/** A spec whose `configure` is a function of the given name. */
function step(name: string, base: ServerSpec["extends"] = []): ServerSpec {
  return serverSpec({ extends: base, phases: { configure: named(name) } });
}

function named(name: string): PlanFunction {
  return Object.defineProperty(() => [], "name", { value: name });
}

Deno.test("check 10: inherited configure steps come first, a spec's own last", () => {
  const web = groupSpec("web", { extends: step("base"), phases: { configure: named("own") } });
  assert.deepEqual(order(merged(web)), ["base", "own"]);
});

Deno.test("check 11: a group that extends two server specs runs both in the listed order", () => {
  assert.deepEqual(order(merged(groupSpec("web", { extends: [step("b"), step("a")] }))), ["b", "a"]);
});

Deno.test("check 12: phases other than configure are inherited and keep their names", () => {
  const tomcat = serverSpec({ phases: { "restart-tomcat": named("restart"), configure: named("install") } });
  const group = merged(groupSpec("app", { extends: tomcat }));
  assert.deepEqual(order(group, "restart-tomcat"), ["restart"]);
  assert.deepEqual(Object.keys(group.phases).sort(), ["configure", "restart-tomcat"]);
});

Deno.test("check 13: roles of all extended specs are united, each once", () => {
  const group = merged(groupSpec("web", {
    extends: [serverSpec({ roles: "http" }), serverSpec({ roles: ["cache", "http"] })],
    roles: ["front"],
  }));
  assert.deepEqual(group.roles, ["http", "cache", "front"]);
});

Deno.test("check 14: the packager of a server spec is the group's, the nearest wins", () => {
  const dnf = serverSpec({ packager: "dnf" });
  assert.equal(merged(groupSpec("web", { extends: dnf })).packager, "dnf");
  assert.equal(merged(groupSpec("web", { extends: dnf, packager: "apt" })).packager, "apt");
  assert.equal(merged(groupSpec("web")).packager, undefined);
});

Deno.test("check 15: a server spec's node spec is the base, the group's own wins key by key", () => {
  const base = serverSpec({
    nodeSpec: nodeSpec({
      image: { osFamily: "debian", osVersion: "11" },
      hardware: { minCores: 1, minRam: 512 },
    }),
  });
  const own = nodeSpec({ image: { osVersion: "12" }, hardware: { minCores: 4 } });
  assert.deepEqual(merged(groupSpec("web", { extends: base, nodeSpec: own })).nodeSpec, {
    image: { osFamily: "debian", osVersion: "12" },
    hardware: { minCores: 4, minRam: 512 },
  });
});

Deno.test("check 16: three levels of extends compose depth first, in list order", () => {
  const group = groupSpec("web", {
    extends: [step("b", [step("a1"), step("a2")]), step("d", step("c"))],
    phases: { configure: named("own") },
  });
  assert.deepEqual(order(merged(group)), ["a1", "a2", "b", "c", "d", "own"]);
});

Deno.test("a base that is reached by two ways runs once, where it is first reached", () => {
  const base = step("base");
  const group = groupSpec("web", { extends: [step("left", base), step("right", base)] });
  assert.deepEqual(order(merged(group)), ["base", "left", "right"]);
});

Deno.test("a base that is reached again does not take back what was set over it", () => {
  const base = serverSpec({ packager: "apt" });
  const left = serverSpec({ extends: base, packager: "dnf" });
  assert.equal(merged(groupSpec("web", { extends: [left, base] })).packager, "dnf");
});

Deno.test("a plan function that two specs share runs once in a phase, and in each phase it stands in", () => {
  const shared = named("shared");
  const group = merged(groupSpec("web", {
    extends: [serverSpec({ phases: { configure: shared, backup: shared } }), {
      phases: { configure: shared },
    }],
  }));
  assert.deepEqual(order(group), ["shared"]);
  assert.deepEqual(order(group, "backup"), ["shared"]);
});

Deno.test("two uses of a crate with functions of their own both run", () => {
  const crate = () => serverSpec({ phases: { configure: () => [] } });
  assert.equal(order(merged(groupSpec("web", { extends: [crate(), crate()] }))).length, 2);
});

Deno.test("a group inherits all but the name from a group that it extends", () => {
  const filter = () => true;
  const base = groupSpec("base", {
    count: 2,
    roles: "r",
    nodeFilter: filter,
    phases: { configure: named("base") },
  });
  const group = merged(groupSpec("web", { extends: base, phases: { configure: named("own") } }));
  assert.deepEqual([group.name, group.count, group.roles], ["web", 2, ["r"]]);
  assert.equal(group.nodeFilter, filter);
  assert.deepEqual(order(group), ["base", "own"]);
});

Deno.test("hooks of one phase merge hook by hook, the nearest wins", () => {
  const [early, late, post] = [() => [], () => [], () => {}];
  const base = serverSpec({ phasesMeta: { configure: { partition: early, postPhase: post } } });
  const group = merged(groupSpec("web", { extends: base, phasesMeta: { configure: { partition: late } } }));
  assert.equal(group.phasesMeta.configure?.partition, late);
  assert.equal(group.phasesMeta.configure?.postPhase, post);
});

Deno.test("default phases are configure unless a spec says otherwise, even that there are none", () => {
  assert.deepEqual(merged(groupSpec("web")).defaultPhases, ["configure"]);
  assert.deepEqual(merged(groupSpec("web", { defaultPhases: [] })).defaultPhases, []);
  assert.deepEqual(merged(groupSpec("web", { extends: { defaultPhases: [] } })).defaultPhases, []);
});

Deno.test("inherited default phases become one order", () => {
  const extended = [{ defaultPhases: ["install", "start"] }, { defaultPhases: ["install", "tune", "start"] }];
  assert.deepEqual(merged(groupSpec("web", { extends: extended })).defaultPhases, [
    "install",
    "tune",
    "start",
  ]);
});

Deno.test("default phases that contradict are an error that names both orders, unless the group says its own", () => {
  const extended = [{ defaultPhases: ["a", "b"] }, { defaultPhases: ["b", "a"] }];
  assert.throws(() => collectGroups({ web: groupSpec("web", { extends: extended }) }), (thrown: unknown) => {
    assert.ok(thrown instanceof PalletError);
    assert.equal(thrown.message, "Cannot order default phases: one spec has [a, b], another [b, a]");
    assert.equal(thrown.origin?.file, import.meta.url);
    return true;
  });
  const own = groupSpec("web", { extends: extended, defaultPhases: ["b"] });
  assert.deepEqual(merged(own).defaultPhases, ["b"]);
});

Deno.test("default phases of groups that contradict name the group", () => {
  const groups = collectGroups({
    a: groupSpec("a", { defaultPhases: ["x", "y"] }),
    b: groupSpec("b", { defaultPhases: ["y", "x"] }),
  });
  assert.throws(() => uniteDefaultPhases(groups), /one has \[x, y\], "b" \[y, x\]/);
  assert.deepEqual(uniteDefaultPhases(groups.slice(0, 1)), ["x", "y"]);
});

Deno.test("phases that the engine itself runs have one spelling", () => {
  const base = serverSpec({ phases: { destroyServer: named("base") } });
  const group = merged(groupSpec("web", { extends: base, phases: { "destroy-server": named("own") } }));
  assert.deepEqual(order(group, "destroy-server"), ["base", "own"]);
});

Deno.test("check 18: a cluster prefixes its groups' names, its phases come first in all of them", () => {
  const shop = clusterSpec("shop", {
    extends: step("common-base"),
    phases: { configure: named("common") },
    roles: "shop",
    nodeSpec: { image: { osFamily: "debian" }, hardware: { minCores: 1 } },
    groups: [
      groupSpec("db", { phases: { configure: named("db") }, nodeSpec: { hardware: { minCores: 2 } } }),
      groupSpec("web", {
        extends: step("web-base"),
        phases: { configure: named("web") },
        after: ["db"],
        roles: "http",
      }),
    ],
  });
  const [db, web] = collectGroups({ shop });
  assert.ok(db !== undefined && web !== undefined);
  assert.deepEqual([db.name, db.cluster, web.name, web.cluster], ["shop-db", "shop", "shop-web", "shop"]);
  assert.deepEqual(order(db), ["common-base", "common", "db"]);
  assert.deepEqual(order(web), ["common-base", "common", "web-base", "web"]);
  assert.deepEqual(web.after, ["shop-db"]);
  assert.deepEqual(web.roles, ["shop", "http"]);
  assert.deepEqual(db.nodeSpec, { image: { osFamily: "debian" }, hardware: { minCores: 2 } });
});

Deno.test("check 19: one set of groups in two clusters makes two independent sets of groups", () => {
  const groups = [groupSpec("db", { count: 1 }), groupSpec("web", { count: 2, after: ["db"] })];
  const all = collectGroups({ dev: clusterSpec("dev", { groups }), prod: clusterSpec("prod", { groups }) });
  assert.deepEqual(all.map(({ name, count, after }) => [name, count, after]), [
    ["dev-db", 1, []],
    ["dev-web", 2, ["dev-db"]],
    ["prod-db", 1, []],
    ["prod-web", 2, ["prod-db"]],
  ]);
});
