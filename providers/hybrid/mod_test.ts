import assert from "node:assert/strict";
import { testProvider } from "../../engine/provider/contract.ts";
import type { Json, JsonObject } from "../../engine/json.ts";
import type { Provider, ProviderContext, ProviderKind } from "../../engine/provider/provider.ts";
import { provider as fake } from "../../tests/support/fake_fleet.ts";
import { provider as nodeList } from "../node-list/mod.ts";
import { provider as hybrid } from "./mod.ts";

/** Services that a hybrid one may be made of: machines in a file, and a list of one machine. */
function withServices(context: ProviderContext): ProviderContext {
  const options: Readonly<Record<string, readonly [ProviderKind, JsonObject]>> = {
    prod: [fake, {}],
    spare: [fake, {}],
    mine: [nodeList, {
      nodes: [
        { name: "db-1", group: "db", address: "192.0.2.7" },
        { name: "life-9", group: "life", address: "192.0.2.9" },
        { name: "loose", address: "192.0.2.8" },
      ],
    }],
  };
  return {
    ...context,
    openService: async (name) => {
      const [kind, own] = options[name] ?? [];
      if (kind === undefined) throw new Error(`there is no service ${name}`);
      return await kind.open({ name, provider: kind.name, options: own ?? {} }, context);
    },
  };
}

const kind: ProviderKind = {
  ...hybrid,
  open: (service, context) => hybrid.open(service, withServices(context)),
};

testProvider({ kind, options: { services: { life: "prod", "*": "spare" } } });

async function opened(
  options: JsonObject,
  use: (provider: Provider) => Promise<void>,
  call?: (name: string, data: Json) => Promise<Json>,
): Promise<void> {
  const stateDir = await Deno.makeTempDir({ prefix: "pallet-hybrid-" });
  const origin = { file: "/p/pallet.yaml", line: 2, column: 3 };
  try {
    const context = {
      stateDir,
      cacheDir: stateDir,
      progress: () => {},
      ...(call === undefined ? {} : { call }),
    };
    const provider = await kind.open({ name: "both", provider: "hybrid", options, origin }, context);
    await use(provider);
    await provider.close();
  } finally {
    await Deno.remove(stateDir, { recursive: true });
  }
}

const request = (group: string, names: readonly string[]) => ({
  group,
  names,
  nodeSpec: {},
  tags: { a: "1" },
  token: "t",
});
const ids = async (provider: Provider) => (await provider.nodes()).map(({ id }) => id).sort();

Deno.test("check 87: hybrid sends each group to its service, under ids that tell it", async () => {
  await opened({ services: { web: "prod", db: "mine", cache: "spare" } }, async (provider) => {
    assert.deepEqual(await ids(provider), ["mine/mine/db-1", "mine/mine/loose"], "life is no group of ours");
    const made = await Array.fromAsync(provider.create(request("web", ["web-1"])));
    assert.ok(made[0] !== undefined && "node" in made[0]);
    assert.deepEqual([made[0].node.id, made[0].node.service, made[0].node.provider, made[0].node.tags], [
      "prod/prod/web-1",
      "both",
      "hybrid",
      { a: "1" },
    ]);
    await Array.fromAsync(provider.create(request("cache", ["cache-1"])));
    const nodes = await provider.nodes();
    assert.deepEqual(nodes.map(({ id }) => id).sort(), [
      "mine/mine/db-1",
      "mine/mine/loose",
      "prod/prod/web-1",
      "spare/spare/cache-1",
    ]);
    const route = async (name: string) => {
      const node = nodes.find((one) => one.name === name);
      assert.ok(node !== undefined);
      return await provider.route(node);
    };
    const [db, web] = [await route("db-1"), await route("web-1")];
    assert.ok(db.kind === "ssh" && web.kind === "ssh");
    assert.deepEqual([db.address, db.hostKeyAlias], ["192.0.2.7", "mine/db-1"]);
    assert.deepEqual([web.address, web.user], ["127.0.0.1", "root"]);
    await provider.destroy(nodes.filter(({ group }) => group === "web" || group === "cache"));
    assert.deepEqual(await ids(provider), ["mine/mine/db-1", "mine/mine/loose"]);
  });
});

Deno.test("check 87: hybrid refuses a group that is mapped to no service, with the nearest that is", async () => {
  await opened({ services: { web: "prod", db: "mine" } }, async (provider) => {
    const unmapped = {
      kind: "config",
      message: /group "wbe" has no service\. Did you mean "web"\?/,
      help: /"\*: NAME"/,
    };
    await assert.rejects(async () => await provider.validate({}, undefined, "wbe"), unmapped);
    await assert.rejects(
      async () => await Array.fromAsync(provider.create(request("wbe", ["wbe-1"]))),
      unmapped,
    );
    await assert.rejects(async () => await provider.estimate(request("wbe", ["wbe-1"])), unmapped);
  });
});

Deno.test("check 86: hybrid says of a list of machines that it cannot make more", async () => {
  await opened({ services: { web: "prod", db: "mine" } }, async (provider) => {
    assert.deepEqual(provider.capabilities, {
      create: true,
      destroy: true,
      stop: true,
      tag: false,
      tagStore: "node",
    });
    await assert.rejects(
      async () => await provider.estimate(request("db", ["db-2"])),
      /Cannot create node "db-2" of group "db": service "mine" is a list of machines/,
    );
    const nodes = await provider.nodes();
    await assert.rejects(
      async () => await provider.destroy(nodes.filter(({ group }) => group === "db")),
      /Cannot remove/,
    );
  });
});

Deno.test("hybrid asks a function of the infra file, once a group", async () => {
  const asked: unknown[] = [];
  const call = (name: string, data: Json) => {
    asked.push([name, data]);
    return Promise.resolve(data === "web" ? "prod" : data === "db" ? "mine" : 3);
  };
  await opened({ services: ["prod", "mine"], by: "serviceOf" }, async (provider) => {
    for (const _ of [1, 2]) await provider.validate({}, undefined, "web");
    assert.deepEqual(asked, [["serviceOf", "web"]]);
    await assert.rejects(
      async () => await provider.validate({}, undefined, "cache"),
      /"serviceOf" says 3 for group "cache", which is none of its services/,
    );
  }, call);
  await opened({ services: ["prod", "mine"], by: "serviceOf" }, async (provider) => {
    assert.equal((await provider.nodes()).length, 3, "without an infra file all nodes are listed");
    await assert.rejects(async () => await provider.validate({}, undefined, "web"), /without an infra file/);
  });
});

Deno.test("hybrid unites images and sizes, of one id those of the first service", async () => {
  await opened({ services: { web: "prod", "*": "spare" } }, async (provider) => {
    const [image, ...others] = await provider.images();
    assert.deepEqual([image?.id, image?.origin, image?.shadows, others.length], [
      "only",
      "service prod: built in",
      ["service spare: built in"],
      0,
    ]);
    assert.deepEqual((await provider.hardware()).map(({ id }) => id), ["s"]);
  });
});

Deno.test("hybrid refuses two nodes of one name, and options that do not fit together", async () => {
  await opened({ services: { a: "prod", b: "spare" } }, async (provider) => {
    await Array.fromAsync(provider.create(request("a", ["one"])));
    await Array.fromAsync(provider.create(request("b", ["one"])));
    await assert.rejects(
      () => provider.nodes(),
      /two nodes called "one": prod\/prod\/one and spare\/spare\/one/,
    );
  });
  const wrong: readonly (readonly [JsonObject, RegExp])[] = [
    [{}, /services: is missing/],
    [{ services: {} }, /it has none/],
    [{ services: ["prod"] }, /needs a function/],
    [{ services: { web: "prod" }, by: "f" }, /mapped already/],
    [{ services: ["prod"], by: "a b" }, /by: must be the name of a function/],
  ];
  for (const [options, message] of wrong) {
    await assert.rejects(opened(options, () => Promise.resolve()), { kind: "config", message });
  }
});
