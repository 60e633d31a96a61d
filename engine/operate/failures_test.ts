import assert from "node:assert/strict";
import { onStage } from "../../tests/support/stage.ts";
import { directory } from "../actions/list.ts";
import type { Failure } from "../events.ts";
import { groupSpec } from "../mod.ts";
import { lift } from "./lift.ts";
import { began, configure, have } from "./testing.ts";

Deno.test("check 50: a failed action ends its node's phase; others complete it; the next phase does not start", async () => {
  const phases = { one: () => [directory("/a"), directory("/b")], two: () => directory("/c") };
  await onStage([groupSpec("web", { phases })], async (stage) => {
    have(stage, "web-1", "web-2");
    stage.transport.behaviour = {
      result: (target, id) => target === "web-1" && id === "directory:/a" ? "failed" : undefined,
      output: (target) => target === "web-1" ? "mkdir: no space left\n" : undefined,
    };
    const result = await stage.run(lift, { phases: ["one", "two"] });
    assert.deepEqual(began(stage), ["web-1 one", "web-2 one"]);
    const [first, second] = result.phases[0]?.targets ?? [];
    assert.deepEqual([first?.result, first?.actions.length], ["failed", 1]);
    assert.equal(first?.actions[0]?.exit, 3);
    assert.equal(first?.actions[0]?.output, "mkdir: no space left\n");
    assert.ok((first?.actions[0]?.origin.line ?? 0) > 0);
    assert.match(first?.failure?.message ?? "", /failed with exit status 3; 1 later action was not run/);
    assert.deepEqual([second?.result, second?.actions.length], ["ok", 2]);
    assert.equal(result.phases.length, 1);
    assert.equal(result.exitCode, 1);
  });
});

Deno.test("with a limit of failures the run goes on without those that failed, and stops above it", async () => {
  const phases = { one: () => directory("/1"), two: () => directory("/2") };
  await onStage([groupSpec("web", { phases })], async (stage) => {
    have(stage, "web-1", "web-2", "web-3", "web-4");
    stage.transport.behaviour = { result: (target) => target === "web-1" ? "failed" : undefined };
    const result = await stage.run(lift, { phases: ["one", "two"], maxFail: "25%" });
    assert.deepEqual(began(stage).slice(4), ["web-2 two", "web-3 two", "web-4 two"]);
    assert.equal(result.exitCode, 1);
    stage.transport.log.length = 0;
    stage.transport.behaviour = { result: () => "failed" };
    await stage.run(lift, { phases: ["one", "two"], maxFail: 1, serial: true });
    assert.deepEqual(began(stage), ["web-1 one", "web-2 one"]);
  });
});

Deno.test("an unreachable node is named, exit 4; the others finish, who comes after it is skipped", async () => {
  const specs = [
    groupSpec("web", { phases: configure, after: ["db"] }),
    groupSpec("db", { phases: configure }),
  ];
  await onStage(specs, async (stage) => {
    have(stage, "web-1", "db-1", "db-2");
    stage.transport.behaviour = { unreachable: (name) => name === "db-2" };
    const result = await stage.run(lift, {});
    assert.deepEqual(began(stage), ["db-1 configure"]);
    assert.equal(result.exitCode, 4);
    const lost = result.targets.find((one) => one.target === "db-2");
    assert.equal(lost?.result, "unreachable");
    assert.match(lost?.failure?.message ?? "", /Cannot reach db-2/);
  });
});

for (
  const [end, expected, exitCode] of [
    ["unknown", "unknown", 4],
    ["interrupted", "interrupted", 1],
    ["died", "interrupted", 1],
  ] as const
) {
  Deno.test(`a script that ends as ${end} is ${expected}, never a success, and is not run again`, async () => {
    await onStage(
      [groupSpec("web", { phases: { one: () => directory("/1"), two: () => directory("/2") } })],
      async (stage) => {
        have(stage, "web-1", "web-2");
        stage.transport.behaviour = { end: (target) => target === "web-1" ? end : undefined };
        const result = await stage.run(lift, { phases: ["one", "two"] });
        assert.deepEqual(began(stage), ["web-1 one", "web-2 one"]);
        const target = result.targets.find((one) => one.target === "web-1");
        assert.equal(target?.result, expected);
        assert.match(target?.failure?.message ?? "", /while at "directory/);
        assert.equal(result.exitCode, exitCode);
      },
    );
  });
}

Deno.test("of a node that was lost is told what became of it, as its service sees it", async () => {
  const said = async (now: "running" | "stopped" | "gone") => {
    let failure: Failure | undefined;
    await onStage([groupSpec("web", { phases: configure })], async (stage) => {
      have(stage, "web-1", "web-2");
      stage.transport.behaviour = {
        end: (target) => {
          if (target !== "web-1") return undefined;
          const others = stage.provider.all.filter(({ name }) => name !== "web-1");
          const own = stage.provider.all.flatMap((node) => node.name === "web-1" ? [node] : []);
          stage.provider.all = [
            ...others,
            ...now === "gone" ? [] : own.map((node) => ({ ...node, state: now })),
          ];
          return "unknown";
        },
      };
      const { targets } = await stage.run(lift, {});
      failure = targets.find(({ target }) => target === "web-1")?.failure;
    });
    return [failure?.message.replace(/.*is unknown/, ""), failure?.help];
  };
  const go = "The script may go on there; see the node before running the phase again.";
  assert.deepEqual(await said("running"), ["", go]);
  assert.deepEqual(await said("stopped"), [". Its service says that it is stopped", go]);
  assert.deepEqual(await said("gone"), [
    ". Its service has no node web-1 any more",
    "Converge makes another in its place.",
  ]);
});

Deno.test("fault 48: of 500 nodes one in ten fails: no batch begins once too many have, and the summary is exact", async () => {
  await onStage([groupSpec("web", { phases: configure })], async (stage) => {
    for (let at = 1; at <= 500; at++) have(stage, `web-${at}`);
    stage.transport.behaviour = {
      result: (target) => target.endsWith("7") && target.length < 8 ? "failed" : undefined,
    };
    const bad = stage.provider.names.filter((name) => name.endsWith("7") && name.length < 8).length;
    assert.equal(bad, 50);
    const result = await stage.run(lift, { batch: 50, maxFail: 12, parallel: 20 });
    const count = (wanted: string) => result.targets.filter((one) => one.result === wanted).length;
    assert.equal(result.exitCode, 1);
    assert.equal(result.targets.length, 500);
    assert.equal(count("ok") + count("failed") + count("skipped"), 500);
    assert.equal(began(stage).length, count("ok") + count("failed"), "who is told of ran, and nobody else");
    // Five of each batch of 50 fail: the 13th comes in the third, beside others that were under way.
    assert.ok(count("failed") >= 13 && count("failed") <= 15, String(count("failed")));
    assert.ok(count("skipped") >= 350 && count("skipped") < 400, String(count("skipped")));
  });
});
