import assert from "node:assert/strict";
import { bashActions, bashScript } from "../../tests/support/bash_plan.ts";
import { testInRoot as test, type ThrowawayRoot } from "../../tests/support/throwaway.ts";
import { pairReactions } from "./reactions.ts";

const change = (text: string, then: string) => `if pallet_change '${text}'; then ${then}; fi`;
const reacting = (trigger: string, between: string) => [
  { id: "conf", bash: trigger },
  { id: "between", bash: between },
  { id: "restart", bash: change("restart", "echo restarted >>/tmp/log"), triggers: ["conf"] },
];
const log = (root: ThrowawayRoot) => root.bash("cat /tmp/log; ls /var/lib/pallet/pending 2>/dev/null");

test("a reaction runs when its trigger changed something, once, and not otherwise", async (root) => {
  const once = '[[ -e /tmp/conf ]] || { if pallet_change "write conf"; then touch /tmp/conf; fi; }';
  const first = await root.runScript(bashScript(reacting(once, "true")));
  assert.deepEqual(first.results.map((action) => action.result), ["changed", "ok", "changed"]);
  assert.equal((await log(root)).stdout, "restarted\n");
  const second = await root.runScript(bashScript(reacting(once, "true")));
  assert.deepEqual(second.results.map((action) => action.result), ["ok", "ok", "skipped"]);
  assert.equal(second.results[2]?.message, "nothing that it reacts to has changed");
});

test("fault 32: a reaction survives a failure between its trigger and itself, and runs next time", async (root) => {
  const once = '[[ -e /tmp/conf ]] || { if pallet_change "write conf"; then touch /tmp/conf; fi; }';
  const first = await root.runScript(bashScript(reacting(once, "false")));
  assert.deepEqual(first.results.map((action) => action.result), ["changed", "failed", "skipped"]);
  const check = await root.runScript(bashScript(reacting(once, "true"), { check: true }));
  assert.deepEqual(check.results.map((action) => action.result), ["ok", "ok", "would-change"]);
  const second = await root.runScript(bashScript(reacting(once, "true")));
  assert.deepEqual(second.results.map((action) => action.result), ["ok", "ok", "changed"]);
  assert.equal((await log(root)).stdout, "restarted\n");
});

test("a reaction's marker is there before the change is made, and tells whose it is", async (root) => {
  const actions = reacting(
    change("write conf", "cat /var/lib/pallet/pending/*; kill -KILL $$ $BASHPID"),
    "true",
  );
  const script = bashScript(actions);
  const { result, output } = await root.runScript(script);
  assert.equal(result, "died");
  const [pair] = pairReactions({ ...script, group: "web", phase: "configure" });
  assert.equal(output, `${pair?.content}\n`);
  assert.deepEqual(JSON.parse(output), {
    group: "web",
    phase: "configure",
    trigger: "conf",
    reaction: "restart",
  });
  assert.equal((await root.bash("ls /var/lib/pallet/pending")).stdout, `${pair?.marker}\n`);
});

test("a reaction that fails stays pending; two triggers of one reaction run it once", async (root) => {
  const both = (reaction: string) => [
    { id: "a", bash: change("a", "true") },
    { id: "b", bash: change("b", "true") },
    { id: "r", bash: reaction, triggers: ["a", "b"] },
  ];
  const failed = await root.runScript(bashScript(both("false")));
  assert.equal(failed.results[2]?.result, "failed");
  assert.equal((await root.bash("ls /var/lib/pallet/pending | wc -l")).stdout, "2\n");
  await root.runScript(bashScript(both("echo ran >>/tmp/log")));
  assert.equal((await log(root)).stdout, "ran\n");
});

test("a reaction in a later script of its phase than its trigger runs there, once", async (root) => {
  const actions = reacting(change("write conf", "true"), "true");
  const plan = bashActions(...actions);
  const part = (from: number, to?: number) => ({ plan, actions: plan.slice(from, to) });
  const alone = await root.runScript(bashScript([], part(2)));
  assert.equal(alone.results[0]?.result, "skipped");
  await root.runScript(bashScript([], part(0, 2)));
  const then = await root.runScript(bashScript([], part(2)));
  assert.deepEqual(then.results.map(({ result }) => result), ["changed"]);
  assert.equal((await log(root)).stdout, "restarted\n");
});

test("check mode foresees reactions and never runs one", async (root) => {
  const check = { check: true };
  const would = await root.runScript(bashScript(reacting(change("x", "true"), "true"), check));
  assert.deepEqual(would.results.map(({ result, because }) => [result, because]).at(2), ["would-change", [
    0,
  ]]);
  const unknown = await root.runScript(bashScript([
    { id: "first", bash: change("x", "true") },
    { id: "conf", bash: "false", needs: ["first"] },
    { id: "restart", bash: "touch /tmp/log", triggers: ["conf"] },
  ], check));
  assert.deepEqual(unknown.results.map(({ result, because }) => [result, because]).at(2), ["cannot-know", [
    1,
  ]]);
  const both = await root.runScript(bashScript([
    { id: "first", bash: change("x", "true") },
    { id: "conf", bash: "false", needs: ["first"] },
    { id: "restart", bash: "touch /tmp/log", triggers: ["first", "conf"] },
  ], check));
  assert.equal(both.results[2]?.result, "would-change", "one trigger is enough");
  const not = await root.runScript(bashScript(reacting("true", "true"), check));
  assert.equal(not.results[2]?.result, "skipped");
  assert.equal((await log(root)).stdout, "");
});
