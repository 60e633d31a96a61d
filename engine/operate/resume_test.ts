import assert from "node:assert/strict";
import { captured, directory, execScript, groupSpec, reboot, sh } from "../mod.ts";
import { readRun, summarise } from "../state/runs.ts";
import { onStage, type Stage } from "../../tests/support/stage.ts";
import { converge } from "./converge.ts";
import { destroy } from "./destroy.ts";
import { lift } from "./lift.ts";

const phases = {
  bootstrap: () => directory("/first"),
  configure: () => execScript(sh`hostname`, { capture: "name" }),
  after: () => execScript(sh`echo ${captured("name")} >/told`),
};

/** Scripts that ran, each as often as it did. */
function ran(stage: Stage): readonly string[] {
  return stage.transport.scripts.map(({ id }) => `${id.target} ${id.phase}`).toSorted();
}

/** Leaves what a run had written when it was at an event, and takes its process for dead. */
function killedAt(
  stage: Stage,
  run: string,
  lines: { events: number; intents: number; outcomes: number },
): void {
  const folder = `${stage.folder}/state/runs/${run}`;
  const header = JSON.parse(Deno.readTextFileSync(`${folder}/run.json`));
  // The same number, started at another time.
  const owner = String(header.owner).replace(/^(\d+) \d+/, "$1 1");
  Deno.writeTextFileSync(`${folder}/run.json`, JSON.stringify({ ...header, owner }));
  for (const [name, count] of Object.entries(lines)) {
    const path = `${folder}/${name}.jsonl`;
    const kept = Deno.readTextFileSync(path).split("\n").slice(0, count).map((line) => `${line}\n`);
    Deno.writeTextFileSync(path, kept.join(""));
  }
}

Deno.test("a run that was killed at any moment is gone on with, and no script runs twice", async () => {
  await onStage([groupSpec("web", { count: 2, phases })], async (stage) => {
    stage.transport.behaviour = {
      captured: (target, id) => id.startsWith("execScript") ? target : undefined,
    };
    const whole = await stage.run(converge, { phases: ["configure", "after"] });
    assert.equal(whole.exitCode, 0);
    const once = ran(stage);
    assert.equal(once.length, 6);
    const { intents, outcomes, events } = await readRun(`${stage.folder}/state`, whole.run);
    const names = ["events", "intents", "outcomes"] as const;
    const texts = names.map((name) =>
      Deno.readTextFileSync(`${stage.folder}/state/runs/${whole.run}/${name}.jsonl`)
    );
    for (let sent = 0; sent <= intents.length; sent++) {
      for (const known of [0, sent, outcomes.length].filter((count) => count <= sent * 2)) {
        for (const [at, name] of names.entries()) {
          Deno.writeTextFileSync(`${stage.folder}/state/runs/${whole.run}/${name}.jsonl`, texts[at] ?? "");
        }
        killedAt(stage, whole.run, {
          events: Math.min(events.length - 1, sent * 3),
          intents: sent,
          outcomes: known,
        });
        const result = await stage.run(converge, {
          phases: ["configure", "after"],
          resume: { run: whole.run },
        });
        assert.equal(result.exitCode, 0, JSON.stringify(result.failure));
        assert.equal(result.run, whole.run);
        assert.deepEqual(ran(stage), once);
        assert.deepEqual(result.captured, whole.captured);
      }
    }
  });
});

Deno.test("what was not begun is done, what failed stays failed", async () => {
  await onStage([groupSpec("web", { phases })], async (stage) => {
    for (const name of ["web-1", "web-2", "web-3"]) stage.provider.have(name, "web");
    stage.transport.behaviour = {
      result: (target) => target === "web-1" ? "failed" : undefined,
      end: (target) => target === "web-2" ? "unknown" : undefined,
      unreachable: (target) => target === "web-3",
    };
    const first = await stage.run(lift, { phases: ["configure"] });
    assert.deepEqual(first.targets.map((target) => target.result), ["failed", "unknown", "unreachable"]);
    stage.transport.behaviour = {};
    const again = await stage.run(lift, { phases: ["configure"], resume: { run: first.run } });
    assert.deepEqual(again.targets.map((target) => target.result), ["failed", "ok", "ok"]);
    assert.equal(again.exitCode, 1);
    assert.deepEqual(ran(stage), ["web-1 configure", "web-2 configure", "web-3 configure"]);
    const recalled = stage.events.filter((event) => event.type === "target-finished" && event.recalled);
    assert.deepEqual(recalled.map((event) => "target" in event && event.target), ["web-1"]);
  });
});

Deno.test("a node that has a script no more is unknown, and it does not run again", async () => {
  await onStage([groupSpec("web", { phases })], async (stage) => {
    stage.provider.have("web-1", "web");
    stage.transport.behaviour = { end: () => "unknown" };
    const first = await stage.run(lift, { phases: ["configure"] });
    stage.transport.claims.clear();
    stage.transport.behaviour = {};
    const again = await stage.run(lift, { phases: ["configure"], resume: { run: first.run } });
    assert.equal(again.exitCode, 4);
    assert.equal(ran(stage).length, 1);
  });
});

Deno.test("a node that was sent into a restart is waited for: it is stopped, then refuses, then is there", async () => {
  await onStage([groupSpec("web", { phases: { restart: () => reboot({ within: 20 }) } })], async (stage) => {
    const { provider, transport } = stage;
    provider.have("web-1", "web").have("web-2", "web");
    transport.behaviour = { end: (target) => target === "web-1" ? "unknown" : undefined, result: () => "ok" };
    const first = await stage.run(lift, { phases: ["restart"] });
    assert.equal(first.exitCode, 4);

    const up = provider.all;
    provider.all = up.map((node) => node.name === "web-1" ? { ...node, state: "stopped" } : node);
    let refusals = 1;
    transport.behaviour = { result: () => "ok", unreachable: () => refusals-- > 0 };
    const reasons: string[] = [];
    const on = stage.base.on;
    const again = await stage.run(lift, {
      phases: ["restart"],
      resume: { run: first.run },
      on: (event) => {
        on?.(event);
        if (event.type !== "node-reconnecting") return;
        reasons.push(event.reason);
        provider.all = up;
      },
    });
    assert.equal(again.exitCode, 0, JSON.stringify(again.failure));
    assert.deepEqual(reasons, [
      "it is stopped, and may start again",
      "Cannot reach web-1: connection refused",
    ]);
  });
});

Deno.test("a phase that is asked for twice runs twice, with arguments of its own", async () => {
  const say = {
    say: ({ args }: { args: Record<string, unknown> }) => execScript(sh`echo ${String(args.word)}`),
  };
  await onStage([groupSpec("web", { phases: say })], async (stage) => {
    stage.provider.have("web-1", "web");
    const calls = ["one", "two"].map((word) => ({ phase: "say", args: { word } }));
    const result = await stage.run(lift, { phases: calls });
    assert.equal(result.exitCode, 0);
    assert.deepEqual(
      stage.transport.scripts.map(({ id, text }) => [id.segment, /echo (one|two)/.exec(text)?.[1]]),
      [
        [0, "one"],
        [1, "two"],
      ],
    );
  });
});

Deno.test("a run that never was, that only asked, or that is another operation is refused", async () => {
  await onStage([groupSpec("web", { phases })], async (stage) => {
    stage.provider.have("web-1", "web");
    await assert.rejects(
      async () => await stage.run(lift, { resume: { run: "20260101-000000-aaaa" } }),
      /There is no run "20260101-000000-aaaa"/,
    );
    const checked = await stage.run(lift, { check: true });
    await assert.rejects(
      async () => await stage.run(lift, { resume: { run: checked.run } }),
      /asked the nodes and changed nothing/,
    );
    const lifted = await stage.run(lift, {});
    await assert.rejects(
      async () => await stage.run(converge, { counts: { web: 1 }, resume: { run: lifted.run } }),
      /is a lift, not a converge/,
    );
  });
});

Deno.test("a script of which nobody knows whether it was sent is sent, and what was sent is not", async () => {
  await onStage([groupSpec("web", { phases })], async (stage) => {
    stage.provider.have("web-1", "web");
    stage.transport.behaviour = { lost: () => true };
    const first = await stage.run(lift, { phases: ["configure"] });
    assert.equal(first.exitCode, 4);
    assert.deepEqual(ran(stage), []);
    stage.transport.behaviour = {};
    const again = await stage.run(lift, { phases: ["configure"], resume: { run: first.run } });
    assert.equal(again.exitCode, 0);
    assert.deepEqual(ran(stage), ["web-1 configure"]);
  });
});

Deno.test("a run that could not be gone on with stands as it did before", async () => {
  await onStage([groupSpec("web", { phases })], async (stage) => {
    stage.provider.have("web-1", "web");
    stage.transport.behaviour = { end: () => "unknown" };
    const first = await stage.run(lift, { phases: ["configure"] });
    const { all } = stage.provider;
    stage.provider.all = [];
    await assert.rejects(
      async () => await stage.run(lift, { phases: ["configure"], resume: { run: first.run } }),
      /No node of web is running/,
    );
    const told = stage.events.at(-1);
    assert.equal(told?.type === "run-finished" && told.exitCode, 2);
    assert.equal((await summarise(`${stage.folder}/state`, first.run)).finished?.exitCode, 4);
    stage.provider.all = all;
    stage.transport.behaviour = {};
    const again = await stage.run(lift, { phases: ["configure"], resume: { run: first.run } });
    assert.equal(again.exitCode, 0);
    assert.equal(ran(stage).length, 1);
  });
});

Deno.test("a run that was killed when the last node of a group had gone finishes with the group itself", async () => {
  for (const operation of ["converge", "destroy"] as const) {
    const group = groupSpec("web", {
      count: 0,
      phases: { "destroy-group": () => execScript(sh`echo group`) },
    });
    await onStage([group], async (stage) => {
      stage.provider.have("web-1", "web");
      const go = (options: { resume?: { run: string } }) =>
        operation === "converge"
          ? stage.run(converge, { ...options, yes: true, allowWorkstation: true })
          : stage.run(destroy, { ...options, yes: true, allowWorkstation: true });
      const whole = await go({});
      assert.equal(whole.exitCode, 0);
      assert.deepEqual(stage.provider.log, ["destroy web-1", "drop web"]);
      assert.deepEqual(ran(stage), ["web destroy-group"]);
      const { events } = await readRun(`${stage.folder}/state`, whole.run);
      const gone = events.findIndex((event) => event.type === "node-removed") + 1;
      killedAt(stage, whole.run, { events: gone, intents: 0, outcomes: 0 });
      stage.transport.claims.clear();
      const again = await go({ resume: { run: whole.run } });
      assert.equal(again.exitCode, 0, JSON.stringify(again.failure));
      assert.deepEqual(stage.provider.log, ["destroy web-1", "drop web", "drop web"]);
      assert.deepEqual(ran(stage), ["web destroy-group", "web destroy-group"]);
      const other = await go({});
      assert.equal(other.exitCode, 0);
      // What nodes share may be left by anybody; no phase runs for it.
      const drops = operation === "destroy" ? 3 : 2;
      assert.equal(stage.provider.log.filter((line) => line === "drop web").length, drops);
      assert.equal(ran(stage).length, 2, "another run has nothing to finish");
    });
  }
});

Deno.test("a run that is still at work is not gone on with, nor one whose modules are others by now", async () => {
  await onStage([groupSpec("web", { count: 1, phases })], async (stage) => {
    const { run } = await stage.run(converge, {});
    const { events, intents, outcomes } = await readRun(`${stage.folder}/state`, run);
    const path = `${stage.folder}/state/runs/${run}/run.json`;
    const alive = Deno.readTextFileSync(path);
    const lines = { events: events.length - 1, intents: intents.length, outcomes: outcomes.length };
    killedAt(stage, run, lines);
    const dead = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, alive);
    await assert.rejects(async () => await stage.run(converge, { resume: { run } }), /is still at work, by /);
    Deno.writeTextFileSync(path, JSON.stringify({ ...JSON.parse(dead), graph: "of other modules" }));
    const once = ran(stage);
    for (const changed of [undefined, () => Promise.resolve(false)]) {
      const resume = { run, ...(changed === undefined ? {} : { changed }) };
      await assert.rejects(async () => await stage.run(converge, { resume }), /have changed since run/);
    }
    const resume = { run, changed: () => Promise.resolve(true) };
    assert.equal((await stage.run(converge, { resume })).exitCode, 0);
    assert.deepEqual(ran(stage), once);
  });
});

Deno.test("what ran on a node is not known of another one that has its name", async () => {
  await onStage([groupSpec("web", { count: 1, phases })], async (stage) => {
    stage.provider.have("web-1", "web");
    const { run } = await stage.run(converge, {});
    const { intents, outcomes } = await readRun(`${stage.folder}/state`, run);
    killedAt(stage, run, { events: 1, intents: intents.length, outcomes: outcomes.length });
    stage.provider.all = stage.provider.all.map((node) => ({ ...node, id: "made-anew" }));
    stage.transport.claims.clear();
    assert.equal((await stage.run(converge, { resume: { run } })).exitCode, 0);
    assert.deepEqual(ran(stage), ["web-1 configure", "web-1 configure"]);
  });
});
