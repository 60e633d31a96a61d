import assert from "node:assert/strict";
import { onStage } from "../../tests/support/stage.ts";
import { directory } from "../actions/list.ts";
import { groupSpec } from "../mod.ts";
import { converge } from "./converge.ts";
import { began, configure } from "./testing.ts";

const both = { bootstrap: () => directory("/srv/bootstrap"), ...configure };

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

Deno.test("a double of a node goes before any other", async () => {
  await onStage([groupSpec("web", { count: 2, phases: configure })], async (stage) => {
    stage.provider.have("web-1", "web").have("web-1-i-2", "web", { doubleOf: "web-1" }).have("web-2", "web");
    const result = await stage.run(converge, { yes: true });
    assert.deepEqual(result.removed.map((node) => node.name), ["web-1-i-2"]);
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
