// The scripts that the examples become: bash that is checked, and the same bytes each time.
import assert from "node:assert/strict";
import { join } from "node:path";
import { explain, type Explanation, listGroups } from "../engine/run.ts";
import { assertBash } from "./support/golden.ts";
import { labTest, of } from "./support/lab.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const SYSTEMS = ["debian-12", "ubuntu-24.04", "rocky-9"];

/** Infra files of the examples and of the benchmark. */
async function infraFiles(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const folder of ["examples", "bench"]) {
    for await (const { name, isDirectory } of Deno.readDir(join(ROOT, folder))) {
      const file = join(ROOT, folder, name, "infra.ts");
      if (isDirectory && await Deno.stat(file).then(() => true, () => false)) found.push(file);
    }
  }
  return found.sort();
}

/** Every phase of every group of an infra file. */
async function scriptsOf(infra: string, os: string): Promise<readonly Explanation[]> {
  const found: Explanation[] = [];
  for (const { name, phases } of await listGroups({ source: { infra } })) {
    const asked = Object.keys(phases).filter((phase) => phase !== "settings");
    found.push(...await explain({ source: { infra }, providers: [], groups: [name], phases: asked, os }));
  }
  return found;
}

const texts = (all: readonly Explanation[]) => all.map((one) => one.script);

for (const infra of await infraFiles()) {
  for (const os of SYSTEMS) {
    Deno.test(`scripts of ${infra.slice(ROOT.length)} for ${os} are sound bash, the same each time`, async () => {
      const scripts = await scriptsOf(infra, os);
      assert.ok(scripts.some((one) => one.script !== ""));
      assert.deepEqual(texts(await scriptsOf(infra, os)), texts(scripts));
      await Promise.all(
        scripts.filter((one) => one.script !== "").map(({ group, phase, script }) =>
          assertBash(script).catch((cause) => {
            throw new Error(`phase ${phase} of group ${group}: ${cause.message}`, { cause });
          })
        ),
      );
    });
  }
}

labTest(
  "two runs send the same bytes, and each node's script names no run",
  await Deno.readTextFile(join(ROOT, "examples/web-and-db/infra.ts")),
  async (p) => {
    const infra = await Deno.readTextFile(join(p.folder, "infra.ts"));
    await p.write("infra.ts", infra.replace('osFamily: "debian"', 'imageId: "host"'));
    await p.ok("converge", "--yes", "--no-phases");
    const sent = async () => {
      const run = await p.run("lift", "--check");
      const [started] = of(run, "run-started");
      assert.ok(started !== undefined, run.err);
      const folder = join(p.folder, "state/pallet/runs", started.run);
      const lines = (await Deno.readTextFile(join(folder, "intents.jsonl"))).trim().split("\n");
      const hashes = lines.map((line) => JSON.parse(line)).map((one) =>
        `${one.target} ${one.phase} ${one.sha256}`
      );
      for (const line of lines) {
        const script = await Deno.readTextFile(join(folder, "scripts", `${JSON.parse(line).sha256}.sh`));
        assert.ok(!script.includes(started.run));
      }
      return hashes.sort();
    };
    const [first, second] = [await sent(), await sent()];
    assert.equal(first.length, 3, String(first));
    assert.deepEqual(second, first);
  },
);
