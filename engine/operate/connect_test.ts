import assert from "node:assert/strict";
import type { Event } from "../events.ts";
import { directory, groupSpec } from "../mod.ts";
import { onStage } from "../../tests/support/stage.ts";
import { converge } from "./converge.ts";

Deno.test("a node that was just made may let nobody in for a while; one that was there may not", async () => {
  const web = groupSpec("web", { count: 2, phases: { configure: () => directory("/srv") } });
  await onStage([web], async (stage) => {
    stage.provider.have("web-1", "web");
    const refusals = new Map([["web-1", 1], ["web-2", 1]]);
    stage.transport.behaviour = {
      unreachable: (target) => {
        const left = refusals.get(target) ?? 0;
        refusals.set(target, left - 1);
        return left > 0;
      },
    };
    const events: Event[] = [];
    const result = await stage.run(converge, { on: (event) => void events.push(event) });
    assert.equal(result.exitCode, 4);
    assert.deepEqual(result.targets.map(({ target, result }) => [target, result]), [
      ["web-1", "unreachable"],
      ["web-2", "ok"],
    ]);
    const said = events.flatMap((event) =>
      event.type === "node-progress" && event.step === "login" ? [event] : []
    );
    assert.deepEqual(said.map(({ target, message }) => [target, message]), [[
      "web-2",
      "waiting until its first user may log in: Cannot reach web-2: connection refused",
    ]]);
  });
});
