import assert from "node:assert/strict";
import { dirname } from "node:path";
import type { PalletError } from "../errors.ts";
import { loadConfiguration, userConfigFolder } from "./config.ts";
import { bare, merge, projectFile, userFile } from "./testing.ts";

Deno.test("mergeConfiguration() lets the project win, and resolves paths where they are said", async () => {
  const user = await userFile(
    "services:",
    "  prod: { provider: ec2, region: eu }",
    "defaults: { batch: 25%, parallel: 4 }",
  );
  const project = await projectFile(
    "services:",
    "  prod: { provider: node-list, nodes: [], environment: { stage: x } }",
    "defaults: { parallel: 8 }",
    "infra: ops/infra.ts",
    "permissions: { local-files: [../shared, ~/keys, $HOME/data] }",
  );
  const merged = merge([user, project]);
  assert.deepEqual(merged.services.prod?.config.options, { nodes: [] });
  assert.deepEqual(merged.services.prod?.environment, { stage: "x" });
  assert.equal(merged.services.prod?.config.baseDir, "/srv/shop");
  assert.deepEqual(Object.keys(merged.services), ["lab", "localhost", "prod"]);
  assert.deepEqual([merged.defaults.batch, merged.defaults.parallel], ["25%", 8]);
  assert.equal(merged.infra, "/srv/shop/ops/infra.ts");
  assert.deepEqual(merged.localFiles, ["/srv/shared", "/home/ann/keys", "/home/ann/data"]);
  assert.equal(merged.allowWorkstation, false);
  assert.deepEqual(merged.origins["defaults.parallel"], {
    file: "/srv/shop/pallet.yaml",
    line: 3,
    column: 13,
  });
  assert.equal(merged.origins["defaults.batch"]?.file, "/home/ann/.config/pallet/config.yaml");
});

Deno.test("mergeConfiguration() keeps what each value hides, the nearest first", async () => {
  const merged = merge([
    await userFile("defaults: { parallel: 4 }", "environment: { mirror: { a: 1, b: 2 } }"),
    await projectFile("defaults: { parallel: 8 }", "environment: { mirror: { b: 3, c: null } }"),
  ], { env: (name) => name === "PALLET_PARALLEL" ? "16" : bare.env(name) });
  const parallel = merged.entries.find(({ keys }) => keys.join(".") === "defaults.parallel");
  assert.deepEqual([parallel?.value, parallel?.said.by], [16, "PALLET_PARALLEL"]);
  assert.deepEqual(parallel?.shadows.map(({ value, said }) => [value, said.layer]), [[8, "project"], [
    4,
    "user",
  ]]);
  const mirrors = merged.entries.filter(({ keys }) => keys[0] === "environment");
  assert.deepEqual(mirrors.map(({ keys, value }) => [keys.join("."), value]), [
    ["environment.mirror.a", 1],
    ["environment.mirror.b", 3],
  ]);
});

Deno.test("mergeConfiguration() takes variables before files, and options before variables", async () => {
  const project = await projectFile(
    "default-service: a",
    "services: { a: { provider: lab }, b: { provider: lab } }",
  );
  const variables: Readonly<Record<string, string>> = { PALLET_SERVICE: "b", PALLET_INFRA: "x/infra.ts" };
  const env = (name: string) => variables[name] ?? bare.env(name);
  assert.equal(merge([project]).defaultService, "a");
  const said = merge([project], { env });
  assert.deepEqual([said.defaultService, said.infra], ["b", "/work/x/infra.ts"]);
  assert.equal(merge([project], { env, options: { service: "lab" } }).defaultService, "lab");
});

Deno.test("ssh-config is a file, relative to the one that names it, or none", async () => {
  const project = await projectFile("ssh-config: ops/ssh\n");
  assert.equal(merge([project]).sshConfig, "/srv/shop/ops/ssh");
  assert.equal(merge([]).sshConfig, undefined);
  const env = (name: string) => name === "PALLET_SSH_CONFIG" ? "none" : bare.env(name);
  assert.equal(merge([project], { env }).sshConfig, "none");
});

Deno.test("mergeConfiguration() names the variable or the option whose value is wrong", () => {
  const env = (name: string) => name === "PALLET_BATCH" ? "lots" : undefined;
  assert.throws(() => merge([], { env }), {
    kind: "config",
    message: /PALLET_BATCH \(defaults\.batch\): must be .*25%.*"lots"/,
  });
  assert.throws(() => merge([], { options: { user: "a b" } }), {
    kind: "usage",
    message: /--user \(admin-user\.username\): must be a user name, not "a b"/,
  });
});

Deno.test("a path with a variable that is not set is an error at its place", async () => {
  const project = await projectFile("infra: ${OPS}/infra.ts");
  assert.throws(() => merge([project]), {
    kind: "config",
    message: /the variable OPS is not set/,
    origin: { file: "/srv/shop/pallet.yaml", line: 1, column: 1 },
  });
});

Deno.test("loadConfiguration() reads services and models from files of their own", async () => {
  const folder = await Deno.makeTempDir();
  const write = async (name: string, text: string) => {
    await Deno.mkdir(dirname(`${folder}/${name}`), { recursive: true });
    await Deno.writeTextFile(`${folder}/${name}`, text);
  };
  const load = () =>
    loadConfiguration(`${folder}/project`, {
      env: (name) => name === "XDG_CONFIG_HOME" ? `${folder}/xdg` : undefined,
    });
  try {
    const none = await load();
    assert.deepEqual(none.files, []);
    assert.deepEqual(Object.keys(none.services), ["lab", "localhost"]);
    await write("xdg/pallet/config.yaml", "services: { prod: { provider: lab }, mine: { provider: lab } }\n");
    await write(
      "xdg/pallet/services/prod.yaml",
      "provider: node-list\nnodes: []\nenvironment: { tier: a }\n",
    );
    await write("project/services/dev.yml", "provider: lab\n");
    await write("project/models/sizes.yaml", "hardware: { small: { cores: 1, ram: 512 } }\n");
    await write("project/pallet.yaml", "services:\n");
    const some = await load();
    assert.deepEqual(Object.keys(some.services), ["lab", "localhost", "prod", "mine", "dev"]);
    assert.equal(some.services.prod?.config.provider, "node-list");
    assert.deepEqual(some.services.prod?.environment, { tier: "a" });
    assert.equal(some.services.prod?.config.baseDir, `${folder}/xdg/pallet/services`);
    assert.equal(some.services.dev?.origin?.file, `${folder}/project/services/dev.yml`);
    assert.equal(some.origins["hardware.small"]?.file, `${folder}/project/models/sizes.yaml`);

    await write("project/services/dev.yml", "provider: lab\nenvironment: { count: many }\n");
    await assert.rejects(load, (error: PalletError) => {
      assert.match(error.message, /dev\.yml": environment\.count: must be/);
      assert.deepEqual([error.origin?.line, error.origin?.column], [2, 23]);
      return true;
    });
    await write("project/services/dev.yml", "provder: lab\n");
    await assert.rejects(load, /dev\.yml": provider: is missing/);
    await write("project/services/dev.yaml", "provider: lab\n");
    await assert.rejects(load, /Two files of .* are called "dev"/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("userConfigFolder() follows XDG and ignores relative values", () => {
  const folder = (values: Readonly<Record<string, string>>) => userConfigFolder((name) => values[name]);
  assert.equal(folder({ HOME: "/home/ann" }), "/home/ann/.config/pallet");
  assert.equal(folder({ HOME: "/home/ann", XDG_CONFIG_HOME: "/etc/xdg" }), "/etc/xdg/pallet");
  assert.equal(folder({ HOME: "/home/ann", XDG_CONFIG_HOME: "xdg" }), "/home/ann/.config/pallet");
});
