import assert from "node:assert/strict";
import { directory, groupSpec } from "./mod.ts";
import { FakeProvider } from "../tests/support/fake_provider.ts";
import { type Event, explain, listGroups, listNodes, plan } from "./run.ts";

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-run-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function setup(folder: string) {
  const provider = new FakeProvider().have("web-1", "web");
  return {
    service: { name: "test", provider: "fake", options: {} },
    providers: [{ name: "fake", summary: "in memory", open: () => Promise.resolve(provider) }],
    directories: { state: `${folder}/state`, cache: `${folder}/cache` },
  };
}

const web = groupSpec("web", { count: 2, phases: { configure: () => directory("/srv") } });

Deno.test("check 3: a program plans its own specs and gets events and a result", async () => {
  await inFolder(async (folder) => {
    const events: Event[] = [];
    const result = await plan({
      ...setup(folder),
      source: { specs: [web] },
      on: (event) => events.push(event),
    });
    assert.deepEqual(result.counts.groups[0]?.create, ["web-2"]);
    assert.deepEqual(events.map((event) => event.type), [
      "run-started",
      "counts-planned",
      "groups-related",
      "run-finished",
    ]);
    assert.ok(events.every((event) => event.run === result.run));
  });
});

Deno.test("plan() evaluates an infra file in a process of its own", async () => {
  await inFolder(async (folder) => {
    const infra = `${folder}/infra.ts`;
    await Deno.writeTextFile(
      infra,
      `import { directory, groupSpec } from "pallet";
       export const web = groupSpec("web", { count: 1, phases: { configure: () => directory("/srv/x") } });`,
    );
    const result = await plan({ ...setup(folder), source: { infra } });
    assert.equal(result.plans[0]?.targets[0]?.actions[0]?.id, "directory:/srv/x");
    const groups = await listGroups({ source: { infra } });
    assert.deepEqual(groups.map((group) => group.name), ["web"]);
    const [explanation] = await explain({ ...setup(folder), source: { infra }, groups: ["web"] });
    assert.match(explanation?.script ?? "", /pallet_directory \/srv\/x/);
  });
});

Deno.test("listNodes() names the providers there are when one is unknown", async () => {
  await inFolder(async (folder) => {
    const options = setup(folder);
    assert.deepEqual((await listNodes(options)).map((node) => node.name), ["web-1"]);
    await assert.rejects(
      () => listNodes({ ...options, service: { name: "mine", provider: "fakr", options: {} } }),
      /Service "mine" has the unknown provider "fakr"\. Did you mean "fake"\?/,
    );
  });
});
