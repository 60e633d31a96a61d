import assert from "node:assert/strict";
import fc from "fast-check";
import { directory, execScript } from "../actions/list.ts";
import { groupSpec, type PlanFunction, setting, settingsKey, sh } from "../mod.ts";
import { onStage, type Stage } from "../../tests/support/stage.ts";
import { converge } from "./converge.ts";
import { exec } from "./exec.ts";
import { lift } from "./lift.ts";
import type { Shard } from "./options.ts";
import { plan } from "./plan.ts";
import { shardOf } from "./shard.ts";

const NAMES = Array.from({ length: 12 }, (_, at) => `web-${at + 1}`);
const shards = (count: number): readonly Shard[] =>
  Array.from({ length: count }, (_, at) => ({ index: at + 1, count }));

function began(stage: Stage): readonly string[] {
  return stage.transport.log.filter((line) => line.startsWith("begin ")).map((line) =>
    line.split(" ")[1] ?? ""
  );
}

Deno.test("shardOf() is the same everywhere, within its range, and of a node alone", () => {
  // Fixed for good: runners of two versions must agree.
  assert.deepEqual(["web-1", "web-2", "db-1", "größe"].map((name) => shardOf(name, 5)), [2, 3, 3, 5]);
  fc.assert(fc.property(fc.string(), fc.integer({ min: 1, max: 1000 }), (name, count) => {
    const shard = shardOf(name, count);
    return Number.isInteger(shard) && shard >= 1 && shard <= count;
  }));
  const sizes = shards(4).map(({ index, count }) =>
    Array.from({ length: 4000 }, (_, at) => `web-${at}`).filter((name) => shardOf(name, count) === index)
      .length
  );
  assert.ok(sizes.every((size) => size > 850 && size < 1150), sizes.join(" "));
});

Deno.test("shards do together what one run does, each node once; what plans see is all", async () => {
  const seen = new Set<number>();
  const port = settingsKey<number>("port");
  const web: PlanFunction = ({ nodesInGroup, settingsOf, onOneNode }) => {
    seen.add(nodesInGroup("web").reduce((sum, node) => sum + settingsOf(node, port), 0));
    return [directory("/srv"), onOneNode(() => execScript(sh`migrate`, { id: "migrate" }))];
  };
  const phases = { settings: () => setting(port, 1), configure: web };
  for (const count of [1, 3, 40]) {
    const done: string[] = [];
    const migrated: string[] = [];
    for (const shard of shards(count)) {
      await onStage([groupSpec("web", { phases })], async (stage) => {
        for (const name of NAMES) stage.provider.have(name, "web");
        const result = await stage.run(lift, { shard });
        assert.equal(result.exitCode, 0);
        assert.ok(began(stage).every((name) => shardOf(name, count) === shard.index));
        done.push(...began(stage));
        migrated.push(
          ...result.phases.flatMap(({ targets }) =>
            targets.filter(({ actions }) => actions.some(({ id }) => id === "migrate")).map(({ target }) =>
              target
            )
          ),
        );
        const [started] = stage.events;
        assert.ok(started?.type === "run-started" && started.shard === `${shard.index}/${count}`);
      });
    }
    assert.deepEqual(done.sort(), NAMES.toSorted());
    assert.deepEqual(migrated, ["web-1"]);
  }
  assert.deepEqual([...seen], [NAMES.length]);
});

Deno.test("a limit is shared out among shards; a shard without nodes says so and succeeds", async () => {
  await onStage([groupSpec("web", { phases: { configure: () => directory("/srv") } })], async (stage) => {
    for (const name of NAMES) stage.provider.have(name, "web");
    const own = shardOf("web-2", 2);
    await stage.run(exec, { command: "true", limit: ["web-2"], shard: { index: own, count: 2 } });
    assert.deepEqual(began(stage), ["web-2"]);
    const other = await stage.run(exec, {
      command: "true",
      limit: ["web-2"],
      shard: { index: 3 - own, count: 2 },
    });
    assert.equal(other.exitCode, 0);
    assert.deepEqual(began(stage), ["web-2"]);
    assert.ok(
      stage.events.some((event) => event.type === "message" && /falls to this shard/.test(event.text)),
    );
    await assert.rejects(
      async () => await stage.run(lift, { shard: { index: 3, count: 2 } }),
      /There is no shard 3\/2/,
    );
  });
});

Deno.test("plan --check asks the nodes of its shard alone", async () => {
  await onStage(
    [groupSpec("web", { count: NAMES.length, phases: { configure: () => directory("/srv") } })],
    async (stage) => {
      for (const name of NAMES) stage.provider.have(name, "web");
      const shard = { index: 2, count: 3 };
      const mine = NAMES.filter((name) => shardOf(name, 3) === 2);
      const result = await stage.run(plan, { check: true, shard });
      assert.deepEqual(began(stage).toSorted(), mine.toSorted());
      const planned = result.plans.find(({ phase }) => phase === "configure")?.targets ?? [];
      assert.deepEqual(planned.map(({ target }) => target).toSorted(), mine.toSorted());
    },
  );
});

Deno.test("converge by shards runs phases, and refuses where counts are not met", async () => {
  await onStage(
    [groupSpec("web", { count: 3, phases: { configure: () => directory("/srv") } })],
    async (stage) => {
      stage.provider.have("web-1", "web");
      const shard = { index: 1, count: 2 };
      await assert.rejects(
        async () => await stage.run(converge, { shard, yes: true }),
        /Group "web" has not its count: it would have to make web-2, web-3/,
      );
      assert.deepEqual(stage.provider.log, []);
      await stage.run(converge, { noPhases: true });
      for (const one of shards(2)) assert.equal((await stage.run(converge, { shard: one })).exitCode, 0);
      assert.deepEqual(began(stage).toSorted(), ["web-1", "web-2", "web-3"]);
    },
  );
});
