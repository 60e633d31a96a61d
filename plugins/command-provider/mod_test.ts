import assert from "node:assert/strict";
import { testProvider } from "../../engine/provider/contract.ts";
import { withProject } from "../../engine/modules/fixture.ts";
import type { JsonObject } from "../../engine/json.ts";
import type { Provider } from "../../engine/provider/provider.ts";
import { configured, ownPlugin, pluginContext } from "../../tests/support/plugins.ts";
import { pluginsOf } from "../mod.ts";

const NODES = JSON.stringify([{ name: "web-1", address: "10.0.0.5", group: "web" }, {
  name: "db-1",
  address: "10.0.0.6",
  port: 2222,
  user: "admin",
}]);

const folder = Deno.cwd();
const plugin = configured({
  name: "fleet",
  from: ownPlugin("command-provider"),
  kind: "provider",
  permissions: { run: ["printf"] },
}, folder);
const [kind] = pluginsOf({ fleet: plugin }, pluginContext()).providers;
assert.ok(kind !== undefined);

testProvider({ kind, options: { command: ["printf", "%s", NODES] } });

/** Uses a service of the plugin. */
async function withService(options: JsonObject, use: (provider: Provider) => Promise<void>): Promise<void> {
  await withProject({}, async (stateDir) => {
    const service = { name: "prod", provider: "fleet", options, baseDir: "/srv/project" };
    const provider = await kind?.open(service, { stateDir, cacheDir: stateDir, progress: () => {} });
    assert.ok(provider !== undefined);
    try {
      await use(provider);
    } finally {
      await provider.close();
    }
  });
}

Deno.test("command-provider lists nodes and tells how each is reached", async () => {
  const options = { command: ["printf", "%s", NODES], user: "ops", identities: ["keys/id"] };
  await withService(options, async (provider) => {
    const nodes = await provider.nodes();
    assert.deepEqual(nodes.map(({ id, name, group, provider }) => [id, name, group, provider]), [
      ["prod/web-1", "web-1", "web", "fleet"],
      ["prod/db-1", "db-1", undefined, "fleet"],
    ]);
    const routes = await Promise.all(nodes.map((node) => provider.route(node)));
    assert.deepEqual(routes.map((route) => route.kind === "ssh" && [route.user, route.address, route.port]), [
      ["ops", "10.0.0.5", 22],
      ["admin", "10.0.0.6", 2222],
    ]);
    assert.deepEqual(routes[0]?.kind === "ssh" && routes[0].identities, ["/srv/project/keys/id"]);
  });
});

Deno.test("command-provider finds a list and its fields where the options say", async () => {
  const printed = JSON.stringify({
    machines: { items: [{ host: "a", ips: ["10.1.1.1"], id: 7, status: "RUNNING", role: "web" }] },
  });
  const fields = { name: "host", address: "ips.0", state: "status", group: "role" };
  const options = { command: ["printf", "%s", printed], list: "machines.items", fields };
  await withService(options, async (provider) => {
    const [node] = await provider.nodes();
    assert.deepEqual([node?.id, node?.name, node?.primaryIp, node?.state, node?.group], [
      "7",
      "a",
      "10.1.1.1",
      "running",
      "web",
    ]);
  });
});

Deno.test("command-provider says what a command prints instead of nodes", async () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ["no json", /prints no JSON/],
    ["{}", /prints no list/],
    ['[{"address":"10.0.0.1"}]', /entry 1 has null for its name, not a text/],
    ['[{"name":"a","address":"x","port":"ssh"}]', /entry 1 has "ssh" for its port/],
    ['[{"name":"a","address":"x"},{"name":"a","address":"y"}]', /two are called "a"/],
    ['[{"name":"a","address":"-oProxyCommand=x"}]', /must be one word that begins with no dash/],
  ];
  for (const [printed, message] of refused) {
    await withService({ command: ["printf", "%s", printed] }, async (provider) => {
      const ask = async (): Promise<unknown> =>
        await Promise.all((await provider.nodes()).map((one) => provider.route(one)));
      await assert.rejects(ask, (error: Error & { kind?: string }) => {
        assert.match(error.message, message);
        assert.match(error.message, /fleet/);
        assert.equal(error.kind, "provider");
        return true;
      });
    });
  }
});

Deno.test("command-provider runs no command that it was not granted", async () => {
  await withService({ command: ["cat", "/etc/passwd"] }, async (provider) => {
    await assert.rejects(() => provider.nodes(), (error: Error & { help?: string }) => {
      assert.match(error.message, /Plugin "fleet" \(.*command-provider\/mod\.ts\) needs run access to "cat"/);
      assert.equal(
        error.help,
        "If it should have it, write in permissions of plugins.fleet: run: [printf, cat]",
      );
      return true;
    });
  });
});
