import assert from "node:assert/strict";
import { onStage } from "../../tests/support/stage.ts";
import { directory } from "../actions/list.ts";
import { groupSpec, type PlanFunction, remoteFile } from "../mod.ts";
import { lift } from "./lift.ts";
import { began, configure, have } from "./testing.ts";

Deno.test("check 40, 41: lift makes and removes no node, and runs configure unless told", async () => {
  const phases = { ...configure, restart: () => directory("/restart"), bootstrap: () => directory("/b") };
  await onStage([groupSpec("web", { count: 5, phases })], async (stage) => {
    have(stage, "web-1");
    await stage.run(lift, {});
    await stage.run(lift, { phases: ["restart"] });
    assert.deepEqual(began(stage), ["web-1 configure", "web-1 restart"]);
    assert.deepEqual(stage.provider.log, []);
    assert.deepEqual(stage.provider.names, ["web-1"]);
  });
});

Deno.test("check 43: a limit names the nodes that are touched; plans see all", async () => {
  const seen: number[] = [];
  const web: PlanFunction = ({ nodesInGroup }) => {
    seen.push(nodesInGroup("web").length);
    return directory("/srv");
  };
  await onStage([groupSpec("web", { phases: { configure: web } })], async (stage) => {
    have(stage, "web-1", "web-2", "web-10");
    await stage.run(lift, { limit: ["web-?"] });
    assert.deepEqual(stage.transport.log.filter((line) => line.startsWith("connect")).length, 2);
    assert.deepEqual(began(stage), ["web-1 configure", "web-2 configure"]);
    assert.deepEqual(new Set(seen), new Set([3]));
    await assert.rejects(
      async () => await stage.run(lift, { limit: ["wbe-1"] }),
      /No node is named "wbe-1".*web-1/,
    );
    await assert.rejects(async () => await stage.run(lift, { groups: ["web-1"] }), {
      message: 'No group or cluster is named "web-1".',
      help: 'For a node of group "web": --limit web-1.',
    });
  });
});

Deno.test("check 44: phase arguments reach the plan", async () => {
  const deploy: PlanFunction = ({ args }) => directory(`/srv/${args.version}`);
  await onStage([groupSpec("web", { phases: { deploy } })], async (stage) => {
    have(stage, "web-1");
    await stage.run(lift, { phases: [{ phase: "deploy", args: { version: "1.2" } }] });
    assert.equal(stage.transport.scripts[0]?.actions[0]?.id, "directory:/srv/1.2");
  });
});

Deno.test("a phase that no group has is a usage error with a guess; one that some lack is nothing there", async () => {
  const specs = [
    groupSpec("web", { phases: { "rotate-logs": () => directory("/1") } }),
    groupSpec("db", { phases: configure }),
  ];
  await onStage(specs, async (stage) => {
    have(stage, "web-1", "db-1");
    await assert.rejects(
      async () => await stage.run(lift, { phases: ["rotate-log"] }),
      /None of the groups has a phase "rotate-log"\. Did you mean "rotate-logs"\?/,
    );
    await stage.run(lift, { phases: ["rotateLogs"] });
    assert.deepEqual(began(stage), ["web-1 rotate-logs"]);
    await assert.rejects(async () => await stage.run(lift, { groups: ["bd"] }), /Did you mean "db"\?/);
  });
});

Deno.test("stopped nodes are named and left out; none that runs is an error", async () => {
  await onStage([groupSpec("web", { phases: configure })], async (stage) => {
    stage.provider.have("web-1", "web", { state: "stopped" });
    await assert.rejects(async () => await stage.run(lift, {}), /No node of web is running/);
    const warned = stage.events.some((event) =>
      event.type === "message" && /web-1 is left out/.test(event.text)
    );
    assert.ok(warned);
  });
});

Deno.test("a node that matches several groups is one target with all their phases", async () => {
  const specs = [
    groupSpec("web", { phases: configure }),
    groupSpec("eu", {
      phases: { configure: () => directory("/srv/eu") },
      nodeFilter: (node) => node.tags.zone === "eu",
    }),
  ];
  await onStage(specs, async (stage) => {
    stage.provider.have("web-1", "web", { tags: { zone: "eu" } }).have("web-2", "web");
    await stage.run(lift, {});
    const ids = stage.transport.scripts.map((
      script,
    ) => [script.id.target, script.actions.map((action) => action.id)]);
    assert.deepEqual(Object.fromEntries(ids), {
      "web-1": ["directory:/srv/configure", "directory:/srv/eu"],
      "web-2": ["directory:/srv/configure"],
    });
  });
});

Deno.test("a local file that is not there is an error before any node is touched", async () => {
  const phases = { configure: () => remoteFile("/etc/motd", { localFile: "missing.txt" }) };
  await onStage([groupSpec("web", { phases })], async (stage) => {
    have(stage, "web-1");
    await assert.rejects(async () => await stage.run(lift, {}), /missing\.txt/);
    assert.deepEqual(stage.transport.log, []);
  });
});

Deno.test("changes are pending when one node of many would change, or cannot tell", async () => {
  await onStage([groupSpec("web", { phases: configure })], async (stage) => {
    have(stage, "web-1", "web-2");
    for (const [answer, exitCode] of [["would-change", 3], ["cannot-know", 3], ["ok", 0]] as const) {
      stage.transport.behaviour = { result: (target) => target === "web-1" ? "ok" : answer };
      const asked = { check: true, detailedExitCode: true };
      assert.equal((await stage.run(lift, asked)).exitCode, exitCode, answer);
      assert.equal((await stage.run(lift, { check: true })).exitCode, 0);
    }
  });
});

Deno.test("check mode changes nothing and says what would", async () => {
  await onStage(
    [groupSpec("web", { phases: { ...configure, bootstrap: () => directory("/b") } })],
    async (stage) => {
      stage.provider.have("web-1", "web", { tags: {} });
      const result = await stage.run(lift, { check: true });
      assert.ok(stage.transport.scripts.every((script) => script.check));
      assert.equal(result.targets[0]?.counts.wouldChange, 1);
      assert.deepEqual(stage.provider.log, []);
    },
  );
});

Deno.test("a check asks everybody about every phase, also after a failure", async () => {
  const specs = [
    groupSpec("web", { phases: { ...configure, two: () => directory("/2") }, after: ["db"] }),
    groupSpec("db", { phases: configure }),
  ];
  await onStage(specs, async (stage) => {
    have(stage, "web-1", "db-1");
    stage.transport.behaviour = { result: (target) => target === "db-1" ? "failed" : undefined };
    const result = await stage.run(lift, { check: true, phases: ["configure", "two"] });
    assert.deepEqual(began(stage).toSorted(), ["db-1 configure", "web-1 configure", "web-1 two"]);
    assert.equal(result.exitCode, 1);
  });
});

Deno.test("fault 36: a clock that jumps in the middle of a run changes neither its course nor how long it took", async () => {
  const real = Date.now;
  const day = 86_400_000;
  try {
    for (const jump of [day, -day, 40 * 365 * day]) {
      await onStage([groupSpec("web", { phases: { configure: () => directory("/srv") } })], async (stage) => {
        stage.provider.have("web-1", "web");
        const result = await stage.run(lift, {
          phases: ["configure"],
          on: (event) => {
            if (event.type === "phase-started") Date.now = () => real() + jump;
          },
        });
        assert.equal(result.exitCode, 0);
        assert.ok(result.duration >= 0 && result.duration < 60_000, `${result.duration}`);
        Date.now = real;
      });
    }
  } finally {
    Date.now = real;
  }
});
