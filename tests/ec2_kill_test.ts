// A process that makes nodes is killed at any moment: the next one makes what is missing and nothing else.
import assert from "node:assert/strict";
import { joinNames, partition, TAG } from "../providers/ec2/tags.ts";
import {
  ec2Ended,
  ec2Test,
  make,
  request,
  running,
  serviceOptions,
  type Stage,
} from "./support/ec2_stage.ts";
import { debian12, motoEnvironment } from "./support/moto.ts";
import { palletCommand } from "./support/process.ts";

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
      assert.doesNotMatch(await stage.call("DescribeSecurityGroups"), /pallet test/);
      assert.doesNotMatch(await stage.call("DescribeKeyPairs"), /pallet-test/);
      assert.doesNotMatch(await stage.call("DescribeVolumes"), /<volumeId>/);
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

/** Nodes of `web`, with the names of the launch that made each, and the place there. */
const fleet = partition(Array.from({ length: 500 }, (_, at) => `web-${at + 1}`), 50)
  .flatMap((names, launch) => names.map((_, place) => ({ launch, place, names: joinNames(names) })));

/** A page of DescribeInstances. */
function page(from: number, size: number): string {
  const items = fleet.slice(from, from + size).map(({ launch, place, names }, at) => {
    const index = from + at;
    const id = `i-${index.toString(16).padStart(17, "0")}`;
    const tags = {
      [TAG.service]: "test",
      [TAG.group]: "web",
      [TAG.names]: names,
      [TAG.launch]: `pallet-${launch}`,
      [TAG.os]: "debian/12/bookworm/debian",
      [TAG.user]: "admin",
      "pallet/state/bootstrapped": "true",
    };
    const tagSet = Object.entries(tags).map(([key, value]) =>
      `<item><key>${key}</key><value>${value}</value></item>`
    );
    return `<item><instanceId>${id}</instanceId><imageId>${debian12}</imageId><instanceType>t3.micro</instanceType>` +
      `<instanceState><code>16</code><name>running</name></instanceState><amiLaunchIndex>${place}</amiLaunchIndex>` +
      `<launchTime>2026-01-01T00:00:00Z</launchTime><privateIpAddress>10.1.${index >> 8}.${
        index & 255
      }</privateIpAddress><tagSet>${tagSet.join("")}</tagSet></item>`;
  });
  const more = from + size >= fleet.length ? "" : `<nextToken>${from + size}</nextToken>`;
  return `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet><item>` +
    `<reservationId>r-${from}</reservationId><instancesSet>${
      items.join("")
    }</instancesSet></item></reservationSet>` +
    `${more}</DescribeInstancesResponse>`;
}

ec2Test(
  "500 nodes are listed and planned in under 3 s of our own CPU, each once, page by page",
  async (stage) => {
    const [most, size] = [fleet.length, 100];
    stage.faults.answer("DescribeInstances", (parameters) => {
      const from = Number(parameters.get("NextToken") ?? "0");
      return Promise.resolve(page(from, size));
    });
    const service = await stage.open();
    const nodes = await service.nodes();
    assert.equal(new Set(nodes.map(({ name }) => name)).size, most);
    assert.equal(nodes.at(-1)?.name, "web-500");
    assert.equal(stage.faults.counts["DescribeInstances"], most / size);

    const { out, cpu, status } = await timed(stage, most);
    assert.equal(status, 0, out);
    assert.match(out, /nodes: 500 unchanged/);
    console.log(`${most} nodes were planned in ${cpu.toFixed(2)} s of CPU`);
    assert.ok(cpu < 3, `${cpu} s`);
  },
);

/** A plan, and the seconds of CPU that it and its children took. */
async function timed(stage: Stage, count: number): Promise<{ out: string; cpu: number; status: number }> {
  const cwd = await Deno.makeTempDir({ prefix: "pallet-ec2-scale-" });
  try {
    const test = { provider: "ec2", ...serviceOptions(stage.faults.url) };
    await Deno.writeTextFile(`${cwd}/pallet.yaml`, JSON.stringify({ services: { test } }));
    await Deno.writeTextFile(
      `${cwd}/infra.ts`,
      `import { directory, groupSpec, packages } from "pallet";
       export const web = groupSpec("web", {
         count: ${count},
         nodeSpec: { image: { osFamily: "debian", osVersion: "12" }, hardware: { hardwareId: "t3.micro" } },
         phases: { configure: () => [packages("nginx"), directory("/srv/www")] },
       });`,
    );
    const { code, stdout, stderr } = await new Deno.Command("bash", {
      args: ["-c", 'TIMEFORMAT="cpu %U %S"; time "$@"', "bash", ...palletCommand, "plan"],
      cwd,
      env: { XDG_CONFIG_HOME: "/nonexistent", XDG_STATE_HOME: `${cwd}/state`, ...motoEnvironment },
      stdin: "null",
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    const [, user = "", system = ""] = /^cpu ([\d.]+) ([\d.]+)$/m.exec(err ?? "") ?? [];
    return { out: `${out}${err}`, cpu: Number(user) + Number(system), status: code };
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

ec2Ended();
