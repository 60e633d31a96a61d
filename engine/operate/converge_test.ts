import assert from "node:assert/strict";
import { directory } from "../actions/list.ts";
import { clusterSpec, groupSpec, serverSpec } from "../mod.ts";
import { onStage, type Stage } from "../../tests/support/stage.ts";
import { converge } from "./converge.ts";
import { lift } from "./lift.ts";

const configure = { configure: () => directory("/srv/configure") };
const both = { bootstrap: () => directory("/srv/bootstrap"), ...configure };

/** What ran, as `web-1 configure`, in the order it began. */
function began(stage: Stage): readonly string[] {
  return stage.transport.log.filter((line) => line.startsWith("begin ")).map((line) => line.slice(6));
}

Deno.test("check 20: with no nodes and count 2, two nodes are created", async () => {
  await onStage([groupSpec("web", { count: 2, phases: both })], async (stage) => {
    const result = await stage.run(converge, {});
    assert.deepEqual(stage.provider.names, ["web-1", "web-2"]);
    assert.equal(result.exitCode, 0);
    assert.deepEqual(result.created.map((node) => node.name), ["web-1", "web-2"]);
  });
});

Deno.test("check 21: with 3 nodes and count 1, the two newest are removed", async () => {
  await onStage([groupSpec("web", { count: 1, phases: configure })], async (stage) => {
    stage.provider.have("web-10", "web").have("web-2", "web").have("web-1", "web");
    const result = await stage.run(converge, { yes: true });
    assert.deepEqual(stage.provider.names, ["web-1"]);
    assert.deepEqual(result.removed.map((node) => node.name), ["web-10", "web-2"]);
    assert.deepEqual(began(stage), ["web-1 configure"]);
  });
});

Deno.test("check 22: count 0 removes all nodes of the group and no other machine", async () => {
  const specs = [groupSpec("web", { count: 0 }), groupSpec("db", { count: 1 })];
  await onStage(specs, async (stage) => {
    stage.provider.have("web-1", "web").have("web-2", "web", { state: "stopped" }).have("db-1", "db")
      .have("web-old", undefined);
    await stage.run(converge, { yes: true });
    assert.deepEqual(stage.provider.names, ["db-1", "web-old"]);
    assert.ok(stage.provider.log.includes("drop web"));
  });
});

Deno.test("check 23: a second converge of the same count creates and removes nothing", async () => {
  await onStage([groupSpec("web", { count: 2, phases: both })], async (stage) => {
    await stage.run(converge, {});
    const before = stage.provider.log.length;
    const result = await stage.run(converge, {});
    assert.deepEqual(stage.provider.log.slice(before), ["ensure web"]);
    assert.equal(result.created.length + result.removed.length, 0);
    assert.equal(result.existing.length, 2);
  });
});

Deno.test("check 24, 25, 26: bootstrap runs first and on new nodes only, configure on all by default", async () => {
  await onStage([groupSpec("web", { count: 2, phases: both })], async (stage) => {
    stage.provider.have("web-1", "web");
    await stage.run(converge, {});
    assert.deepEqual(began(stage), ["web-2 bootstrap", "web-1 configure", "web-2 configure"]);
    assert.equal(stage.provider.node("web-2")?.tags.bootstrapped, "true");
  });
});

Deno.test("check 27, 28: asked-for phases run in their order, configure only where it is listed", async () => {
  const phases = { ...both, first: () => directory("/1"), last: () => directory("/2") };
  await onStage([groupSpec("web", { count: 1, phases })], async (stage) => {
    stage.provider.have("web-1", "web");
    await stage.run(converge, { phases: ["first", "configure", "last"] });
    assert.deepEqual(began(stage), ["web-1 first", "web-1 configure", "web-1 last"]);
    stage.transport.log.length = 0;
    await stage.run(converge, { phases: ["last"] });
    assert.deepEqual(began(stage), ["web-1 last"]);
  });
});

Deno.test("check 30: destroy-server runs on a node that is still there, before it goes", async () => {
  const phases = { destroyServer: () => directory("/bye") };
  await onStage([groupSpec("web", { count: 1, phases })], async (stage) => {
    stage.provider.have("web-1", "web").have("web-2", "web");
    const order: string[] = [];
    stage.transport.behaviour = {
      result: (target) => {
        order.push(`${target} there: ${stage.provider.names.includes(target)}`);
        return undefined;
      },
    };
    await stage.run(converge, { yes: true });
    assert.deepEqual(began(stage), ["web-2 destroy-server"]);
    assert.deepEqual(order, ["web-2 there: true"]);
    assert.deepEqual(stage.provider.names, ["web-1"]);
  });
});

Deno.test("a node whose destroy-server fails stays, and the run fails", async () => {
  await onStage(
    [groupSpec("web", { count: 0, phases: { "destroy-server": () => directory("/bye") } })],
    async (stage) => {
      stage.provider.have("web-1", "web").have("web-2", "web");
      stage.transport.behaviour = { result: (target) => target === "web-2" ? "failed" : undefined };
      const result = await stage.run(converge, { yes: true });
      assert.deepEqual(stage.provider.names, ["web-2"]);
      assert.equal(result.exitCode, 1);
      assert.equal(stage.provider.log.includes("drop web"), false);
    },
  );
});

Deno.test("check 31: create-group and destroy-group run once, on the workstation, when it is theirs to use", async () => {
  const phases = { createGroup: () => directory("/made"), destroyGroup: () => directory("/gone") };
  await onStage([groupSpec("web", { count: 2, phases })], async (stage) => {
    await assert.rejects(async () => await stage.run(converge, {}), /would run actions on this workstation/);
    assert.deepEqual(stage.provider.log, []);
    await stage.run(converge, { allowWorkstation: true });
    await stage.run(converge, { allowWorkstation: true, counts: { web: 3 } });
    await stage.run(converge, { allowWorkstation: true, counts: { web: 0 }, yes: true });
    assert.deepEqual(began(stage), ["web create-group", "web destroy-group"]);
  });
});

Deno.test("check 32: one call converges groups to counts of their own", async () => {
  const specs = ["lb", "web", "db"].map((name) => groupSpec(name, { phases: configure }));
  await onStage(specs, async (stage) => {
    await stage.run(converge, { counts: { lb: 1, web: 3, db: 2 } });
    assert.deepEqual(stage.provider.names.toSorted(), ["db-1", "db-2", "lb-1", "web-1", "web-2", "web-3"]);
  });
});

Deno.test("check 33: a group without a count is an error that names it", async () => {
  await onStage([groupSpec("web", {})], async (stage) => {
    await assert.rejects(async () => await stage.run(converge, {}), /Group "web" has no count/);
  });
});

Deno.test("check 34: a node whose bootstrap failed is bootstrapped again by the next run", async () => {
  await onStage([groupSpec("web", { count: 1, phases: both })], async (stage) => {
    stage.transport.behaviour = { result: () => "failed" };
    const failed = await stage.run(converge, {});
    assert.equal(failed.exitCode, 1);
    assert.equal(stage.provider.node("web-1")?.tags.bootstrapped, undefined);
    assert.deepEqual(began(stage), ["web-1 bootstrap"]);
    stage.transport.behaviour = {};
    await stage.run(converge, {});
    assert.deepEqual(began(stage), ["web-1 bootstrap", "web-1 bootstrap", "web-1 configure"]);
  });
});

Deno.test("check 35: a node that cannot be created fails the run; the others are configured", async () => {
  await onStage([groupSpec("web", { count: 4, phases: configure })], async (stage) => {
    stage.provider.broken.create.add("web-2");
    stage.provider.broken.silent.add("web-3");
    stage.provider.broken.ready.add("web-4");
    const result = await stage.run(converge, {});
    assert.equal(result.exitCode, 1);
    assert.deepEqual(began(stage), ["web-1 configure"]);
    const failed = result.targets.filter((target) => target.result === "failed").map((target) =>
      target.target
    );
    assert.deepEqual(failed.toSorted(), ["web-2", "web-3", "web-4"]);
    assert.match(result.targets.find((one) => one.target === "web-2")?.failure?.message ?? "", /no room/);
  });
});

Deno.test("nodes that an earlier run made and did not bootstrap are waited for, where they are wanted", async () => {
  await onStage([groupSpec("web", { count: 3, phases: both })], async (stage) => {
    stage.provider.have("web-1", "web", { tags: { bootstrapped: "true" } }).have("web-2", "web", { tags: {} })
      .have("web-3", "web", { tags: {} });
    for (const name of ["web-1", "web-3"]) stage.provider.broken.ready.add(name);
    const limited = await stage.run(converge, { limit: ["web-1", "web-2"] });
    assert.equal(limited.exitCode, 0);
    const whole = await stage.run(converge, {});
    assert.match(
      whole.targets.find((one) => one.target === "web-3")?.failure?.message ?? "",
      /has no address after 60 s/,
    );
    assert.equal(stage.provider.node("web-2")?.tags.bootstrapped, "true");
  });
});

Deno.test("check 36: the result lists created, removed and kept nodes, and results by node, phase and action", async () => {
  await onStage(
    [groupSpec("web", { count: 2, phases: both }), groupSpec("db", { count: 0 })],
    async (stage) => {
      stage.provider.have("web-1", "web").have("db-1", "db");
      const result = await stage.run(converge, { yes: true });
      assert.deepEqual(result.created.map((node) => node.name), ["web-2"]);
      assert.deepEqual(result.removed.map((node) => node.name), ["db-1"]);
      assert.deepEqual(result.existing.map((node) => node.name), ["web-1"]);
      assert.deepEqual(
        result.phases.map((
          { phase, targets },
        ) => [phase, targets.map((one) => [one.target, one.actions.map((a) => [a.id, a.result])])]),
        [
          ["bootstrap", [["web-2", [["directory:/srv/bootstrap", "changed"]]]]],
          ["configure", [
            ["web-1", [["directory:/srv/configure", "changed"]]],
            ["web-2", [["directory:/srv/configure", "changed"]]],
          ]],
        ],
      );
    },
  );
});

Deno.test("check 39: considered groups are visible to plans and are left alone", async () => {
  const seen: string[] = [];
  const web = groupSpec("web", {
    count: 1,
    phases: {
      configure: ({ nodesInGroup }) => {
        seen.push(...nodesInGroup("db").map((node) => node.name));
        return directory("/srv");
      },
    },
  });
  const db = groupSpec("db", { count: 5, phases: configure });
  await onStage([web, db], async (stage) => {
    stage.provider.have("db-1", "db").have("web-1", "web");
    await stage.run(converge, { considerGroups: ["db"] });
    assert.ok(seen.includes("db-1"));
    assert.deepEqual(stage.provider.names, ["db-1", "web-1"]);
    assert.deepEqual(began(stage), ["web-1 configure"]);
  });
});

Deno.test("check 19: a cluster under two names makes two sets of nodes", async () => {
  const web = groupSpec("web", { count: 1, phases: configure });
  await onStage(
    [clusterSpec("blue", { groups: [web] }), clusterSpec("green", { groups: [web] })],
    async (stage) => {
      await stage.run(converge, { groups: ["blue"], counts: { blue: 2 } });
      assert.deepEqual(stage.provider.names, ["blue-web-1", "blue-web-2"]);
      await stage.run(converge, { groups: ["green"] });
      assert.deepEqual(stage.provider.names, ["blue-web-1", "blue-web-2", "green-web-1"]);
    },
  );
});

Deno.test("check 96: stopped nodes count, and are started", async () => {
  await onStage([groupSpec("web", { count: 2, phases: configure })], async (stage) => {
    stage.provider.have("web-1", "web", { state: "stopped" }).have("web-3", "web");
    await stage.run(converge, {});
    assert.deepEqual(stage.provider.log, ["ensure web", "start web-1"]);
    assert.deepEqual(began(stage), ["web-1 configure", "web-3 configure"]);
  });
});

Deno.test("converge() fills gaps in the names of nodes", async () => {
  await onStage([groupSpec("web", { count: 4 })], async (stage) => {
    stage.provider.have("web-2", "web").have("web-3", undefined);
    await stage.run(converge, {});
    assert.deepEqual(stage.provider.names, ["web-2", "web-3", "web-1", "web-4", "web-5"]);
  });
});

Deno.test("converge() asks before it removes, and does nothing when the answer is no", async () => {
  await onStage([groupSpec("web", { count: 0 })], async (stage) => {
    stage.provider.have("web-1", "web");
    await assert.rejects(async () => await stage.run(converge, {}), /nobody agreed/);
    const asked: string[] = [];
    const confirm = ({ groups }: { groups: readonly { remove: readonly string[] }[] }) => {
      asked.push(...groups.flatMap((group) => group.remove));
      return false;
    };
    await assert.rejects(async () => await stage.run(converge, { confirm }), /not agreed/);
    assert.deepEqual(asked, ["web-1"]);
    assert.deepEqual(stage.provider.names, ["web-1"]);
    const last = stage.events.at(-1);
    assert.ok(last?.type === "run-finished" && last.exitCode === 2);
  });
});

Deno.test("converge() evaluates all phases before anything is made", async () => {
  const web = groupSpec("web", {
    count: 1,
    phases: {
      configure: () => directory("/srv"),
      later: () => {
        throw new Error("boom");
      },
    },
  });
  await onStage([web], async (stage) => {
    await assert.rejects(async () => await stage.run(converge, { phases: ["configure", "later"] }), /boom/);
    assert.deepEqual([stage.provider.log, stage.transport.log], [[], []]);
  });
});

Deno.test("converge() without phases adjusts counts alone", async () => {
  await onStage(
    [groupSpec("web", { count: 1, phases: { ...both, destroyServer: () => directory("/bye") } })],
    async (stage) => {
      stage.provider.have("web-1", "web").have("web-2", "web");
      await stage.run(converge, { noPhases: true, yes: true });
      assert.deepEqual(stage.provider.names, ["web-1"]);
      assert.deepEqual(stage.transport.log, []);
    },
  );
});

Deno.test("check 86: a provider of existing machines says that it cannot create", async () => {
  await onStage([groupSpec("web", { count: 2 })], async (stage) => {
    stage.provider.capabilities = { create: false, destroy: false, stop: false, tag: true };
    stage.provider.have("web-1", "web");
    await assert.rejects(
      async () => await stage.run(converge, {}),
      /has existing machines only; 2 are wanted, there are 1/,
    );
  });
});

Deno.test("a node spec that the provider cannot honour is refused before anything is made", async () => {
  await onStage([groupSpec("web", { count: 1 })], async (stage) => {
    stage.provider.problems = [{ path: "qos.spotPrice", message: "is not honoured" }];
    await assert.rejects(
      async () => await stage.run(converge, {}),
      /group "web": qos.spotPrice: is not honoured/,
    );
    assert.deepEqual(stage.provider.log, []);
  });
});

Deno.test("tags that a node keeps are read with its facts and written by its bootstrap", async () => {
  await onStage([groupSpec("web", { count: 2, phases: both })], async (stage) => {
    stage.provider.capabilities = { create: false, destroy: false, stop: false, tag: true, tagStore: "node" };
    stage.provider.have("web-1", "web", { tags: {} }).have("web-2", "web", { tags: {} });
    stage.transport.behaviour = { tags: (name) => name === "web-1" ? { bootstrapped: "true" } : {} };
    await stage.run(converge, {});
    assert.deepEqual(began(stage), ["web-2 bootstrap", "web-1 configure", "web-2 configure"]);
    const script = stage.transport.scripts[0];
    assert.deepEqual(script?.actions.map((action) => action.id), [
      "directory:/srv/bootstrap",
      "pallet:bootstrapped",
    ]);
    assert.match(script?.text ?? "", /printf %s true >"\$state\/tags\/"bootstrapped/);
    assert.equal(stage.provider.log.some((line) => line.startsWith("tag ")), false);
  });
});

Deno.test("an admin user logs in after bootstrap, the first user before it", async () => {
  await onStage([groupSpec("web", { count: 2, phases: both })], async (stage) => {
    stage.provider.have("web-1", "web");
    await stage.run(converge, { adminUser: { username: "ops" } });
    const connects = stage.transport.log.filter((line) => line.startsWith("connect "));
    assert.deepEqual(connects, ["connect web-1 as ops", "connect web-2 as root", "connect web-2 as ops"]);
  });
});

Deno.test("check 29: settings of all targets are there before any phase runs", async () => {
  const seen: unknown[] = [];
  const key = { facility: "db" };
  const db = groupSpec("db", {
    count: 1,
    phases: {
      settings: () => ({
        type: "setting",
        facility: "db",
        instance: "default",
        value: { port: 5 },
        origin: { file: "x", line: 1, column: 1 },
      }),
    },
  });
  const web = groupSpec("web", {
    count: 1,
    phases: {
      bootstrap: ({ oneNodeInGroup, settingsOf }) => {
        seen.push(settingsOf(oneNodeInGroup("db"), key));
        return directory("/srv");
      },
    },
  });
  await onStage([web, db], async (stage) => {
    const result = await stage.run(converge, {});
    assert.deepEqual(seen.at(-1), { port: 5 });
    assert.equal(result.exitCode, 0);
  });
});

Deno.test("two runs do not work on one group at a time", async () => {
  await onStage([groupSpec("web", { count: 1, phases: configure })], async (stage) => {
    let release = () => {};
    const held = new Promise<void>((resolve) => release = resolve);
    stage.transport.behaviour = { hold: () => held };
    stage.provider.have("web-1", "web");
    const first = stage.run(lift, {});
    while (began(stage).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await assert.rejects(
      async () => await stage.run(lift, {}),
      /Cannot work on group "web" .*: run .* holds it/,
    );
    release();
    assert.equal((await first).exitCode, 0);
  });
});

Deno.test("server specs give phases to several groups", async () => {
  const base = serverSpec({ phases: configure });
  await onStage(
    [groupSpec("a", { count: 1, extends: base }), groupSpec("b", { count: 1, extends: base })],
    async (stage) => {
      await stage.run(converge, {});
      assert.deepEqual(began(stage).toSorted(), ["a-1 configure", "b-1 configure"]);
    },
  );
});
