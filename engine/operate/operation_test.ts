import assert from "node:assert/strict";
import { onStage } from "../../tests/support/stage.ts";
import { directory } from "../actions/list.ts";
import { groupSpec } from "../mod.ts";
import { lift } from "./lift.ts";
import { handleSignals, type Operation } from "./operation.ts";
import { began, configure, gate, have, until } from "./testing.ts";

Deno.test("check 37: an operation is awaited, waited for, and stopped before its next phase", async () => {
  const phases = { one: () => directory("/1"), two: () => directory("/2") };
  await onStage([groupSpec("web", { phases })], async (stage) => {
    have(stage, "web-1");
    const slow = gate();
    stage.transport.behaviour = { hold: () => slow.wait };
    const operation = stage.run(lift, { phases: ["one", "two"] });
    await until(() => began(stage).length === 1);
    assert.equal(operation.status, "running");
    operation.abort("SIGINT");
    slow.open();
    const result = await operation;
    assert.equal(await operation.wait(1000, undefined), result);
    assert.deepEqual(began(stage), ["web-1 one"]);
    assert.deepEqual([result.exitCode, result.targets[0]?.result], [130, "ok"]);
    assert.equal(stage.transport.connected.size, 0);
  });
});

Deno.test("check 38: waiting gives the value after the time, and the operation goes on", async () => {
  await onStage([groupSpec("web", { phases: configure })], async (stage) => {
    have(stage, "web-1");
    const slow = gate();
    stage.transport.behaviour = { hold: () => slow.wait };
    const operation = stage.run(lift, {});
    assert.equal(await operation.wait(30, "too late"), "too late");
    slow.open();
    assert.equal((await operation).exitCode, 0);
  });
});

Deno.test("fault 46: a second interrupt leaves at once and says what is unknown", async () => {
  await onStage([groupSpec("web", { phases: configure })], async (stage) => {
    have(stage, "web-1", "web-2");
    stage.transport.behaviour = { hold: () => new Promise(() => {}) };
    const operation = stage.run(lift, {});
    await until(() => began(stage).length === 2);
    operation.abort("SIGTERM");
    operation.abort("SIGTERM");
    const result = await operation;
    assert.deepEqual(result.targets.map((one) => one.result), ["unknown", "unknown"]);
    assert.match(result.targets[0]?.failure?.message ?? "", /^Left web-1/);
    assert.equal(result.exitCode, 143);
  });
});

Deno.test("fault 46: whoever is not reached yet when a run is left is told of as left, not as a defect", async () => {
  await onStage([groupSpec("web", { phases: configure })], async (stage) => {
    have(stage, "web-1", "web-2");
    stage.transport.behaviour = { answer: (name) => name === "web-2" ? new Promise(() => {}) : undefined };
    const operation = stage.run(lift, {});
    await until(() => stage.transport.asked.length === 2);
    operation.abort("SIGINT");
    operation.abort("SIGINT");
    const result = await operation;
    assert.equal(result.exitCode, 130);
    const [failed] = stage.events.filter((event) => event.type === "node-failed");
    assert.ok(failed?.type === "node-failed" && failed.target === "web-2");
    assert.deepEqual(failed.failure, {
      kind: "unreachable",
      message: "Stopped by SIGINT before it was done",
    });
  });
});

Deno.test("a listener that throws stops the run in order and is told of", async () => {
  await onStage(
    [groupSpec("web", { phases: { one: () => directory("/1"), two: () => directory("/2") } })],
    async (stage) => {
      have(stage, "web-1");
      const on = (event: { type: string }) => {
        if (event.type === "action-started") throw new Error("pipe is closed");
      };
      await assert.rejects(
        async () => await stage.run(lift, { on, phases: ["one", "two"] }),
        /pipe is closed/,
      );
      assert.deepEqual(began(stage), ["web-1 one"]);
      assert.equal(stage.transport.connected.size, 0);
    },
  );
});

Deno.test("handleSignals() turns interrupts into requests to stop, a hangup never into the second", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const asked: unknown[] = [];
  const abort = (reason: unknown) => void asked.push(reason);
  const release = handleSignals({ abort } as Partial<Operation<unknown>> as Operation<unknown>);
  const send = async (signal: Deno.Signal, count: number) => {
    Deno.kill(Deno.pid, signal);
    for (let at = 0; at < 100 && asked.length < count; at++) await new Promise((done) => setTimeout(done, 5));
  };
  try {
    await send("SIGHUP", 1);
    await send("SIGHUP", 2);
    assert.deepEqual(asked, ["SIGHUP"]);
    await send("SIGTERM", 2);
    assert.deepEqual(asked, ["SIGHUP", "SIGTERM"]);
  } finally {
    release();
  }
});
