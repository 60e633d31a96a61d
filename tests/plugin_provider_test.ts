// A provider that is a plugin is held to what those that are built in are held to.
import assert from "node:assert/strict";
import { testProvider } from "../engine/provider/contract.ts";
import { withProject } from "../engine/modules/fixture.ts";
import { PalletError } from "../engine/errors.ts";
import type { Provider } from "../engine/provider/provider.ts";
import { fromFileUrl } from "../engine/modules/paths.ts";
import { pluginsOf } from "../plugins/mod.ts";
import { configured, pluginContext } from "./support/plugins.ts";

const fleet = fromFileUrl(new URL("./support/fake_fleet.ts", import.meta.url).href);
const [kind] = pluginsOf(
  { fleet: configured({ name: "fleet", from: fleet, kind: "provider" }, "/srv") },
  pluginContext(),
).providers.map((one) => one);
assert.ok(kind !== undefined);
testProvider({ kind, options: {} });

const OPEN =
  `check: async () => [], images: async () => [], hardware: async () => [], validate: async () => [],
  imageFor: async () => undefined, nodes: async () => [], close: async () => {},`;

/** Uses a provider whose opened value has these members. */
async function withMembers(
  members: string,
  use: (provider: Provider, said: string[]) => Promise<void>,
): Promise<void> {
  const source = `export const provider = { name: "x", summary: "", open: async (service, context) => ({
  capabilities: { create: true, destroy: true, stop: false, tag: false }, ${OPEN} ${members} }) };`;
  await withProject({ "plugin.js": source }, async (folder) => {
    const plugin = configured({ name: "fleet", from: "./plugin.js", kind: "provider", timeout: 5 }, folder);
    const [one] = pluginsOf({ fleet: plugin }, pluginContext()).providers;
    const said: string[] = [];
    const provider = await one?.open(
      { name: "prod", provider: "fleet", options: {} },
      { stateDir: `${folder}/state`, cacheDir: `${folder}/cache`, progress: (text) => void said.push(text) },
    );
    assert.ok(provider !== undefined);
    try {
      await use(provider, said);
    } finally {
      await provider.close();
    }
  });
}

const request = { group: "web", names: ["web-1"], nodeSpec: {}, tags: {}, token: "t" };

Deno.test("what a provider's plugin answers is checked, and its slip is named", async () => {
  const wrong: readonly (readonly [string, (provider: Provider) => Promise<unknown>, RegExp])[] = [
    ["nodes: async () => 7", (one) => one.nodes(), /to "nodes": must be a list, not 7/],
    [
      "nodes: async () => [{ id: 'a b', name: 'x', state: 'running', tags: {} }]",
      (one) => one.nodes(),
      /\[0\]\.id: must be a text without spaces/,
    ],
    [
      "nodes: async () => [{ id: 'a', name: '../x', state: 'up', tags: {} }]",
      (one) => one.nodes(),
      /name: must be letters.*state: must be/,
    ],
    [
      "nodes: async () => [{ id: 'a', name: 'x', state: 'running', tags: {}, ip: '1' }]",
      (one) => one.nodes(),
      /unknown key "ip"/,
    ],
    ["route: async () => ({ kind: 'local' })", (one) => one.route({} as never), /kind: must be "ssh"/],
    ["estimate: async () => ({})", (one) => one.estimate(request), /image: is missing/],
    [
      "ready: async () => 1",
      (one) => Array.fromAsync(one.ready({} as never)),
      /answers "ready" with no step "done" at its end/,
    ],
    [
      "async *create() { yield { name: 'web-1' } }",
      (one) => Array.fromAsync(one.create(request)),
      /answer of Plugin "fleet" \(plugin\.js\) to "create"/,
    ],
  ];
  for (const [members, call, message] of wrong) {
    await withMembers(members, async (provider) => {
      await assert.rejects(() => call(provider), (error) => {
        assert.ok(error instanceof PalletError && error.kind === "provider", String(error));
        assert.match(error.message, message);
        return true;
      });
    });
  }
});

Deno.test("nodes come as a provider's plugin makes them, what came stays when it fails, and progress is told", async () => {
  const node = "(name) => ({ id: name, name, state: 'running', tags: {} })";
  const members = `async *create(request) {
    context.progress("at work"); console.warn("slow");
    yield { name: "web-1", node: (${node})("web-1") };
    throw new Error("no more room");
  }`;
  await withMembers(members, async (provider, said) => {
    const made: string[] = [];
    await assert.rejects(async () => {
      for await (const result of provider.create(request)) made.push(result.name);
    }, /Plugin "fleet" \(plugin\.js\): no more room \(at plugin\.js:6:\d+\)/);
    assert.deepEqual(made, ["web-1"]);
    assert.deepEqual(said, ["fleet: at work", "warn: fleet: slow"]);
  });
});

Deno.test("nodes that a provider's plugin says nothing of were not made", async () => {
  await withMembers("async *create() {}", async (provider) => {
    const results = await Array.fromAsync(provider.create(request));
    assert.deepEqual(results, [{
      name: "web-1",
      error: 'Plugin "fleet" (plugin.js) answers "create" without it',
    }]);
  });
  const other = "async *create() { yield { name: 'web-7', error: 'x' } }";
  await withMembers(other, async (provider) => {
    await assert.rejects(() => Array.fromAsync(provider.create(request)), /"web-7", which was not asked for/);
  });
});

Deno.test("a provider's plugin that is not listened to any more stops", async () => {
  const members = `async *ready() {
    try {
      for (;;) { yield { step: "port", message: "" }; await new Promise((done) => setTimeout(done, 20)); }
    } finally { context.progress("stopped"); }
  }`;
  await withMembers(members, async (provider, said) => {
    for await (const { step } of provider.ready({} as never)) {
      assert.equal(step, "port");
      break;
    }
    await provider.nodes();
    for (let at = 0; at < 50 && said.length === 0; at++) await new Promise((done) => setTimeout(done, 20));
    assert.deepEqual(said, ["fleet: stopped"]);
  });
});

Deno.test("many calls of a provider's plugin are under way at once", async () => {
  const members =
    "route: async (node) => { await new Promise((done) => setTimeout(done, 200)); return { kind: 'ssh', " +
    "address: node.name, port: 22, user: 'root', hostKeyAlias: node.name, hostKeys: [], identities: [] }; }";
  await withMembers(members, async (provider) => {
    const start = performance.now();
    const names = Array.from({ length: 50 }, (_, at) => `web-${at}`);
    const routes = await Promise.all(names.map((name) => provider.route({ name } as never)));
    assert.deepEqual(routes.map((route) => route.kind === "ssh" && route.address), names);
    assert.ok(performance.now() - start < 3000);
  });
});
