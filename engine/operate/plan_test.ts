import assert from "node:assert/strict";
import { directory } from "../actions/list.ts";
import { groupSpec } from "../mod.ts";
import { onStage, type Stage } from "../../tests/support/stage.ts";
import { converge } from "./converge.ts";
import { explain } from "./explain.ts";
import { destroy } from "./destroy.ts";
import { plan } from "./plan.ts";
import { inProcessSandbox } from "../sandbox/in_process.ts";
import { definitions } from "../actions/list.ts";
import { localFiles } from "../actions/local_files.ts";
import { messageOf } from "../errors.ts";

const phases = {
  bootstrap: () => directory("/b"),
  configure: () => directory("/c"),
  destroyServer: () => directory("/d"),
};

function connects(stage: Stage): readonly string[] {
  return stage.transport.log.filter((line) => line.startsWith("connect"));
}

Deno.test("check 94: plan says what would be made, removed and run, and opens no connection", async () => {
  const specs = [groupSpec("web", { count: 2, phases }), groupSpec("db", { count: 0, phases })];
  await onStage(specs, async (stage) => {
    stage.provider.have("web-1", "web").have("db-1", "db");
    const result = await stage.run(plan, {});
    const counts = result.counts.groups.map(({ group, existing, create, remove }) => ({
      group,
      existing,
      create,
      remove,
    }));
    assert.deepEqual(counts, [
      { group: "web", existing: ["web-1"], create: ["web-2"], remove: [] },
      { group: "db", existing: [], create: [], remove: ["db-1"] },
    ]);
    assert.deepEqual(
      result.plans.map((
        { phase, targets },
      ) => [phase, targets.map((one) => [one.target, one.planned, one.actions.length])]),
      [
        ["destroy-server", [["db-1", false, 1]]],
        ["bootstrap", [["web-2", true, 1]]],
        ["configure", [["web-1", false, 1], ["web-2", true, 1]]],
      ],
    );
    assert.equal(result.counts.groups[0]?.image, "debian-12");
    assert.deepEqual([result.pending, result.exitCode], [true, 0]);
    assert.deepEqual([stage.transport.log, stage.provider.log], [[], []]);
    assert.throws(() => Deno.statSync(`${stage.folder}/state`), Deno.errors.NotFound);
  });
});

Deno.test("plan exits with 3 when changes are pending and that is asked for", async () => {
  await onStage([groupSpec("web", { count: 1, phases })], async (stage) => {
    assert.equal((await stage.run(plan, { detailedExitCode: true })).exitCode, 3);
    stage.provider.have("web-1", "web");
    assert.equal((await stage.run(plan, { detailedExitCode: true })).exitCode, 0);
    const checked = await stage.run(plan, { detailedExitCode: true, check: true });
    assert.deepEqual([checked.exitCode, checked.pending], [3, true]);
    stage.transport.behaviour = { result: () => "ok" };
    assert.equal((await stage.run(plan, { detailedExitCode: true, check: true })).exitCode, 0);
    stage.transport.behaviour = { result: () => "failed" };
    assert.equal((await stage.run(plan, { detailedExitCode: true, check: true })).exitCode, 1);
  });
});

Deno.test("plan with check asks the nodes there are and changes nothing", async () => {
  await onStage([groupSpec("web", { count: 2, phases })], async (stage) => {
    stage.provider.have("web-1", "web", { tags: {} });
    const result = await stage.run(plan, { check: true });
    assert.deepEqual(connects(stage), ["connect web-1 as root"]);
    assert.ok(
      stage.transport.scripts.length === 2 && stage.transport.scripts.every((script) => script.check),
    );
    assert.deepEqual(result.phases.map((phase) => phase.phase), ["bootstrap", "configure"]);
    assert.deepEqual(stage.provider.log, []);
  });
});

Deno.test("plan goes by cached facts and says so, and names nodes of which nothing is known", async () => {
  await onStage([groupSpec("web", { count: 2, phases: { configure: phases.configure } })], async (stage) => {
    stage.provider.have("web-1", "web");
    await stage.run(converge, { counts: { web: 1 } });
    stage.provider.image = undefined;
    stage.provider.have("web-2", "web");
    const facts = (result: Awaited<ReturnType<typeof plan>>) =>
      result.plans[0]?.targets.map((one) => [one.target, one.facts, one.problem?.message ?? ""]);
    const result = await stage.run(plan, {});
    const problem = "Nothing is known of web-2 yet: no facts, and no image that tells its system";
    assert.deepEqual(facts(result), [["web-1", "cache", ""], ["web-2", "none", problem]]);
    assert.equal(result.exitCode, 2);
    const told = await stage.run(plan, { os: "debian-12" });
    assert.deepEqual(facts(told), [["web-1", "cache", ""], ["web-2", "option", ""]]);
    assert.equal(told.exitCode, 0);
  });
});

Deno.test("destroy removes all nodes of its groups, stopped ones too, and no other", async () => {
  await onStage([groupSpec("web", { phases }), groupSpec("db", {})], async (stage) => {
    stage.provider.have("web-1", "web").have("web-2", "web", { state: "stopped" }).have("db-1", "db").have(
      "x",
      undefined,
    );
    const result = await stage.run(destroy, { groups: ["web"], yes: true });
    assert.deepEqual(stage.provider.names, ["db-1", "x"]);
    assert.deepEqual(result.removed.map((node) => node.name), ["web-2", "web-1"]);
    assert.deepEqual(stage.transport.scripts.map((script) => script.id), [
      { run: result.run, target: "web-1", phase: "destroy-server", segment: 0 },
    ]);
    assert.deepEqual(stage.provider.log, ["destroy web-2,web-1", "drop web"]);
    assert.equal(result.exitCode, 0);
  });
});

Deno.test("destroy asks, takes what nodes shared away when none is there, and says what stayed", async () => {
  await onStage([groupSpec("web", {})], async (stage) => {
    const nothing = await stage.run(destroy, {});
    assert.deepEqual([nothing.exitCode, stage.provider.log], [0, ["drop web"]]);
    stage.provider.have("web-1", "web").have("web-2", "web");
    await assert.rejects(
      async () => await stage.run(destroy, {}),
      /Would remove web-2, web-1, and nobody agreed/,
    );
    stage.provider.broken.destroy.add("web-1");
    const result = await stage.run(destroy, { yes: true });
    assert.deepEqual(result.removed.map((node) => node.name), ["web-2"]);
    assert.equal(result.exitCode, 1);
    assert.match(result.targets[0]?.failure?.message ?? "", /Cannot remove web-1: it is still there/);
    assert.equal(stage.provider.log.filter((line) => line === "drop web").length, 1);
  });
});

Deno.test("destroy removes a node that cannot be reached, without its phase, and says so", async () => {
  await onStage([groupSpec("web", { phases })], async (stage) => {
    stage.provider.have("web-1", "web");
    stage.transport.behaviour = { unreachable: () => true };
    await stage.run(destroy, { yes: true });
    assert.deepEqual(stage.provider.names, []);
    assert.ok(
      stage.events.some((event) => event.type === "message" && /does not run on web-1/.test(event.text)),
    );
  });
});

Deno.test("check 92: explain shows actions, places and the script for a system, with no node", async () => {
  const web = groupSpec("web", {
    phases: { configure: ({ oneNodeInGroup }) => directory(`/srv/${oneNodeInGroup("db").primaryIp}`) },
  });
  const tools = {
    sandbox: inProcessSandbox({ web, db: groupSpec("db", { count: 1 }) }, "."),
    folder: ".",
    files: localFiles({ root: "." }),
    definitions,
  };
  const options = { source: { specs: [] }, providers: [], groups: ["web"] };
  const [explanation, ...rest] = await explain(tools, { ...options, os: "debian-12" });
  assert.equal(rest.length, 0);
  assert.deepEqual([explanation?.group, explanation?.phase, explanation?.target], [
    "web",
    "configure",
    "web-1",
  ]);
  assert.match(explanation?.os ?? "", /debian.*12/i);
  assert.equal(explanation?.parts.length, 1);
  assert.match(explanation?.script ?? "", /the primaryIp of db-1/);
  await assert.rejects(() => explain(tools, options), /its operating system is not known/);
  await assert.rejects(
    () => explain(tools, { ...options, os: "plan9-1" }),
    (thrown) => /plan9/.test(messageOf(thrown)),
  );
});
