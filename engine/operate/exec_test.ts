import assert from "node:assert/strict";
import { onStage } from "../../tests/support/stage.ts";
import { groupSpec } from "../mod.ts";
import { exec } from "./exec.ts";
import { configure, have } from "./testing.ts";

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
