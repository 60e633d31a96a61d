import assert from "node:assert/strict";
import type { JsonObject } from "../../engine/json.ts";
import type { Provider, ServiceConfig } from "../../engine/provider/provider.ts";
import { testProvider } from "../../engine/provider/contract.ts";
import { provider as nodeList } from "./mod.ts";

testProvider({ kind: nodeList, options: { nodes: [{ name: "a", address: "10.0.0.1" }] } });

const context = { stateDir: "/nowhere", cacheDir: "/nowhere", progress: () => {} };

function service(options: JsonObject): ServiceConfig {
  return {
    name: "mine",
    provider: "node-list",
    options,
    baseDir: "/srv/project",
    origin: { file: "/srv/project/pallet.yaml", line: 2, column: 3 },
  };
}

const open = (options: JsonObject): Promise<Provider> => nodeList.open(service(options), context);

const two: JsonObject = {
  user: "admin",
  identities: ["keys/id"],
  nodes: [
    { name: "web-1", group: "web", address: "10.0.0.5", os: "debian-12", tags: { rack: "a" } },
    {
      name: "db-1",
      group: "db",
      address: "fd00::1",
      "private-address": "10.1.0.1",
      port: 2222,
      user: "root",
      identities: ["/k/db"],
      "host-keys": ["ssh-ed25519 AAAA"],
    },
  ],
};

Deno.test("node-list lists what the configuration says", async () => {
  const provider = await open(two);
  const [web, db] = await provider.nodes();
  assert.deepEqual(web, {
    id: "mine/web-1",
    name: "web-1",
    service: "mine",
    provider: "node-list",
    group: "web",
    state: "running",
    primaryIp: "10.0.0.5",
    os: { id: "debian", family: "debian", version: "12", codename: "bookworm" },
    tags: { rack: "a" },
  });
  assert.equal(db?.privateIp, "10.1.0.1");
  assert.equal(db?.sshPort, 2222);
});

Deno.test("node-list routes by node before service, with paths relative to the configuration", async () => {
  const provider = await open(two);
  const [web, db] = await provider.nodes();
  assert.ok(web && db);
  const place = "/srv/project/pallet.yaml:2";
  const from = { port: place, user: place, identities: place };
  assert.deepEqual(await provider.route(web), {
    kind: "ssh",
    address: "10.0.0.5",
    user: "admin",
    hostKeyAlias: "mine/web-1",
    hostKeys: [],
    identities: ["/srv/project/keys/id"],
    from,
  });
  assert.deepEqual(await provider.route(db), {
    kind: "ssh",
    address: "fd00::1",
    port: 2222,
    user: "root",
    hostKeyAlias: "mine/db-1",
    hostKeys: ["ssh-ed25519 AAAA"],
    identities: ["/k/db"],
    from,
  });
  const originOf = (keys: readonly (string | number)[]) => ({ file: keys.join("."), line: 1, column: 1 });
  const told = await nodeList.open({ ...service(two), originOf }, context);
  const places = await Promise.all([web, db].map(async (node) => {
    const route = await told.route(node);
    return route.kind === "ssh" ? route.identityOrigins?.map((origin) => origin?.file) : undefined;
  }));
  assert.deepEqual(places, [["identities.0"], ["nodes.1.identities.0"]]);
  await assert.rejects(provider.route({ ...web, name: "gone" }), /not on the list|Cannot reach node "gone"/);
});

Deno.test("node-list tells where passwords of first users are, and wants to know whose they are", async () => {
  const node = { name: "a", address: "192.0.2.1" };
  const list = await open({ user: "pi", password: { file: "kept/pi" }, nodes: [node] });
  const [first] = await list.nodes();
  assert.ok(first);
  const route = await list.route(first);
  assert.deepEqual(route.kind === "ssh" && route.password, { file: "/srv/project/kept/pi" });
  const nobodys = open({ nodes: [{ ...node, password: { secret: "x" } }] });
  await assert.rejects(nobodys, /node "a" has a password, and no user whose it is/);
});

Deno.test("node-list leaves what it is not told to ssh's configuration", async () => {
  const provider = await open({ nodes: [{ name: "a", address: "a.example.org", "forward-agent": true }] });
  const [node] = await provider.nodes();
  assert.ok(node !== undefined && node.sshPort === undefined);
  const route = await provider.route(node);
  assert.ok(route.kind === "ssh");
  assert.deepEqual([route.port, route.user, route.identities], [undefined, undefined, []]);
  assert.equal(route.forwardAgent, true);
});

Deno.test("node-list leads to nodes by way of the jump hosts that it is told, by node before service", async () => {
  const jumps = async (changes: JsonObject, node: JsonObject) => {
    const provider = await open({ ...changes, nodes: [{ name: "a", address: "10.0.0.5", ...node }] });
    const [first] = await provider.nodes();
    assert.ok(first);
    const route = await provider.route(first);
    return route.kind === "ssh" ? route.jump : undefined;
  };
  assert.equal(await jumps({}, {}), undefined, "ssh's configuration says");
  assert.deepEqual(await jumps({ jump: "ops@gate:2222,[fd00::1]:22" }, {}), [
    { host: "gate", user: "ops", port: 2222 },
    { host: "fd00::1", port: 22 },
  ]);
  assert.deepEqual(await jumps({ jump: "gate" }, { jump: "other" }), [{ host: "other" }]);
  assert.deepEqual(await jumps({ jump: "gate" }, { jump: "none" }), []);
  await assert.rejects(jumps({ jump: "gate:x" }, {}), /jump: must be hosts such as `admin@bastion:22`/);
});

Deno.test("node-list says that it cannot create, remove, stop or tag, and what to do instead", async () => {
  const provider = await open(two);
  assert.deepEqual(provider.capabilities, {
    create: false,
    destroy: false,
    stop: false,
    tag: false,
    tagStore: "node",
  });
  const nodes = await provider.nodes();
  const request = { group: "web", names: ["web-2"], nodeSpec: {}, tags: {}, token: "t" };
  const cannotCreate = {
    kind: "provider",
    message: /Cannot create node "web-2" of group "web": service "mine" is a list of machines/,
    help: /Add machines with group: web/,
  };
  await assert.rejects(provider.estimate(request), cannotCreate);
  await assert.rejects(async () => {
    for await (const made of provider.create(request)) assert.fail(JSON.stringify(made));
  }, cannotCreate);
  await assert.rejects(provider.destroy(nodes), /Cannot remove 2 nodes/);
  await assert.rejects(provider.stop(nodes), /Cannot stop nodes/);
  await assert.rejects(provider.reboot(nodes), /Cannot reboot nodes/);
  const [web] = nodes;
  assert.ok(web);
  await assert.rejects(provider.tag(web, { a: "b" }), { help: /kept on the node itself/ });
});

Deno.test("node-list refuses extras of its own in a node spec, and leaves other providers' alone", async () => {
  const provider = await open(two);
  assert.deepEqual(await provider.validate({ provider: { lab: { x: 1 } }, hardware: { minCores: 64 } }), []);
  const [problem] = await provider.validate({ provider: { "node-list": { zone: "a" } } });
  assert.equal(problem?.path, "provider.node-list.zone");
});

Deno.test("node-list names path, value and file of what is wrong in its options", async () => {
  const node = { name: "web-1", address: "10.0.0.5" };
  const wrong: readonly (readonly [JsonObject, RegExp])[] = [
    [{}, /nodes: is missing/],
    [{ nodes: [{ ...node, prot: 1 }] }, /nodes\[0\]\.prot: unknown key "prot"\. Did you mean "port"\?/],
    [{ nodes: [{ ...node, port: 70000 }] }, /nodes\[0\]\.port: must be 1 to 65535/],
    [{ nodes: [{ ...node, address: "-oProxyCommand=x" }] }, /nodes\[0\]\.address: must be a host name/],
    [{ nodes: [{ ...node, user: "-x" }] }, /nodes\[0\]\.user: must be a user name/],
    [{ nodes: [{ ...node, name: "a b" }] }, /nodes\[0\]\.name: must be a name/],
    [{ nodes: [{ ...node, name: "$(x)" }] }, /nodes\[0\]\.name: must be a name/],
    [{ nodes: [node, node] }, /two nodes are called "web-1"/],
    [{ nodes: [{ ...node, os: "debain-12" }] }, /node "web-1": .*debain/],
    [{ nodes: [{ ...node, "host-keys": ["nonsense"] }] }, /host-keys\[0\]: must be a public key/],
  ];
  for (const [options, message] of wrong) {
    await assert.rejects(open(options), {
      kind: "config",
      message,
      origin: { file: "/srv/project/pallet.yaml", line: 2, column: 3 },
    });
  }
});
