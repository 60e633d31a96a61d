import assert from "node:assert/strict";
import { captured, directory, execScript, groupSpec, guarded, onChange, reboot, secret, sh } from "../mod.ts";
import type { PlannedAction } from "../actions/action.ts";
import type { PlanFunction } from "../spec/types.ts";
import { onStage } from "../../tests/support/stage.ts";
import { lift } from "./lift.ts";
import { segmentsOf } from "./segments.ts";

const origin = { file: "infra.ts", line: 1, column: 1 };

function plan(...kinds: readonly string[]): readonly PlannedAction[] {
  return kinds.map((kind, at) => ({
    kind: kind.replace("undo:", ""),
    args: {},
    id: `${kind}-${at}`,
    title: kind,
    origin,
    ...(kind.startsWith("undo:") ? { undo: true as const } : {}),
  }));
}

function cut(...kinds: readonly string[]): readonly string[] {
  return segmentsOf(plan(...kinds)).map(({ actions, first, then }) =>
    `${first}: ${actions.map((action) => action.title).join(" ")}${
      then === undefined ? "" : ` > ${then.what}`
    }`
  );
}

Deno.test("a phase is cut behind a restart, and around what is guarded", () => {
  assert.deepEqual(cut(), []);
  assert.deepEqual(cut("a", "b"), ["0: a b"]);
  assert.deepEqual(cut("a", "reboot"), ["0: a reboot > restart"]);
  assert.deepEqual(cut("reboot", "reboot", "a"), ["0: reboot > restart", "1: reboot > restart", "2: a"]);
  assert.deepEqual(cut("a", "guarded", "undo:x", "undo:y", "b", "keep", "c", "reboot", "d"), [
    "0: a",
    "1: guarded undo:x undo:y b > guard",
    "3: keep c reboot > restart",
    "6: d",
  ]);
});

/** Runs one phase on a node in memory; what the scripts of it held. */
async function scripts(phase: PlanFunction): Promise<readonly string[]> {
  const found: string[] = [];
  await onStage([groupSpec("web", { phases: { configure: phase } })], async (stage) => {
    stage.provider.have("web-1", "web");
    stage.transport.behaviour = { captured: () => "v" };
    const result = await stage.run(lift, {});
    assert.equal(result.exitCode, 0, JSON.stringify(result.targets));
    for (const { actions, text } of stage.transport.scripts) {
      found.push(`${actions.map((action) => action.id).join(" ")}${text.includes("=v") ? " knows v" : ""}`);
    }
  });
  return found;
}

Deno.test("what is captured before a cut is known after it, and in what undoes", async () => {
  const found = await scripts(() => {
    const first = execScript(sh`hostname`, { id: "first", capture: "name" });
    return [
      first,
      guarded(execScript(sh`true`, { id: "inside" }), {
        undo: execScript(sh`echo ${captured("name")}`, { id: "back" }),
      }),
      onChange(first, directory("/srv")),
    ];
  });
  assert.deepEqual(found, ["first", "guarded:the line inside knows v", "keep:the line directory:/srv"]);
});

Deno.test("what cannot be guarded is refused when it is written", async () => {
  const act = () => execScript(sh`true`);
  assert.throws(() => guarded(act(), { undo: [] }), /nothing that would undo/);
  assert.throws(() => guarded(reboot(), { undo: act() }), /a reboot action cannot be among guarded actions/);
  assert.throws(() => guarded(guarded(act(), { undo: act() }), { undo: act() }), /a guarded action/);
  assert.throws(() => guarded(act(), { undo: execScript(sh`x`, { capture: "x" }) }), /cannot capture/);
  assert.throws(() => guarded(act(), { undo: onChange(act(), act()) }), /cannot be a reaction/);
  assert.throws(() => guarded(act(), { undo: act(), within: 0 }), /1 second or more/);
  assert.throws(() => onChange(act(), guarded(act(), { undo: act() })), /Cannot make a reaction of guarded/);
  assert.deepEqual(guarded([null, false, []], { undo: act() }), []);
  const hidden = () => guarded(act(), { undo: execScript(sh`echo ${secret("x")}`) });
  await assert.rejects(scripts(hidden), /that undoes guarded ones holds a secret/);
});
