import assert from "node:assert/strict";
import type { CreateResult, Provider } from "../../engine/provider/provider.ts";
import { testProvider } from "../../engine/provider/contract.ts";
import { provider as localhost } from "./mod.ts";

testProvider({ kind: localhost, options: {}, count: 1 });

async function withProvider(
  body: (provider: Provider, reopen: () => Promise<Provider>, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const reopen = () =>
    localhost.open({ name: "here", provider: "localhost", options: {} }, {
      stateDir: `${folder}/state`,
      cacheDir: `${folder}/cache`,
      progress: () => {},
    });
  try {
    await body(await reopen(), reopen, `${folder}/state`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function create(
  provider: Provider,
  group: string,
  ...names: readonly string[]
): Promise<CreateResult[]> {
  const made = provider.create({ group, names, nodeSpec: {}, tags: { a: "b" }, token: "t" });
  return await Array.fromAsync(made);
}

Deno.test("localhost plays a group once made, for the next command too, and is reached without ssh", async () => {
  await withProvider(async (provider, reopen) => {
    assert.deepEqual(await provider.nodes(), []);
    const [made] = await create(provider, "web", "web-1");
    assert.ok(made && "node" in made);
    const again = await reopen();
    const [node] = await again.nodes();
    assert.deepEqual(node, made.node);
    assert.equal(node?.group, "web");
    assert.deepEqual(node?.tags, { a: "b" });
    assert.ok(node);
    assert.deepEqual(await again.route(node), { kind: "local" });
    assert.deepEqual((await Array.fromAsync(again.ready(node))).at(-1)?.step, "done");
  });
});

Deno.test("localhost adopts a name that exists, and refuses a second node of a group", async () => {
  await withProvider(async (provider) => {
    const [first] = await create(provider, "web", "web-1");
    const [again] = await create(provider, "web", "web-1");
    assert.deepEqual(again, first);
    const [second] = await create(provider, "web", "web-2");
    assert.ok(second && "error" in second);
    assert.match(second.error, /"web-1" is the one node of group "web"/);
    const [other] = await create(provider, "db", "db-1");
    assert.ok(other && "node" in other);
    assert.equal((await provider.nodes()).length, 2);
    const request = { group: "x", names: ["x-1", "x-2"], nodeSpec: {}, tags: {}, token: "t" };
    await assert.rejects(provider.estimate(request), /there is one localhost/);
  });
});

Deno.test("localhost keeps tags, sets and removes them one by one", async () => {
  await withProvider(async (provider, reopen) => {
    const [made] = await create(provider, "web", "web-1");
    assert.ok(made && "node" in made);
    await provider.tag(made.node, { bootstrapped: "true" });
    await provider.tag(made.node, { a: null });
    const [node] = await (await reopen()).nodes();
    assert.deepEqual(node?.tags, { bootstrapped: "true" });
    await assert.rejects(provider.tag({ ...made.node, name: "no" }, {}), /Cannot tag node "no"/);
  });
});

Deno.test("localhost forgets a node that is destroyed, and never all of them by an empty list", async () => {
  await withProvider(async (provider) => {
    await create(provider, "web", "web-1");
    const [made] = await create(provider, "db", "db-1");
    assert.ok(made && "node" in made);
    await assert.rejects(provider.destroy([]), /the list is empty/);
    await provider.destroy([made.node]);
    assert.deepEqual((await provider.nodes()).map((node) => node.name), ["web-1"]);
    await assert.rejects(provider.stop([made.node]), /Cannot stop this machine/);
    await assert.rejects(provider.reboot([made.node]), /Cannot reboot this machine/);
  });
});

Deno.test("localhost refuses what this machine is not, and options", async () => {
  await withProvider(async (provider) => {
    const [image] = await provider.images();
    const [size] = await provider.hardware();
    assert.ok(image && size);
    assert.deepEqual(
      await provider.validate({ image: { osFamily: image.os.id }, hardware: { minCores: 1 } }),
      [],
    );
    const problems = await provider.validate({
      image: { osFamily: "plan9" },
      hardware: { minRam: size.ram + 1 },
      provider: { localhost: { x: 1 } },
    });
    assert.deepEqual(problems.map(({ path }) => path), [
      "image.osFamily",
      "hardware.minRam",
      "provider.localhost.x",
    ]);
  });
  const context = { stateDir: "/nowhere", cacheDir: "/nowhere", progress: () => {} };
  await assert.rejects(
    localhost.open({ name: "here", provider: "localhost", options: { sudo: true } }, context),
    /Invalid service "here" \(localhost\): sudo: unknown key "sudo"/,
  );
});

Deno.test("localhost says which file to remove when its list is broken", async () => {
  await withProvider(async (provider, _reopen, folder) => {
    await create(provider, "web", "web-1");
    await Deno.writeTextFile(`${folder}/nodes.json`, "{");
    await assert.rejects(provider.nodes(), { kind: "provider", help: /Remove the file/ });
  });
});
