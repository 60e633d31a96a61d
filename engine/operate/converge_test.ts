import assert from "node:assert/strict";
import { onStage } from "../../tests/support/stage.ts";
import { directory } from "../actions/list.ts";
import { clusterSpec, groupSpec, serverSpec } from "../mod.ts";
import { readRun } from "../state/runs.ts";
import { converge } from "./converge.ts";
import { lift } from "./lift.ts";
import { began, configure } from "./testing.ts";

const both = { bootstrap: () => directory("/srv/bootstrap"), ...configure };

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

Deno.test("a node whose destroy-server fails stays, and its group with it, and the run fails", async () => {
  const phases = { destroyServer: () => directory("/bye"), destroyGroup: () => directory("/gone") };
  await onStage([groupSpec("web", { count: 0, phases })], async (stage) => {
    stage.provider.have("web-1", "web").have("web-2", "web");
    stage.transport.behaviour = { result: (target) => target === "web-2" ? "failed" : undefined };
    const result = await stage.run(converge, { yes: true, allowWorkstation: true });
    assert.deepEqual(stage.provider.names, ["web-2"]);
    assert.equal(result.exitCode, 1);
    assert.equal(stage.provider.log.includes("drop web"), false);
    assert.deepEqual(began(stage).toSorted(), ["web-1 destroy-server", "web-2 destroy-server"]);
  });
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
    const told = stage.events.flatMap((event) =>
      event.type === "node-failed"
        ? [`${event.target} failed`]
        : event.type === "node-created"
        ? [`${event.target} at ${event.address}`]
        : []
    );
    assert.deepEqual(told.toSorted(), [
      "web-1 at 10.0.0.1",
      "web-2 failed",
      "web-3 failed",
      "web-4 at 10.0.0.2",
      "web-4 failed",
    ]);
  });
});

Deno.test("a new node that its service does not list yet is configured all the same", async () => {
  await onStage([groupSpec("web", { count: 1, phases: both })], async (stage) => {
    stage.provider.nodes = () => Promise.resolve([]);
    const result = await stage.run(converge, {});
    assert.equal(result.exitCode, 0);
    assert.deepEqual(began(stage), ["web-1 bootstrap", "web-1 configure"]);
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

Deno.test("check 2: between runs there is nothing but the machines: a workstation that knows of no run goes on as well", async () => {
  await onStage([groupSpec("web", { count: 2, phases: both })], async (stage) => {
    await stage.run(converge, {});
    for (const kept of ["state", "cache"]) {
      await Deno.remove(`${stage.folder}/${kept}`, { recursive: true }).catch((thrown) => {
        if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
      });
    }
    stage.transport.log.length = 0;
    const result = await stage.run(converge, {});
    assert.deepEqual([result.created, result.removed, result.exitCode], [[], [], 0]);
    assert.deepEqual(
      began(stage),
      ["web-1 configure", "web-2 configure"],
      "bootstrapped is a tag of the node",
    );
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

Deno.test("a project is told when another has worked on nodes of the same names last", async () => {
  await onStage([groupSpec("web", { count: 1, phases: {} })], async (stage) => {
    const said = async (options: { noPhases?: boolean; yes?: boolean }) => {
      const result = await stage.run(converge, options);
      const { events } = await readRun(`${stage.folder}/state`, result.run);
      return events.flatMap((event) =>
        event.type === "message" && event.level === "warn" ? [event.text] : []
      );
    };
    assert.deepEqual(await said({}), []);
    assert.deepEqual(await said({}), [], "the project itself");
    const lock = `${stage.folder}/state/locks/test.web.lock`;
    const holder = JSON.parse(Deno.readTextFileSync(lock));
    assert.equal(holder.folder, stage.folder);
    const ofProject = (folder: string) => Deno.writeTextFileSync(lock, JSON.stringify({ ...holder, folder }));
    ofProject("/nowhere/at-all");
    assert.deepEqual(await said({}), [], "a project that was moved");
    const other = Deno.makeTempDirSync();
    try {
      ofProject(other);
      const [warning] = await said({});
      assert.match(warning ?? "", /"web" were last worked on by another project, in .*service "test"/);
      assert.equal((await said({})).length, 1, "as long as nothing was done");
      stage.provider.all = [];
      assert.deepEqual(await said({}), [], "there is no node");
      assert.equal(JSON.parse(Deno.readTextFileSync(lock)).folder, stage.folder);
    } finally {
      Deno.removeSync(other);
    }
  });
});
