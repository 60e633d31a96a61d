// A converge is killed at any moment: the next one makes what is missing and nothing else. And fleets.
import assert from "node:assert/strict";
import { joinNames, partition, TAG, tagOf } from "../providers/ec2/tags.ts";
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
import { withWorkstation, type Workstation } from "./support/ec2_workstation.ts";
import { palletCommand } from "./support/process.ts";

/** How many are killed: PALLET_EC2_KILLS. */
const kills = Number(Deno.env.get("PALLET_EC2_KILLS") ?? "2");
const COUNT = 5;
/** Milliseconds that a call takes. */
const SLOW = 40;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const converge = ["converge", "--no-phases", "--yes"];

/** How far a converge had come: its last call was one before RunInstances, that one, or one after it. */
type Reached = "before" | "during" | "after";

/**
 * Kills a converge at a random moment: while it starts, or at one of its calls, before EC2 carries it out, while its
 * answer is away, or in the work that comes after it. A third is killed at the call that makes the instances.
 *
 * @param calls that a converge makes
 * @param starting milliseconds until the first of them
 * @returns nothing when it ended before
 */
async function killed(
  { faults }: Stage,
  at: Workstation,
  calls: number,
  starting: number,
): Promise<Reached | undefined> {
  const isAimed = Math.random() < 1 / 3;
  const moment = Math.floor(Math.random() * (calls + 1)) - 1;
  const victim = at.start(...converge);
  const seen: string[] = [];
  let reached: Reached = "before";
  const kill = async (within: number) => {
    await pause(Math.random() * within);
    if (seen.includes("RunInstances")) reached = seen.at(-1) === "RunInstances" ? "during" : "after";
    victim.kill("SIGKILL");
  };
  faults.onCall(async (action) => {
    seen.push(action);
    if (isAimed ? action === "RunInstances" : seen.length === moment + 1) void kill(2 * SLOW);
    // One that is on its way when its process is killed may arrive when the next one is at work.
    if (action === "RunInstances" && Math.random() < 0.3) await pause(1500);
  });
  if (!isAimed && moment < 0) void kill(starting);
  const { status, err } = await victim.finished;
  faults.onCall(() => {});
  if (status === 137) return reached;
  assert.equal(status, 0, err);
  return undefined;
}

/** Insists that EC2 has the nodes that are wanted, under their names, and nothing else. */
async function requireAll(stage: Stage): Promise<void> {
  const { names } = request("web", COUNT);
  const instances = await running(stage);
  assert.equal(instances.length, COUNT);
  // Another workstation, which knows what the tags tell.
  const other = await stage.open();
  const nodes = await other.nodes();
  assert.deepEqual(nodes.map(({ name }) => name), names);
  assert.deepEqual(nodes.map(({ id }) => id).sort(), instances.toSorted(), "each instance is a node");
  assert.deepEqual([...new Set(nodes.map(({ group, state }) => `${group} ${state}`))], ["web running"]);
  const { Reservations: all = [] } = await other.api.describeInstances({ InstanceIds: [...instances] });
  const labels = all.flatMap(({ Instances = [] }) => Instances).map(({ Tags }) => tagOf(Tags, "Name") ?? "");
  assert.deepEqual(labels.sort(), names);
  assert.deepEqual(await left(stage), { volumes: COUNT, groups: 1, keys: 1 });
}

/** How much there is of what is made along with instances; moto keeps the interfaces of those that have gone. */
async function left(stage: Stage): Promise<Readonly<Record<string, number>>> {
  const count = async (action: string, item: RegExp) => [...(await stage.call(action)).matchAll(item)].length;
  return {
    volumes: await count("DescribeVolumes", /<volumeId>vol-[^<]*<\/volumeId>\s*<size>/g),
    groups: await count("DescribeSecurityGroups", /<groupName>pallet test web<\/groupName>\s*<groupDesc/g),
    keys: await count("DescribeKeyPairs", /<keyName>pallet-test-/g),
  };
}

ec2Test(`fault 39: ${kills} converges are killed, and the count is right after the next`, async (stage) => {
  await withWorkstation(stage, COUNT, async (at) => {
    stage.faults.slow(SLOW);
    const began = performance.now();
    let [calls, starting] = [0, 0];
    stage.faults.onCall(() => {
      if (calls++ === 0) starting = performance.now() - began;
    });
    await at.pallet(...converge);
    const end = async () => {
      await at.pallet("destroy", "--yes");
      assert.deepEqual(await running(stage), []);
      assert.deepEqual(await left(stage), { volumes: 0, groups: 0, keys: 0 });
    };
    await requireAll(stage);
    await end();
    const figures: Record<Reached, number> = { before: 0, during: 0, after: 0 };
    for (let done = 0; done < kills;) {
      stage.faults.hide(Math.random() < 0.5 ? 800 : 0);
      const reached = await killed(stage, at, calls, starting);
      if (reached !== undefined) {
        figures[reached]++;
        done++;
      }
      await at.pallet(...converge);
      await requireAll(stage);
      await end();
    }
    const { before, during, after } = figures;
    console.log(`killed before, during, after the call that makes them: ${before}, ${during}, ${after}`);
  });
});

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
