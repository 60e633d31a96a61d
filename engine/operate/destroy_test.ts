import assert from "node:assert/strict";
import { onStage } from "../../tests/support/stage.ts";
import { directory } from "../actions/list.ts";
import { groupSpec } from "../mod.ts";
import { converge } from "./converge.ts";
import { destroy } from "./destroy.ts";
import { began, gate, until } from "./testing.ts";

const phases = { destroyServer: () => directory("/bye"), destroyGroup: () => directory("/gone") };

Deno.test("destroy() without phases removes nodes and group, and runs nothing", async () => {
  await onStage([groupSpec("web", { phases })], async (stage) => {
    stage.provider.have("web-1", "web");
    await stage.run(destroy, { noPhases: true, yes: true });
    assert.deepEqual([stage.provider.names, stage.transport.log], [[], []]);
    assert.ok(stage.provider.log.includes("drop web"));
  });
});

Deno.test("destroy() runs destroy-group once all nodes have gone, and not before", async () => {
  await onStage([groupSpec("web", { phases })], async (stage) => {
    stage.provider.have("web-1", "web").have("web-2", "web");
    stage.provider.broken.destroy.add("web-2");
    const stuck = await stage.run(destroy, { yes: true, allowWorkstation: true });
    assert.equal(stuck.exitCode, 1);
    assert.deepEqual(began(stage).toSorted(), ["web-1 destroy-server", "web-2 destroy-server"]);
    assert.ok(!stage.provider.log.includes("drop web"));
    stage.provider.broken.destroy.clear();
    stage.transport.log.length = 0;
    await stage.run(destroy, { yes: true, allowWorkstation: true });
    assert.deepEqual(began(stage), ["web-2 destroy-server", "web destroy-group"]);
  });
});

Deno.test("destroy() leaves nodes before they go, and asks a provider for none when none may go", async () => {
  await onStage([groupSpec("web", { phases: { destroyServer: () => directory("/bye") } })], async (stage) => {
    stage.provider.have("web-1", "web");
    stage.transport.behaviour = { result: () => "failed" };
    await stage.run(destroy, { yes: true });
    assert.deepEqual([stage.provider.names, stage.provider.log], [["web-1"], []]);
    stage.transport.behaviour = {};
    const connected: number[] = [];
    const own = stage.provider.destroy.bind(stage.provider);
    stage.provider.destroy = (nodes) => {
      connected.push(stage.transport.connected.size);
      return own(nodes);
    };
    await stage.run(destroy, { yes: true });
    assert.deepEqual([connected, stage.provider.names], [[0], []]);
  });
});

for (const [name, operation] of [["destroy", destroy], ["converge", converge]] as const) {
  Deno.test(`${name}() that is interrupted in destroy-server removes no node`, async () => {
    await onStage([groupSpec("web", { count: 0, phases })], async (stage) => {
      stage.provider.have("web-1", "web");
      const slow = gate();
      stage.transport.behaviour = { hold: () => slow.wait };
      const run = stage.run(operation, { yes: true, allowWorkstation: true });
      await until(() => began(stage).length === 1);
      run.abort("SIGINT");
      slow.open();
      const result = await run;
      assert.equal(result.exitCode, 130);
      assert.deepEqual([stage.provider.names, stage.provider.log], [["web-1"], []]);
      assert.deepEqual(began(stage), ["web-1 destroy-server"]);
    });
  });
}
