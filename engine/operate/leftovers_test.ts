import assert from "node:assert/strict";
import { onStage, type Stage } from "../../tests/support/stage.ts";
import { directory } from "../actions/list.ts";
import { groupSpec } from "../mod.ts";
import { converge } from "./converge.ts";
import { destroy } from "./destroy.ts";
import { lift } from "./lift.ts";
import { plan } from "./plan.ts";
import { began, configure, have } from "./testing.ts";

const web = groupSpec("web", {
  count: 1,
  phases: { ...configure, destroyServer: () => directory("/bye"), destroyGroup: () => directory("/gone") },
});

/** What was said since the last look, with its level; without what only a debugger reads. */
function said(stage: Stage): readonly string[] {
  return stage.events.splice(0).flatMap((event) =>
    event.type === "message" && event.level !== "debug" ? [`${event.level}: ${event.text}`] : []
  );
}

const LOST =
  'warn: The infra file has no group "old": its nodes go without "destroy-server" and "destroy-group"';

Deno.test("destroy() removes nodes of a group that was taken out, what they shared, and no other node", async () => {
  await onStage([web], async (stage) => {
    have(stage, "web-1", "old-1", "old-2", "other-1");
    await assert.rejects(
      async () => await stage.run(destroy, { groups: ["old"] }),
      /Would remove old-2, old-1, and nobody agreed/,
    );
    assert.deepEqual(said(stage), [LOST]);
    const { removed, exitCode } = await stage.run(destroy, { groups: ["old"], yes: true });
    assert.deepEqual([removed.map(({ name }) => name), exitCode], [["old-2", "old-1"], 0]);
    assert.deepEqual(stage.provider.names, ["web-1", "other-1"]);
    assert.deepEqual(stage.provider.log, ["destroy old-2,old-1", "drop old"]);
    assert.deepEqual(stage.transport.log, [], "it is not connected to");
    assert.equal(
      JSON.parse(Deno.readTextFileSync(`${stage.folder}/state/locks/test.old.lock`)).what,
      "destroy",
    );
  });
});

Deno.test("destroy() runs phases of the groups that it knows alone", async () => {
  await onStage([web], async (stage) => {
    have(stage, "web-1", "old-1", "old-2");
    const groups = ["web", "old"];
    await stage.run(destroy, { groups, limit: ["web-1", "old-2"], yes: true, allowWorkstation: true });
    assert.deepEqual(began(stage), ["web-1 destroy-server", "web destroy-group"]);
    assert.deepEqual(stage.provider.names, ["old-1"]);
    assert.ok(!stage.provider.log.includes("drop old"), "one of its nodes is left");
  });
});

Deno.test("destroy() leaves nodes that a group of the infra file takes by a filter", async () => {
  const www = groupSpec("www", { nodeFilter: (node) => node.name === "old-1" });
  await onStage([www], async (stage) => {
    have(stage, "old-1", "old-2");
    await stage.run(destroy, { groups: ["old"], yes: true });
    assert.deepEqual(stage.provider.names, ["old-1"]);
    await assert.rejects(
      async () => await stage.run(destroy, { groups: ["old"], yes: true }),
      /is named "old"/,
    );
  });
});

Deno.test("destroy() of a name that is none looks at both for the one that was meant", async () => {
  await onStage([web], async (stage) => {
    have(stage, "older-1");
    for (
      const [name, message] of [["oldr", /"oldr"\. Did you mean "older"/], [
        "wbe",
        /Did you mean "web"/,
      ]] as const
    ) {
      await assert.rejects(async () => await stage.run(destroy, { groups: [name], yes: true }), message);
    }
    await assert.rejects(
      async () => await stage.run(lift, { groups: ["older"] }),
      /No group or cluster is named "older"/,
    );
    assert.deepEqual(stage.provider.names, ["older-1"]);
  });
});

Deno.test("destroy() that is gone on with ends what it began, though the last node has gone", async () => {
  await onStage([web], async (stage) => {
    have(stage, "old-1");
    const own = stage.provider.removeGroup.bind(stage.provider);
    stage.provider.removeGroup = () => Promise.reject(new Error("no line"));
    const { run, exitCode } = await stage.run(destroy, { groups: ["old"], yes: true });
    assert.deepEqual([exitCode, stage.provider.names], [1, []]);
    stage.provider.removeGroup = own;
    const resume = { run, changed: () => Promise.resolve(true) };
    assert.equal((await stage.run(destroy, { groups: ["old"], yes: true, resume })).exitCode, 0);
    assert.equal(stage.provider.log.at(-1), "drop old");
  });
});

const TOLD =
  'info: Service "test" has nodes of groups that the infra file does not have: old (2), older (1). ' +
  "To remove them: pallet destroy old older";

Deno.test("what is about all groups tells of nodes that are left over, and touches none", async () => {
  await onStage([web], async (stage) => {
    have(stage, "web-1", "old-1", "old-2", "older-1");
    const all = [
      () => stage.run(plan, {}),
      () => stage.run(converge, {}),
      () => stage.run(destroy, { yes: true, allowWorkstation: true }),
    ];
    for (const operation of all) {
      await operation();
      assert.deepEqual(said(stage), [TOLD]);
    }
    assert.deepEqual(stage.provider.names, ["old-1", "old-2", "older-1"]);
    await stage.run(plan, { groups: ["web"] });
    await stage.run(converge, { groups: ["web"] });
    assert.deepEqual(said(stage), []);
    stage.provider.capabilities = { ...stage.provider.capabilities, destroy: false };
    await stage.run(plan, {});
    assert.deepEqual(said(stage), [], "machines that no run can remove");
  });
});

Deno.test("nodes that another project works on are its own: they are not told of, and named before they go", async () => {
  await onStage([web], async (stage) => {
    have(stage, "old-1", "older-1");
    await stage.run(destroy, { groups: ["old"], yes: true });
    have(stage, "old-1");
    const lock = `${stage.folder}/state/locks/test.old.lock`;
    const other = Deno.makeTempDirSync();
    try {
      Deno.writeTextFileSync(
        lock,
        JSON.stringify({ ...JSON.parse(Deno.readTextFileSync(lock)), folder: other }),
      );
      said(stage);
      await stage.run(plan, {});
      const [told, ...more] = said(stage);
      assert.deepEqual([told?.includes("have: older (1). To"), more], [true, []]);
      let asked: readonly string[] = [];
      const confirm = () => {
        asked = said(stage);
        return false;
      };
      await assert.rejects(
        async () => await stage.run(destroy, { groups: ["old"], confirm }),
        /not agreed to/,
      );
      assert.deepEqual(asked, [
        `warn: Nodes of group "old" were last worked on by another project, in ${other}: the infra file of this one ` +
        "has no such group, so that they are most likely not its own",
        LOST,
      ]);
    } finally {
      Deno.removeSync(other);
    }
  });
});
