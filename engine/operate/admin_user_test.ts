import assert from "node:assert/strict";
import { PalletError } from "../errors.ts";
import { directory, groupSpec, packages, service } from "../mod.ts";
import { parseConfig } from "../config/file.ts";
import { mergeConfiguration } from "../config/config.ts";
import { environmentLayers } from "../config/environments.ts";
import type { EnvironmentLayer } from "../spec/environment.ts";
import { onStage } from "../../tests/support/stage.ts";
import type { Route } from "../transport/connection.ts";
import { groupEnvironment, mergeEnvironments } from "../plan/environment.ts";
import { adminUserOf } from "./admin_user.ts";
import { isAdmins, routeAs } from "./login.ts";
import { converge } from "./converge.ts";
import { lift } from "./lift.ts";
import { plan } from "./plan.ts";
import { publicKeyOf } from "./public_key.ts";

const phases = { configure: () => directory("/srv/it") };
const web = () => groupSpec("web", { count: 1, phases });

/** Layers as a project's file gives them for a service. */
async function layersOf(text: string, service = "mine"): Promise<readonly EnvironmentLayer[]> {
  const env = (name: string) => name === "HOME" ? "/home/ann" : undefined;
  const file = await parseConfig(text, "/srv/shop/pallet.yaml", "project");
  const configuration = mergeConfiguration([file], { env });
  return environmentLayers(configuration, configuration.services[service], env);
}

const connects = (log: readonly string[]) => log.filter((line) => line.startsWith("connect "));

async function key(folder: string, type: string, passphrase = ""): Promise<string> {
  const path = `${folder}/${type}`;
  const args = ["-q", "-t", type, "-N", passphrase, "-C", "it's me", "-f", path];
  const { success } = await new Deno.Command("ssh-keygen", { args }).output();
  assert.ok(success);
  return path;
}

Deno.test("check 76: who is configured logs in without being asked for, and an option wins over it", async () => {
  const environmentLayers = await layersOf("admin-user: { username: ops }\n");
  const log = async (options: Partial<Parameters<typeof lift>[1]>) => {
    let lines: readonly string[] = [];
    await onStage([web()], async (stage) => {
      stage.provider.have("web-1", "web");
      await stage.run(lift, options);
      lines = connects(stage.transport.log);
    });
    return lines;
  };
  assert.deepEqual(await log({}), ["connect web-1 as root"], "nobody is configured: the node's first user");
  assert.deepEqual(await log({ environmentLayers }), ["connect web-1 as ops"]);
  assert.deepEqual(await log({ environmentLayers, adminUser: { username: "bob" } }), [
    "connect web-1 as bob",
  ]);
});

Deno.test("check 76: where no first user is told of, the admin user logs in from the start", () => {
  const route: Route = { kind: "ssh", address: "192.0.2.1", hostKeyAlias: "x", hostKeys: [], identities: [] };
  assert.equal(isAdmins(route, false), true);
  assert.equal(isAdmins({ ...route, user: "root" }, false), false);
  assert.equal(isAdmins({ ...route, user: "root" }, true), true);
  const named = routeAs(route, "web-1", { username: "ops", identities: ["/k"] });
  assert.deepEqual([named.kind === "ssh" && named.user, named.kind === "ssh" && named.identities], ["ops", [
    "/k",
  ]]);
  // Without an admin user, too, nobody is named: then ssh's own rules say the local account and its default keys.
  assert.equal("user" in routeAs(route, "web-1", undefined), false);
});

Deno.test("what is done with new host keys is said by environment, service, its admin user, and configuration", async () => {
  const saysOf = async (text: string) => {
    const layers = await layersOf(text);
    const merged = mergeEnvironments(layers.map(({ values }) => values));
    const user = await adminUserOf("web", groupEnvironment(merged, "web"), layers, undefined, "/srv");
    const route: Route = {
      kind: "ssh",
      address: "192.0.2.1",
      user: "first",
      hostKeyAlias: "x",
      hostKeys: [],
      identities: [],
    };
    const first = routeAs(route, "web-1", undefined, user);
    assert.ok(first.kind === "ssh");
    assert.equal(first.user, "first");
    return [first.hostKeyChoice, first.from?.hostKeys];
  };
  const admin = "admin-user: { host-keys: strict }\n";
  assert.deepEqual(await saysOf(""), [undefined, undefined]);
  assert.deepEqual(await saysOf(admin), ["strict", "/srv/shop/pallet.yaml:1"]);
  const mine = (more: string) => `${admin}services: { mine: { provider: lab, ${more} } }\n`;
  assert.deepEqual(await saysOf(mine("admin-user: { host-keys: accept-new }")), [
    "accept-new",
    "/srv/shop/pallet.yaml:2",
  ]);
  assert.deepEqual(await saysOf(mine("host-keys: accept-new, admin-user: { host-keys: strict }")), [
    "accept-new",
    "/srv/shop/pallet.yaml:2",
  ]);
  assert.deepEqual(
    await saysOf(`${mine("host-keys: accept-new")}environment: { user: { hostKeys: strict } }\n`),
    ["strict", "/srv/shop/pallet.yaml:3"],
  );
});

Deno.test("what only root can do is told when plans are made, where the admin user becomes nobody", async () => {
  const spec = groupSpec("web", {
    count: 1,
    phases: { configure: () => [directory("/srv/it"), packages("curl"), service("web")] },
  });
  const warnings = async (text: string, tags: Record<string, string>) => {
    const environmentLayers = await layersOf(text);
    let said: readonly string[] = [];
    await onStage([spec], async (stage) => {
      stage.provider.have("web-1", "web", { tags });
      await stage.run(plan, { environmentLayers });
      assert.deepEqual(connects(stage.transport.log), [], "no node is touched");
      said = stage.events.flatMap((event) =>
        event.type === "message" && event.level === "warn" ? [event.text] : []
      );
    });
    return said;
  };
  const none = "admin-user: { username: ops, become: none }\n";
  const [only, ...others] = await warnings(none, { bootstrapped: "true" });
  assert.match(
    only ?? "",
    /Only root can do this, and "ops" stays "ops" \(become: none\): packages curl \(.*\d\), service web/,
  );
  assert.deepEqual(others, []);
  assert.deepEqual(await warnings(none, {}), [], "its first user logs in, of whom nobody says that");
  assert.deepEqual(await warnings("admin-user: { username: ops }\n", { bootstrapped: "true" }), []);
  assert.deepEqual(await warnings(none.replace("ops", "root"), { bootstrapped: "true" }), []);
});

Deno.test("check 77: the environment of a service may set its own admin user, also for one group", async () => {
  const text = `
admin-user: { username: ops }
services:
  mine:
    provider: lab
    environment: { user: { username: deploy }, groups: { db: { user: { username: dba } } } }
  other: { provider: lab, admin-user: { username: keeper } }
`;
  const db = groupSpec("db", { count: 1, phases });
  for (const [service, users] of [["mine", ["dba", "deploy"]], ["other", ["keeper", "keeper"]]] as const) {
    await onStage([web(), db], async (stage) => {
      stage.provider.have("web-1", "web").have("db-1", "db");
      await stage.run(lift, { environmentLayers: await layersOf(text, service) });
      assert.deepEqual(connects(stage.transport.log).sort(), [
        `connect db-1 as ${users[0]}`,
        `connect web-1 as ${users[1]}`,
      ]);
    });
  }
});

Deno.test("check 85: user and key that a program names work without any configuration", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const privateKey = await key(folder, "ed25519");
    await onStage([web()], async (stage) => {
      stage.provider.have("web-1", "web");
      const result = await stage.run(plan, { adminUser: { username: "ops", privateKey } });
      const { fingerprint } = await publicKeyOf({ privateKey }) ?? {};
      assert.deepEqual(result.logins, [
        { username: "ops", fingerprint, keyFile: privateKey, from: "this call", groups: ["web"] },
      ]);
      await stage.run(lift, { adminUser: { username: "ops", privateKey } });
      assert.deepEqual(connects(stage.transport.log), ["connect web-1 as ops"]);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** What a first event says of who logs in with a key that is not there, and how the run ended. */
async function withoutKey(operation: "converge" | "plan", have: boolean): Promise<unknown> {
  const environmentLayers = await layersOf("admin-user:\n  username: ops\n  private-key: /no/such/key\n");
  let went: unknown;
  await onStage([web()], async (stage) => {
    if (have) stage.provider.have("web-1", "web");
    const run = operation === "plan"
      ? stage.run(plan, { environmentLayers })
      : stage.run(converge, { environmentLayers });
    went = await run.then(() => "done", (thrown) => thrown);
    assert.deepEqual(connects(stage.transport.log), []);
    assert.deepEqual((await stage.provider.nodes()).length, have ? 1 : 0, "nothing was made");
    const [first] = stage.events;
    assert.ok(first?.type === "run-started");
    assert.deepEqual(first.logins, [{
      username: "ops",
      keyFile: "/no/such/key",
      origin: { file: "/srv/shop/pallet.yaml", line: 2, column: 3 },
      groups: ["web"],
    }]);
  });
  return went;
}

Deno.test("plan and converge say first who logs in with which key, and where that stands; one that is not there ends the run before any node is touched", async () => {
  for (const have of [true, false]) {
    const refused = await withoutKey("converge", have);
    assert.ok(refused instanceof PalletError);
    assert.equal(
      refused.message,
      'Cannot find the private key "/no/such/key" with which "ops" logs in to group "web"',
    );
    assert.equal(refused.kind, "config");
    assert.deepEqual(refused.origin, { file: "/srv/shop/pallet.yaml", line: 3, column: 3 });
    assert.match(refused.help ?? "", /ssh-keygen -t ed25519 -f \/no\/such\/key/);
  }
  // Nothing is logged in to for a plan without --check.
  assert.equal(await withoutKey("plan", true), "done");
});

Deno.test("plans see the admin user's name and public key, and no path of this machine", async () => {
  const folder = await Deno.makeTempDir();
  const seen: unknown[] = [];
  const group = groupSpec("web", {
    count: 1,
    phases: { configure: ({ environment }) => void seen.push(environment.user) },
  });
  try {
    const privateKey = await key(folder, "ed25519");
    await onStage([group], async (stage) => {
      stage.provider.have("web-1", "web");
      await stage.run(plan, { environment: [{ user: { username: "ops", privateKey } }] });
    });
    const publicKey = (await Deno.readTextFile(`${privateKey}.pub`)).trim();
    assert.deepEqual(seen[0], { username: "ops", publicKey });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("publicKeyOf() tells the public half of an encrypted key without its .pub as ssh-keygen does", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const type of ["ed25519", "rsa", "ecdsa"]) {
      const path = await key(folder, type, "secret");
      const { stdout } = await new Deno.Command("ssh-keygen", { args: ["-lf", `${path}.pub`] }).output();
      const expected = new TextDecoder().decode(stdout).split(" ")[1];
      assert.equal((await publicKeyOf({ privateKey: path }))?.fingerprint, expected);
      const beside = (await Deno.readTextFile(`${path}.pub`)).trim();
      await Deno.remove(`${path}.pub`);
      const own = await publicKeyOf({ privateKey: path });
      assert.equal(own?.fingerprint, expected);
      assert.ok(beside.startsWith(own?.line ?? "none"));
    }
    assert.equal(await publicKeyOf({ privateKey: `${folder}/none` }), undefined);
    await Deno.writeTextFile(`${folder}/junk`, "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END");
    assert.equal(await publicKeyOf({ privateKey: `${folder}/junk` }), undefined);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
