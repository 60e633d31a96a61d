// The examples are run as they stand, by the command line, on the stand-in: from a disk to pages that nginx serves.
import assert from "node:assert/strict";
import { join } from "node:path";
import { whyNoLab } from "../providers/lab/test_support.ts";
import { makeStandIn, type Setting, type StandIn } from "./support/vboxmanage/standin.ts";
import { type CliRun, startCli } from "./support/cli.ts";
import { pallet } from "./support/process.ts";

const EXAMPLES = new URL("../examples/virtualbox/", import.meta.url).pathname;

const why = await whyNoLab();
if (why !== undefined) console.log(`Not tested: examples of VirtualBox: ${why}`);

interface Example {
  readonly folder: string;
  readonly standIn: StandIn;
  readonly disk: string;
  readonly env: Readonly<Record<string, string>>;
  pallet(...args: readonly string[]): Promise<CliRun>;
  addresses(): Promise<Readonly<Record<string, string>>>;
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    if (entry.isDirectory) await copyFolder(join(from, entry.name), join(to, entry.name));
    else await Deno.copyFile(join(from, entry.name), join(to, entry.name));
  }
}

/** Runs an example in a home of its own, with VBoxManage on the PATH and a cloud image where the example has it. */
function example(
  name: string,
  what: string,
  setting: Setting,
  body: (example: Example) => Promise<void>,
): void {
  Deno.test({
    name: `example virtualbox/${name}: ${what}`,
    ignore: why !== undefined,
    fn: async () => {
      const home = await Deno.makeTempDir({ prefix: "pallet-vbox-" });
      const standIn = await makeStandIn(home, { guests: "lab", ...setting });
      const source = await standIn.disk("debian-12.vdi");
      const folder = join(home, "project");
      await copyFolder(join(EXAMPLES, name), folder);
      const disk = name === "meta-files"
        ? join(folder, "models/debian.vdi")
        : join(home, "images/debian-12.vdi");
      await Deno.mkdir(join(home, "images"));
      await Deno.rename(source, disk);
      await standIn.change((state) => {
        for (const one of state.media) one.location = disk;
      });
      const env = {
        HOME: home,
        PATH: `${standIn.folder}:${Deno.env.get("PATH")}`,
        XDG_STATE_HOME: join(home, "state"),
      };
      const converging = async (...args: readonly string[]) => {
        const run = await startCli(args, { cwd: folder, env, limit: 240 }).finished;
        assert.equal(run.status, 0, `pallet ${args.join(" ")}: ${run.err}`);
        return run;
      };
      try {
        const before = await Deno.readTextFile(disk);
        await body({
          folder,
          standIn,
          disk,
          env,
          pallet: converging,
          async addresses() {
            const { machines } = await standIn.read();
            return Object.fromEntries(machines.map(({ name, guest }) => [name, guest?.address ?? ""]));
          },
        });
        await converging("destroy", "--yes");
        assert.deepEqual((await standIn.read()).machines, []);
        assert.equal(await Deno.readTextFile(disk), before, "no byte of the disk has changed");
      } finally {
        await standIn.clear();
        await standIn.close();
        await Deno.remove(home, { recursive: true });
      }
    },
  });
}

example(
  "explicit-models",
  "check 95: two nodes of one disk answer with nginx",
  { tells: ["additions"] },
  async (one) => {
    await one.pallet("converge", "--yes");
    const addresses = await one.addresses();
    assert.deepEqual(Object.keys(addresses).sort(), ["web-1", "web-2"]);
    for (const address of Object.values(addresses)) {
      assert.equal(await (await fetch(`http://${address}/`)).text(), "hello\n");
    }
    const machine = await one.standIn.machine("web-1");
    assert.equal(machine?.attributes["memory"], "700");

    // Powered off behind our back: counted, and started again.
    await one.standIn.run("controlvm", "web-2", "poweroff");
    const again = await one.pallet("converge", "--yes");
    assert.ok(again.events.every(({ type }) => type !== "node-created"));
    assert.equal((await one.standIn.machine("web-2"))?.state, "running");
    await one.standIn.run("controlvm", "web-1", "poweroff");
  },
);

example(
  "meta-files",
  "a node of three adapters, known by its console",
  { tells: ["console"] },
  async (one) => {
    await one.pallet("converge", "--yes");
    const machine = await one.standIn.machine("three-1");
    assert.deepEqual(Object.values(machine?.nics ?? {}).map(({ attach }) => attach), [
      "hostonly",
      "nat",
      "intnet",
    ]);
  },
);

example("configuration", "a node of the workstation's own service, known by its lease", {
  tells: ["lease"],
  version: "6.1.50r161033",
}, async (one) => {
  await one.pallet("converge", "--yes");
  assert.equal((await one.standIn.machine("box-1"))?.attributes["memory"], "512");
  // One that takes a seed, and one that somebody made by hand, whose first login is by password.
  await Deno.writeTextFile(
    join(one.folder, "models/boxed.yaml"),
    "images:\n  boxed: { os: debian-12, disk: ~/images/debian-12.vdi, username: vagrant, password: { variable: BOX } }\n",
  );
  for (const image of ["debian", "boxed"]) {
    const env = { ...one.env, BOX: "vagrant" };
    const { status, out, err } = await pallet(["image", "check", image], { cwd: one.folder, env });
    assert.deepEqual([status, out], [0, `Image "${image}" is good: ssh, root and bash work.\n`], err);
  }
  assert.deepEqual((await one.standIn.read()).machines.map(({ name }) => name), ["box-1"]);
});

example("web-and-db", "web knows where the database is", { tells: ["additions"] }, async (one) => {
  await one.pallet("converge", "--yes");
  const { "web-1": web, "db-1": db } = await one.addresses();
  assert.equal(await (await fetch(`http://${web}/`)).text(), `the database is at ${db}\n`);
});

example("web-and-db", "the same by NAT alone, through forwarded ports", { tells: [] }, async (one) => {
  const file = join(one.folder, "pallet.yaml");
  await Deno.writeTextFile(
    file,
    (await Deno.readTextFile(file)).replace("provider: virtualbox", "provider: virtualbox, network: nat"),
  );
  await one.pallet("converge", "db", "--yes");
  const nat = (await one.standIn.machine("db-1"))?.nics["1"];
  assert.match(nat?.forwards[0] ?? "", /^ssh,tcp,127\.0\.0\.1,22\d{3},,22$/);
});
