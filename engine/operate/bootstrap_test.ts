import assert from "node:assert/strict";
import { onStage } from "../../tests/support/stage.ts";
import { directory } from "../actions/list.ts";
import { groupSpec } from "../mod.ts";
import { converge } from "./converge.ts";
import { began, configure } from "./testing.ts";

const both = { bootstrap: () => directory("/srv/bootstrap"), ...configure };

Deno.test("check 24, 25, 26: bootstrap runs first and on new nodes only, configure on all by default", async () => {
  await onStage([groupSpec("web", { count: 2, phases: both })], async (stage) => {
    stage.provider.have("web-1", "web");
    await stage.run(converge, {});
    assert.deepEqual(began(stage), ["web-2 bootstrap", "web-1 configure", "web-2 configure"]);
    assert.equal(stage.provider.node("web-2")?.tags.bootstrapped, "true");
    const connects = stage.transport.log.filter((line) => line.startsWith("connect "));
    assert.deepEqual(connects, ["connect web-1 as root", "connect web-2 as root"], "each once");
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

Deno.test("a node that could not be noted as bootstrapped fails the run, and is bootstrapped again by the next", async () => {
  await onStage([groupSpec("web", { count: 2, phases: both })], async (stage) => {
    stage.provider.broken.tag.add("web-1");
    const result = await stage.run(converge, {});
    assert.equal(result.exitCode, 1);
    const said = stage.events.flatMap((event) => event.type === "message" ? [event.text] : []);
    assert.ok(said.includes("web-1 will be bootstrapped again: web-1 takes no tags"), said.join("\n"));
    stage.provider.broken.tag.clear();
    stage.transport.log.length = 0;
    assert.equal((await stage.run(converge, {})).exitCode, 0);
    assert.deepEqual(began(stage), ["web-1 bootstrap", "web-1 configure", "web-2 configure"]);
  });
});

Deno.test("a node that an ended run left while it came up is waited for; one that is set up is not", async () => {
  await onStage([groupSpec("web", { count: 3, phases: both })], async (stage) => {
    stage.provider.have("web-1", "web", { tags: { bootstrapped: "true" } }).have("web-2", "web", { tags: {} })
      .have("web-3", "web", { tags: {} });
    stage.provider.broken.ready.add("web-3");
    const refusals = new Map([["web-1", 1], ["web-2", 1], ["web-3", 1]]);
    stage.transport.behaviour = {
      unreachable: (name) => {
        const left = refusals.get(name) ?? 0;
        refusals.set(name, left - 1);
        return left > 0;
      },
    };
    const { targets } = await stage.run(converge, {});
    const failureOf = (name: string) => targets.find(({ target }) => target === name)?.failure?.message ?? "";
    assert.match(failureOf("web-1"), /refused/);
    assert.match(failureOf("web-3"), /has no address after 60 s/);
    assert.equal(stage.provider.node("web-2")?.tags.bootstrapped, "true");
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

Deno.test("a node that its provider could not name is named before its bootstrap, once, whether that is defined or not", async () => {
  for (const phases of [both, configure]) {
    await onStage([groupSpec("web", { count: 2, phases })], async (stage) => {
      stage.provider.have("web-1", "web", { tags: {}, unnamed: true }).have("web-2", "web", { tags: {} });
      const first = await stage.run(converge, {});
      assert.equal(first.exitCode, 0);
      const naming = stage.transport.scripts.map(({ actions }) => actions.map(({ id }) => id)).filter((ids) =>
        ids.includes("pallet:host-name")
      );
      assert.deepEqual(naming, [[
        "pallet:host-name",
        ...phases === both ? ["directory:/srv/bootstrap"] : [],
      ]]);
      assert.equal(stage.provider.node("web-1")?.tags["bootstrapped"], "true");
      stage.transport.scripts.length = 0;
      await stage.run(converge, {});
      assert.ok(
        stage.transport.scripts.every(({ actions }) => actions.every(({ id }) => id !== "pallet:host-name")),
      );
    });
  }
});
