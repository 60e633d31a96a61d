import assert from "node:assert/strict";
import { onStage } from "../../tests/support/stage.ts";
import { groupSpec } from "../mod.ts";
import { unsealAll } from "../state/lines.ts";
import { lift } from "./lift.ts";
import { configure, have } from "./testing.ts";

Deno.test("the journal holds each script before it is sent, and all events", async () => {
  await onStage([groupSpec("web", { phases: configure })], async (stage) => {
    have(stage, "web-1");
    const result = await stage.run(lift, {});
    const folder = `${stage.folder}/state/runs/${result.run}`;
    const read = (name: string) => unsealAll(Deno.readTextFileSync(`${folder}/${name}`)).values;
    const intents = read("intents.jsonl");
    assert.deepEqual(intents.map((intent) => [intent.target, intent.phase, intent.sha256]), [
      ["web-1", "configure", stage.transport.scripts[0]?.sha256],
    ]);
    const script = Deno.readTextFileSync(`${folder}/scripts/${intents[0]?.sha256}.sh`);
    assert.equal(script, stage.transport.scripts[0]?.text);
    assert.deepEqual(read("events.jsonl"), JSON.parse(JSON.stringify(stage.events)));
    assert.equal((Deno.statSync(folder).mode ?? 0) & 0o777, 0o700);
  });
});

Deno.test("a state folder that cannot be written ends an operation, and is a warning for a check", async () => {
  await onStage([groupSpec("web", { phases: configure })], async (stage) => {
    have(stage, "web-1");
    Deno.writeTextFileSync(`${stage.folder}/file`, "");
    const directories = { state: `${stage.folder}/file/state`, cache: `${stage.folder}/cache` };
    await assert.rejects(async () => await stage.run(lift, { directories }), /Cannot write state/);
    assert.deepEqual(stage.transport.log, []);
    const result = await stage.run(lift, { directories, check: true });
    assert.equal(result.exitCode, 0);
    assert.ok(stage.events.some((event) => event.type === "message" && /not kept/.test(event.text)));
  });
});
