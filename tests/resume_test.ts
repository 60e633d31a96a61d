// Runs that are killed, or cut off from their nodes, at random moments: gone on with, each action ran exactly once.
import assert from "node:assert/strict";
import { DETOUR, withDetour } from "./support/detour.ts";
import { type LabProject, labTest } from "./support/lab.ts";

/** How often each is done; `PALLET_KILLS=100` for a long look. */
const TIMES = Number(Deno.env.get("PALLET_KILLS") ?? 5);

/** A moment of a time: each round's own part of it, so that few rounds meet all of it as well. */
function moment(round: number, whole: number): number {
  return ((round + Math.random()) / TIMES) * whole;
}

const ACTIONS = ["1", "2", "3"];

const INFRA = `import { captured, execScript, groupSpec, sh } from "pallet";
const note = (phase) => ${JSON.stringify(ACTIONS)}.map((at) =>
  execScript(sh\`echo \${phase + at} >>/root/ran; sleep 0.05\`, { id: phase + at }));
export const a = groupSpec("a", { count: 2, phases: {
  bootstrap: () => note("bootstrap"),
  configure: () => [...note("configure"), execScript(sh\`hostname\`, { id: "name", capture: "name" })],
  after: () => [...note("after"), execScript(sh\`echo \${captured("name")} >>/root/ran\`, { id: "tell" })],
} });
`;

/** What a node has to say when every action ran on it once. */
function expected(name: string, phases: readonly string[]): string {
  return [...phases.flatMap((phase) => ACTIONS.map((at) => phase + at)), name].join("\n");
}

/** How a run stands that was left at some moment: nothing is done, or it is gone on with until it is done. */
async function finish(p: LabProject, before: string | undefined): Promise<string> {
  const run = await latestRun(p);
  if (run === undefined || run === before) return "not begun";
  const resumed = await p.run("resume", run, "--yes");
  assert.equal(resumed.status, 0, resumed.err);
  if (/Nothing is left to do/.test(resumed.err)) return "was done";
  const [started] = resumed.events;
  assert.equal(started?.run, run, "it is the same run");
  return "gone on with";
}

async function latestRun(p: LabProject): Promise<string | undefined> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(`${p.folder}/state/pallet/runs`)) names.push(name);
  } catch (thrown) {
    if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
  }
  return names.sort().at(-1);
}

labTest(
  `a converge that is killed at ${TIMES} random moments: resumed, every action ran exactly once`,
  INFRA,
  async (p) => {
    const began = performance.now();
    await p.ok("converge", "--yes", "--phase", "configure,after");
    const whole = performance.now() - began;
    await p.ok("destroy", "--yes");
    const counts: Record<string, number> = {};
    for (let round = 0; round < TIMES; round++) {
      const before = await latestRun(p);
      const cli = p.start(["converge", "--yes", "--phase", "configure,after"]);
      await new Promise((resolve) => setTimeout(resolve, moment(round, whole)));
      cli.kill("SIGKILL");
      await cli.finished.catch(() => {});
      const how = await finish(p, before);
      counts[how] = (counts[how] ?? 0) + 1;
      if (how === "not begun") await p.ok("converge", "--yes", "--phase", "configure,after");
      assert.deepEqual(await p.names(), ["a-1", "a-2"]);
      for (const name of ["a-1", "a-2"]) {
        assert.equal(
          await p.on(name, "cat /root/ran"),
          expected(name, ["bootstrap", "configure", "after"]),
          `round ${round}, ${how}`,
        );
      }
      await p.ok("destroy", "--yes");
    }
    console.log(`  killed ${TIMES} times within ${Math.round(whole)} ms: ${JSON.stringify(counts)}`);
  },
);

labTest(
  `a lift that is cut off from its nodes at ${TIMES} random moments: every action ran exactly once`,
  INFRA,
  async (p) => {
    await p.ok("converge", "--yes", "--no-phases");
    await withDetour(p, { nodes: ["a-1", "a-2"], reconnect: 2 }, async (proxies) => {
      const counts: Record<string, number> = {};
      for (let round = 0; round < TIMES; round++) {
        for (const name of ["a-1", "a-2"]) await p.on(name, "rm -f /root/ran");
        const cli = p.start(["lift", "--service", DETOUR, "--phase", "configure,after"]);
        const proxy = proxies.get(Math.random() < 0.5 ? "a-1" : "a-2");
        await cli.until((event) => event.type === "run-started");
        await new Promise((resolve) => setTimeout(resolve, moment(round, 1500)));
        // Every other time for longer than the run tries to come back.
        if (round % 2 === 0) proxy?.cut();
        else proxy?.swallow();
        if (round % 2 === 1) proxy?.cut();
        const first = await cli.finished;
        proxy?.pass();
        const how = first.status === 0 ? "came back by itself" : `resumed after status ${first.status}`;
        if (first.status !== 0) {
          assert.ok([1, 4].includes(first.status), first.err);
          const resumed = await p.run("resume", "--yes");
          const failures = resumed.events.flatMap((event) =>
            "failure" in event ? [event.failure?.message] : []
          );
          assert.equal(resumed.status, 0, `${how}: ${failures.join("; ")}`);
        }
        counts[how] = (counts[how] ?? 0) + 1;
        for (const name of ["a-1", "a-2"]) {
          assert.equal(await p.on(name, "cat /root/ran"), expected(name, ["configure", "after"]), how);
        }
      }
      console.log(`  cut ${TIMES} times: ${JSON.stringify(counts)}`);
    });
  },
);
