import assert from "node:assert/strict";
import { onStage } from "../../tests/support/stage.ts";
import { directory } from "../actions/list.ts";
import { groupSpec } from "../mod.ts";
import type { HookResult } from "../spec/types.ts";
import { lift } from "./lift.ts";
import { began, configure, gate, have, ran, until } from "./testing.ts";

Deno.test("check 47, 49: phases run in order, and all nodes finish one before any begins the next", async () => {
  const phases = { one: () => directory("/1"), two: () => directory("/2") };
  await onStage([groupSpec("web", { phases }), groupSpec("db", { phases })], async (stage) => {
    have(stage, "web-1", "web-2", "db-1");
    const slow = gate();
    stage.transport.behaviour = {
      hold: (target, phase) => target === "db-1" && phase === "one" ? slow.wait : undefined,
    };
    const operation = stage.run(lift, { phases: ["one", "two"] });
    await until(() => ran(stage).includes("end web-2 one"));
    assert.equal(began(stage).some((line) => line.endsWith(" two")), false);
    slow.open();
    await operation;
    const phaseOrder = began(stage).map((line) => line.split(" ")[1]);
    assert.deepEqual(phaseOrder, ["one", "one", "one", "two", "two", "two"]);
  });
});

Deno.test("check 48: parallel unless told, one after the other, or at most so many", async () => {
  await onStage([groupSpec("web", { phases: configure })], async (stage) => {
    have(stage, "web-1", "web-2", "web-3", "web-4");
    const most = async (options: { serial?: boolean; parallel?: number }) => {
      let [now, top] = [0, 0];
      stage.transport.behaviour = {
        hold: async () => {
          top = Math.max(top, ++now);
          await new Promise((resolve) => setTimeout(resolve, 10));
          now--;
        },
      };
      await stage.run(lift, options);
      return top;
    };
    assert.deepEqual([await most({}), await most({ serial: true }), await most({ parallel: 3 })], [4, 1, 3]);
  });
});

Deno.test("check 45: a partition in batches of one is a rolling restart", async () => {
  const web = groupSpec("web", {
    phases: configure,
    phasesMeta: { configure: { partition: (targets) => targets.map((target) => [target.name]) } },
  });
  await onStage([web], async (stage) => {
    have(stage, "web-1", "web-2", "web-3");
    const gates = { "web-1": gate(), "web-2": gate(), "web-3": gate() };
    stage.transport.behaviour = { hold: (target) => gates[target as keyof typeof gates].wait };
    const operation = stage.run(lift, {});
    gates["web-3"].open();
    await until(() => ran(stage).length === 1);
    assert.deepEqual(ran(stage), ["begin web-1 configure"]);
    gates["web-1"].open();
    gates["web-2"].open();
    await operation;
    const order = ["web-1", "web-2", "web-3"].flatMap((
      name,
    ) => [`begin ${name} configure`, `end ${name} configure`]);
    assert.deepEqual(ran(stage), order);
  });
});

Deno.test("hooks see names, groups, addresses and tags of targets", async () => {
  const seen: unknown[] = [];
  const partition = (targets: readonly { readonly name: string }[]) => {
    seen.push(...targets);
    return [targets.map(({ name }) => name)];
  };
  await onStage(
    [groupSpec("web", { phases: configure, phasesMeta: { configure: { partition } } })],
    async (stage) => {
      have(stage, "web-1");
      await stage.run(lift, {});
      assert.deepEqual(seen, [
        { name: "web-1", groups: ["web"], primaryIp: "10.0.0.1", tags: { bootstrapped: "true" } },
      ]);
    },
  );
});

Deno.test("a partition may leave targets out, and a batch that fails is the last", async () => {
  const web = groupSpec("web", {
    phases: configure,
    phasesMeta: { configure: { partition: () => [["web-2"], ["web-1"]] } },
  });
  await onStage([web], async (stage) => {
    have(stage, "web-1", "web-2", "web-3");
    stage.transport.behaviour = { result: () => "failed" };
    const result = await stage.run(lift, {});
    assert.deepEqual(began(stage), ["web-2 configure"]);
    const results = Object.fromEntries(
      result.phases[0]?.targets.map((one) => [one.target, one.result]) ?? [],
    );
    assert.deepEqual(results, { "web-2": "failed", "web-1": "skipped" });
  });
});

Deno.test("check 46: a post-phase hook gets the results, also when a node failed", async () => {
  const told: HookResult[] = [];
  const web = groupSpec("web", {
    phases: configure,
    phasesMeta: { configure: { postPhase: (results) => void told.push(...results) } },
  });
  await onStage([web], async (stage) => {
    have(stage, "web-1", "web-2");
    stage.transport.behaviour = { result: (target) => target === "web-2" ? "failed" : undefined };
    const result = await stage.run(lift, { phases: ["configure", "configure"] });
    assert.deepEqual(told.map(({ target, result, changed }) => [target, result, changed]), [
      ["web-1", "ok", 1],
      ["web-2", "failed", 0],
    ]);
    assert.equal(result.exitCode, 1);
  });
});

Deno.test("batches run one after the other; a percentage is of the phase's targets", async () => {
  await onStage([groupSpec("web", { phases: configure })], async (stage) => {
    have(stage, "web-1", "web-2", "web-3", "web-4");
    await stage.run(lift, { batch: "50%" });
    const order = ran(stage).map((line) => line.replace(" configure", ""));
    assert.deepEqual(order.slice(0, 4).toSorted(), ["begin web-1", "begin web-2", "end web-1", "end web-2"]);
  });
});

Deno.test("batches are made so that nobody's comes before that of those who go first", async () => {
  const specs = [
    groupSpec("web", { phases: configure, after: ["db"] }),
    groupSpec("db", { phases: configure }),
  ];
  await onStage(specs, async (stage) => {
    have(stage, "web-1", "web-2", "db-1");
    const result = await stage.run(lift, { batch: 1 });
    assert.equal(result.exitCode, 0);
    assert.deepEqual(began(stage), ["db-1 configure", "web-1 configure", "web-2 configure"]);
  });
});

Deno.test("canaries go first, alone; should one fail, nothing else starts, whatever may fail", async () => {
  await onStage([groupSpec("web", { phases: configure })], async (stage) => {
    have(stage, "web-1", "web-2", "web-3", "web-4");
    const ok = await stage.run(lift, { canary: 1, batch: 2, pause: 0.2 });
    assert.equal(ok.exitCode, 0);
    assert.deepEqual(stage.transport.log.filter((line) => /^(begin|end)/.test(line)).slice(0, 3), [
      "begin web-1 configure",
      "end web-1 configure",
      "begin web-2 configure",
    ]);
    const starts = stage.events.filter((event) => event.type === "target-started").map((event) =>
      Date.parse(event.at)
    );
    const [first = 0, second = 0, third = 0, fourth = 0] = starts;
    assert.ok(second - first >= 190 && fourth - third >= 190, "there is a pause between batches");
    stage.transport.log.length = 0;
    stage.transport.behaviour = { result: () => "failed" };
    const failed = await stage.run(lift, { canary: 1, maxFail: 4 });
    assert.equal(failed.exitCode, 1);
    assert.deepEqual(began(stage), ["web-1 configure"]);
    const [skipped] = failed.targets.filter((target) => target.result === "skipped");
    assert.match(skipped?.failure?.message ?? "", /web-1 went first, and did not succeed/);
  });
});

Deno.test("a group comes after others within a phase; who comes after a failed node is skipped", async () => {
  const specs = [
    groupSpec("web", { phases: configure, after: ["db"] }),
    groupSpec("db", { phases: configure }),
    groupSpec("lb", { phases: configure, after: ["web"] }),
    groupSpec("log", { phases: configure }),
  ];
  await onStage(specs, async (stage) => {
    have(stage, "web-1", "db-1", "lb-1", "log-1");
    const hold = (target: string) =>
      target === "db-1" ? until(() => began(stage).includes("log-1 configure")) : undefined;
    stage.transport.behaviour = { hold };
    await stage.run(lift, {});
    const order = ran(stage);
    const at = (line: string) => order.indexOf(line);
    assert.ok(at("end db-1 configure") < at("begin web-1 configure"));
    assert.ok(at("end web-1 configure") < at("begin lb-1 configure"));
    assert.ok(at("begin log-1 configure") < at("end db-1 configure"));
    stage.transport.log.length = 0;
    stage.transport.behaviour = { result: (target) => target === "db-1" ? "failed" : undefined };
    const result = await stage.run(lift, {});
    assert.deepEqual(began(stage).toSorted(), ["db-1 configure", "log-1 configure"]);
    const results = Object.fromEntries(result.targets.map((one) => [one.target, one.result]));
    assert.deepEqual(results, { "web-1": "skipped", "db-1": "failed", "lb-1": "skipped", "log-1": "ok" });
  });
});
