import assert from "node:assert/strict";
import type { Event } from "../events.ts";
import { directory, groupSpec } from "../mod.ts";
import { onStage } from "../../tests/support/stage.ts";
import { converge } from "./converge.ts";
import { lift } from "./lift.ts";
import { began } from "./testing.ts";

Deno.test("a node that was just made may let nobody in for a while; one that was there may not", async () => {
  const web = groupSpec("web", { count: 3, phases: { configure: () => directory("/srv") } });
  await onStage([web], async (stage) => {
    stage.provider.have("web-1", "web");
    const refusals = new Map([["web-1", 1], ["web-2", 1], ["web-3", Infinity]]);
    stage.transport.behaviour = {
      unreachable: (target) => {
        const left = refusals.get(target) ?? 0;
        refusals.set(target, left - 1);
        return left > 0;
      },
    };
    const events: Event[] = [];
    const on = (event: Event) => void events.push(event);
    const result = await stage.run(converge, { on, timings: { firstLogin: 1 } });
    assert.equal(result.exitCode, 4);
    assert.deepEqual(result.targets.map(({ target, result }) => [target, result]), [
      ["web-1", "unreachable"],
      ["web-2", "ok"],
      ["web-3", "unreachable"],
    ]);
    assert.deepEqual(result.targets.map(({ failure }) => failure?.message), [
      "Cannot reach web-1: connection refused",
      undefined,
      "web-3 did not let its first user in within 1 s: Cannot reach web-3: connection refused",
    ]);
    assert.match(result.targets[2]?.failure?.help ?? "", /defaults\.first-login-timeout/);
    const said = events.flatMap((event) =>
      event.type === "node-progress" && event.step === "login" ? [event] : []
    );
    assert.deepEqual(
      said.map(({ target, message }) => [target, message]),
      ["web-2", "web-3"].map((name) => [
        name,
        `waiting until its first user may log in: Cannot reach ${name}: connection refused`,
      ]),
    );
  });
});

Deno.test("a connection is given the times of the run, and the run's hold on the node", async () => {
  const web = groupSpec("web", { count: 1, phases: { configure: () => directory("/srv") } });
  await onStage([web], async (stage) => {
    stage.provider.have("web-1", "web");
    const timings = { connect: 11, reconnect: 12, lease: 13, leaseWait: 14 };
    const { run } = await stage.run(lift, { timings });
    const [asked, ...others] = stage.transport.asked;
    assert.deepEqual(others, []);
    assert.deepEqual(
      [asked?.connectTimeout, asked?.reconnectTimeout, asked?.lease?.seconds, asked?.leaseWait],
      [11, 12, 13, 14],
    );
    assert.equal(asked?.lease?.run, run);
  });
});

Deno.test("a new node that nobody can reach is neither set up nor configured; the others are", async () => {
  const phases = { bootstrap: () => directory("/srv/first"), configure: () => directory("/srv") };
  await onStage([groupSpec("web", { count: 2, phases })], async (stage) => {
    stage.provider.have("web-1", "web", { tags: {} });
    stage.transport.behaviour = { unreachable: (name) => name === "web-1" };
    const result = await stage.run(converge, { maxFail: 1, timings: { connect: 0 } });
    assert.deepEqual(began(stage), ["web-2 bootstrap", "web-2 configure"]);
    assert.deepEqual(result.phases.map(({ targets }) => targets.map(({ target }) => target)), [
      ["web-2"],
      ["web-2"],
    ]);
    assert.deepEqual([result.exitCode, result.targets[0]?.failure?.message], [
      4,
      "Cannot reach web-1: connection refused",
    ]);
  });
});
