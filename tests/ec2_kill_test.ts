// A process that makes nodes is killed at any moment: the next one makes what is missing and nothing else.
import assert from "node:assert/strict";
import { ec2Ended, ec2Test, make, request, running } from "./support/ec2_stage.ts";

/** How many processes are killed: PALLET_EC2_KILLS. */
const kills = Number(Deno.env.get("PALLET_EC2_KILLS") ?? "4");
const COUNT = 5;
const creator = new URL("./support/ec2_creator.ts", import.meta.url).pathname;

function start(url: string, stateDir: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", "--no-check", creator, url, stateDir, "web", String(COUNT)],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

ec2Test(
  `fault 39: ${kills} processes are killed while they make nodes, and the count is right after each`,
  async (stage) => {
    let between = 0;
    for (let round = 0; round < kills; round++) {
      const service = await stage.open();
      const stateDir = service.stateDir;
      // A moment by calls: so many are let through; the next is where it dies, before it or while its answer is away.
      const calls = Math.floor(Math.random() * 16);
      const late = Math.random() < 0.5;
      stage.faults.hide(Math.random() < 0.5 ? 800 : 0);
      let seen = 0;
      const victim = start(stage.faults.url, stateDir);
      stage.faults.onCall(async () => {
        if (seen++ !== calls) return;
        if (late) await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
        try {
          victim.kill("SIGKILL");
        } catch {
          // It has ended.
        }
      });
      const { code, signal } = await victim.output();
      if (signal === "SIGKILL") between++;
      else assert.equal(code, 0);
      stage.faults.onCall(() => {});

      const next = start(stage.faults.url, stateDir);
      const [done, output, problems] = await Promise.all([
        next.status,
        next.stdout.text(),
        next.stderr.text(),
      ]);
      assert.equal(done.code, 0, problems);
      assert.equal(output.trim(), String(COUNT), problems);
      const instances = await running(stage);
      assert.equal(instances.length, COUNT, `${COUNT} nodes after a kill at call ${calls}`);
      const nodes = await service.nodes();
      assert.deepEqual(nodes.map(({ id }) => id).sort(), instances.toSorted(), "each instance is a node");
      assert.deepEqual(nodes.map(({ name }) => name), request("web", COUNT).names);
      assert.deepEqual([...new Set(nodes.map(({ tags }) => tags["bootstrapped"]))], ["true"]);
      await service.destroy(nodes);
      await service.removeGroup("web");
      assert.deepEqual(await running(stage), []);
    }
    console.log(`${between} of ${kills} were killed at work`);
  },
);

ec2Test("many nodes are made in one call, and listed in one", async (stage) => {
  const service = await stage.open();
  await make(service, request("web", 20));
  assert.equal(stage.faults.counts["RunInstances"], 1);
  const before = stage.faults.counts["DescribeInstances"] ?? 0;
  assert.equal((await service.nodes()).length, 20);
  assert.equal(stage.faults.counts["DescribeInstances"], before + 1);
});

ec2Ended();
