// What goes wrong on the way, on real nodes: every action runs once, every result is told as it is, others finish.
import assert from "node:assert/strict";
import type { Event } from "../engine/events.ts";
import type { CliRun } from "./support/cli.ts";
import { DETOUR, withDetour } from "./support/detour.ts";
import { type LabProject, labTest, of } from "./support/lab.ts";

const ACTIONS = 8;

/** Each action of `work` adds its number to a file, prints something, and takes its time. */
const INFRA = `import { execScript, groupSpec, sh } from "pallet";
const step = (number: number, seconds: number) =>
  execScript(sh\`echo \${number} >>/root/ran; seq 200; sleep \${seconds}\`, { id: \`step-\${number}\` });
const steps = (seconds: number) => Array.from({ length: ${ACTIONS} }, (_, at) => step(at + 1, seconds));
export const a = groupSpec("a", { phases: {
  work: () => steps(0.1),
  slow: () => steps(0.5),
  next: () => execScript(sh\`echo next >>/root/ran\`),
} });
`;

const ONCE = Array.from({ length: ACTIONS }, (_, at) => at + 1).join("\n");

function targetsOf(run: CliRun): Readonly<Record<string, string>> {
  const [last] = of(run, "run-finished");
  return Object.fromEntries((last?.targets ?? []).map((one) => [one.target, one.result]));
}

function failureOf(run: CliRun, target: string): string {
  const [last] = of(run, "run-finished");
  return last?.targets.find((one) => one.target === target)?.failure?.message ?? "";
}

/** Results of a target's actions, each id once. */
function resultsOf(run: CliRun, target: string): readonly string[] {
  return of(run, "action-finished").filter((one) => one.target === target).map((one) =>
    `${one.id} ${one.result}`
  );
}

const ALL_CHANGED = Array.from({ length: ACTIONS }, (_, at) => `step-${at + 1} changed`);

function begins(step: number, target: string): (event: Event) => boolean {
  return (event) => event.type === "action-started" && event.id === `step-${step}` && event.target === target;
}

/** What ran on a node since it was asked last. */
function ran(p: LabProject, name: string): Promise<string> {
  return p.on(name, "cat /root/ran 2>/dev/null; rm -f /root/ran");
}

/** Waits until something holds on a node. */
async function eventually(p: LabProject, name: string, command: string): Promise<void> {
  await p.on(name, `for _ in $(seq 100); do ${command} && exit 0; sleep 0.1; done; exit 1`);
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

labTest(
  "fault 4: connections cut at any moment of a phase: each action runs once, and its result arrives",
  INFRA,
  async (p) => {
    const names = ["a-1", "a-2", "a-3", "a-4"];
    await p.ok("converge", "a=4", "--yes", "--no-phases");
    await withDetour(p, { nodes: names }, async (proxies) => {
      let reconnected = 0;
      for (let round = 0; round < 2; round++) {
        const cli = p.start(["lift", "--service", DETOUR, "--phase", "work"]);
        await Promise.all(names.map(async (name) => {
          await cli.until((event) => event.type === "target-started" && event.target === name);
          for (let cuts = 0; cuts < 3; cuts++) {
            await sleep(Math.random() * 400);
            proxies.get(name)?.cut();
          }
        }));
        const run = await cli.finished;
        assert.equal(run.status, 0, run.err);
        for (const name of names) {
          assert.deepEqual(resultsOf(run, name), ALL_CHANGED, name);
          assert.equal(await ran(p, name), ONCE, name);
        }
        reconnected += of(run, "node-reconnecting").length;
      }
      assert.ok(reconnected > 0, "connections were cut");
    });
  },
);

labTest(
  "fault 3, fault 4: connections cut after any byte: a phase runs whole, and once",
  INFRA,
  async (p) => {
    const names = ["a-1", "a-2", "a-3", "a-4", "a-5", "a-6"];
    await p.ok("converge", "a=6", "--yes", "--no-phases");
    await withDetour(p, { nodes: names, reconnect: 5 }, async (proxies) => {
      for (const side of ["up", "down"] as const) {
        // Handshake, login, the loop, the script, its first records: all are within the first 60 kB.
        const cuts = new Map(names.map((name, at) => [name, Math.floor((at + Math.random()) * 10000)]));
        for (const [name, bytes] of cuts) proxies.get(name)?.cutAfter(bytes, side);
        const run = await p.run("lift", "--service", DETOUR, "--phase", "work");
        const results = targetsOf(run);
        // What is cut before anything ran is made again, as is what is cut later: once is never the end.
        assert.equal(run.status, 0, run.err);
        for (const name of names) {
          const where = `${name}, cut after ${cuts.get(name)} bytes ${side}: ${results[name]} ${
            failureOf(run, name)
          }`;
          assert.equal(results[name], "ok", where);
          assert.deepEqual(resultsOf(run, name), ALL_CHANGED, where);
          assert.equal(await ran(p, name), ONCE, where);
        }
      }
    });
  },
);

labTest(
  "fault 4: a connection lost for good is unknown and ends with 4; other nodes finish, and so does the script",
  INFRA,
  async (p) => {
    await p.ok("converge", "a=2", "--yes", "--no-phases");
    await withDetour(p, { nodes: ["a-1"], reconnect: 2 }, async (proxies) => {
      const cli = p.start(["lift", "--service", DETOUR, "--phase", "work,next"]);
      await cli.until(begins(3, "a-1"));
      proxies.get("a-1")?.swallow();
      proxies.get("a-1")?.cut();
      const run = await cli.finished;
      assert.equal(run.status, 4, run.err);
      assert.deepEqual(targetsOf(run), { "a-1": "unknown", "a-2": "ok" });
      assert.match(
        failureOf(run, "a-1"),
        /connection to a-1 was lost while at ".*": what its script did since is unknown/,
      );
      assert.deepEqual(resultsOf(run, "a-1"), ALL_CHANGED.slice(0, resultsOf(run, "a-1").length));
      assert.ok(resultsOf(run, "a-1").length < ACTIONS, "nothing is reported that nobody heard of");
      assert.deepEqual(resultsOf(run, "a-2"), ALL_CHANGED);
      await eventually(p, "a-1", `[[ $(wc -l </root/ran) == ${ACTIONS} ]]`);
      assert.equal(await ran(p, "a-1"), ONCE);
      assert.equal(await ran(p, "a-2"), ONCE, "the next phase never started");
    });
  },
);

labTest("a node destroyed in mid-run is unknown, and the others finish", INFRA, async (p) => {
  await p.ok("converge", "a=2", "--yes", "--no-phases");
  await withDetour(p, { nodes: [], reconnect: 2 }, async () => {
    const cli = p.start(["lift", "--service", DETOUR, "--phase", "work"]);
    await cli.until(begins(2, "a-1"));
    await p.lab.destroy([await p.node("a-1")]);
    const run = await cli.finished;
    assert.equal(run.status, 4, run.err);
    assert.deepEqual(targetsOf(run), { "a-1": "unknown", "a-2": "ok" });
    assert.equal(await ran(p, "a-2"), ONCE);
  });
});

labTest(
  "a node that restarts in mid-run is interrupted, and nothing runs again by itself",
  INFRA,
  async (p) => {
    await p.ok("converge", "a=2", "--yes", "--no-phases");
    const cli = p.start(["lift", "--phase", "slow"]);
    await cli.until(begins(3, "a-1"));
    await p.lab.reboot([await p.node("a-1")]);
    const run = await cli.finished;
    assert.equal(run.status, 1, run.err);
    assert.deepEqual(targetsOf(run), { "a-1": "interrupted", "a-2": "ok" });
    assert.match(failureOf(run, "a-1"), /a-1 restarted while at ".*": its script was interrupted/);
    const [, log] = [await ran(p, "a-2"), await ran(p, "a-1")];
    assert.ok(ONCE.startsWith(log) && log !== ONCE, `a prefix of the steps ran: ${log}`);
    const again = await p.run("lift", "--phase", "work");
    assert.equal(again.status, 0, again.err);
    assert.equal(await ran(p, "a-1"), ONCE, "the node is as good as before");
  },
);

labTest("fault 8: sshd killed in mid-run: the script goes on, and is found again", INFRA, async (p) => {
  await p.ok("converge", "a=1", "--yes", "--no-phases");
  const cli = p.start(["lift", "--phase", "slow"]);
  await cli.until(begins(2, "a-1"));
  const route = await p.route("a-1");
  assert.equal(route.port, 22);
  await p.on("a-1", "setsid sh -c 'sleep 0.2; pkill -KILL sshd' >/dev/null 2>&1 </dev/null &");
  const run = await cli.finished;
  assert.equal(run.status, 0, run.err);
  assert.ok(of(run, "node-reconnecting").length > 0);
  assert.deepEqual(resultsOf(run, "a-1"), ALL_CHANGED);
  assert.equal(await ran(p, "a-1"), ONCE);
});

labTest(
  "a script that is killed is interrupted; what it did is told, the others finish",
  INFRA,
  async (p) => {
    await p.ok("converge", "a=2", "--yes", "--no-phases");
    const cli = p.start(["lift", "--phase", "slow"]);
    await cli.until(begins(2, "a-1"));
    await p.on("a-1", "pkill -KILL -f '^bash .*[/]scripts/.*/script'");
    const run = await cli.finished;
    assert.equal(run.status, 1, run.err);
    assert.deepEqual(targetsOf(run), { "a-1": "interrupted", "a-2": "ok" });
    assert.match(failureOf(run, "a-1"), /The script on a-1 was killed while at ".*"/);
    assert.deepEqual(resultsOf(run, "a-1"), ["step-1 changed"]);
    assert.equal(await ran(p, "a-1"), "1\n2");
  },
);

labTest(
  "fault 37: two runs at once on one node: the second does nothing, and names the first",
  INFRA,
  async (p) => {
    await p.ok("converge", "a=1", "--yes", "--no-phases");
    await withDetour(p, { nodes: [] }, async () => {
      const first = p.start(["lift", "--service", DETOUR, "--phase", "slow"]);
      await first.until(begins(1, "a-1"));
      const lift = ["lift", "--service", DETOUR, "--phase", "work"];
      const [here, elsewhere] = await Promise.all([
        p.run(...lift),
        p.start(lift, { XDG_STATE_HOME: `${p.folder}/another` }).finished,
      ]);
      const holder = new RegExp(`@\\S+ pid ${first.pid}\\b`);
      assert.equal(here.status, 2, "this machine's own lock is met before anything is done");
      assert.match(here.err, holder);
      assert.equal(elsewhere.status, 1, "as if from another machine: the node itself refuses");
      assert.match(failureOf(elsewhere, "a-1"), holder);
      const run = await first.finished;
      assert.equal(run.status, 0, run.err);
      assert.equal(await ran(p, "a-1"), ONCE);
      assert.equal((await p.start(lift, { XDG_STATE_HOME: `${p.folder}/another` }).finished).status, 0);
    });
  },
);

labTest("fault 46: the first interrupt lets scripts end and starts nothing more", INFRA, async (p) => {
  await p.ok("converge", "a=1", "--yes", "--no-phases");
  for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
    const cli = p.start(["lift", "--phase", "work,next"]);
    await cli.until(begins(2, "a-1"));
    cli.kill(signal);
    const run = await cli.finished;
    assert.equal(run.status, status, run.err);
    assert.deepEqual(resultsOf(run, "a-1"), ALL_CHANGED);
    assert.deepEqual(of(run, "phase-started").map((one) => one.phase), ["work"]);
    assert.match(run.err, /Stopping: nothing new is started/);
    assert.equal(await ran(p, "a-1"), ONCE);
  }
});

labTest(
  "fault 46: the second interrupt leaves at once and says what is unknown; the script goes on",
  INFRA,
  async (p) => {
    await p.ok("converge", "a=1", "--yes", "--no-phases");
    const cli = p.start(["lift", "--phase", "slow,next"]);
    await cli.until(begins(2, "a-1"));
    cli.kill("SIGINT");
    await sleep(200);
    cli.kill("SIGINT");
    const run = await cli.finished;
    assert.ok(resultsOf(run, "a-1").length < ACTIONS, "at once, though the script had much to do");
    assert.equal(run.status, 130, run.err);
    assert.match(run.err, /Leaving at once/);
    assert.deepEqual(targetsOf(run), { "a-1": "unknown" });
    assert.match(failureOf(run, "a-1"), /what its script did since is unknown/);
    await eventually(p, "a-1", `[[ $(wc -l </root/ran) == ${ACTIONS} ]]`);
    assert.equal(await ran(p, "a-1"), ONCE);
    // The node is free again when the script is over.
    await eventually(p, "a-1", "! pgrep -f '[/]scripts/.*/script'");
    assert.equal((await p.run("lift", "--phase", "next")).status, 0);
  },
);
