import assert from "node:assert/strict";
import { onStage } from "../../tests/support/stage.ts";
import { groupSpec } from "../mod.ts";
import { readRun } from "../state/runs.ts";
import { exec } from "./exec.ts";
import { lift } from "./lift.ts";
import { began, configure, gate, have, until } from "./testing.ts";

Deno.test("exec() runs a command on nodes, with its output as events", async () => {
  await onStage([groupSpec("web", { phases: configure })], async (stage) => {
    have(stage, "web-1", "web-2");
    stage.transport.behaviour = {
      output: (target) => `${target} is up\n`,
      result: (target) => target === "web-2" ? "failed" : undefined,
    };
    const result = await stage.run(exec, { command: "uptime; echo $HOME" });
    const output = stage.events.flatMap((event) => event.type === "output" ? [event.text] : []);
    assert.deepEqual(output.toSorted(), ["web-1 is up\n", "web-2 is up\n"]);
    assert.match(stage.transport.scripts[0]?.text ?? "", /uptime; echo \$HOME/);
    assert.deepEqual(result.phases[0]?.targets.map((one) => one.actions[0]?.exit), [0, 3]);
    assert.equal(result.exitCode, 1);
  });
});

Deno.test("exec() is a run like others: kept, and alone on its groups", async () => {
  await onStage([groupSpec("web", { phases: configure })], async (stage) => {
    have(stage, "web-1");
    const slow = gate();
    stage.transport.behaviour = { hold: () => slow.wait };
    const first = stage.run(exec, { command: "true" });
    await until(() => began(stage).length === 1);
    await assert.rejects(async () => await stage.run(lift, {}), /\(exec exec\) of .* holds it/);
    slow.open();
    const { header } = await readRun(`${stage.folder}/state`, (await first).run);
    assert.deepEqual([header.operation, header.changes], ["exec", true]);
    assert.ok(stage.transport.scripts.every((script) => !script.check));
  });
});
