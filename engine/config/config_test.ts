import assert from "node:assert/strict";
import { dirname } from "node:path";
import { PalletError } from "../errors.ts";
import { calledUser } from "./admin_user.ts";
import { type Configuration, loadConfiguration, mergeConfiguration } from "./config.ts";

import { environmentLayers, namedEnvironments } from "./environments.ts";
import { type ConfigFile, parseConfig } from "./file.ts";
import { modelsOf } from "./models.ts";
import type { ReadSecret } from "../secrets/credential.ts";
import { Secret } from "../secrets/secret.ts";
import { passphrasesOf } from "./passphrases.ts";
import { chooseService } from "./service.ts";

async function problem(text: string): Promise<PalletError> {
  try {
    await parseConfig(text, "/p/pallet.yaml", "project");
  } catch (error) {
    if (error instanceof PalletError) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: "the configuration was accepted" });
}

const at = (error: PalletError) => `${error.origin?.line}:${error.origin?.column}`;

Deno.test("parseConfig() names the place of an unknown key and the nearest known one", async () => {
  const error = await problem("services:\n  mine: { provider: lab }\nenviroment:\n  proxy: x\n");
  assert.match(error.message, /unknown key "enviroment"\. Did you mean "environment"\?/);
  assert.equal(at(error), "3:1");
  assert.equal(error.origin?.file, "/p/pallet.yaml");
});

Deno.test("parseConfig() names the place of a value of the wrong type", async () => {
  const error = await problem("defaults:\n  parallel: many\n");
  assert.match(error.message, /defaults\.parallel: must be a number, not "many"/);
  assert.equal(at(error), "2:13");
  assert.equal(error.excerpt, "2 |   parallel: many\n  |             ^^^^");
});

Deno.test("parseConfig() names the place of what is missing", async () => {
  const error = await problem("services:\n  mine: { region: x }\n");
  assert.match(error.message, /services\.mine\.provider: is missing/);
  assert.equal(at(error), "2:3");
});

Deno.test("parseConfig() names the place of broken YAML and of a key said twice", async () => {
  assert.equal(at(await problem("services: [\n")), "2:1");
  const twice = await problem("infra: a.ts\ninfra: b.ts\n");
  assert.match(twice.message, /unique/);
  assert.equal(at(twice), "2:1");
});

Deno.test("parseConfig() lists all problems", async () => {
  const error = await problem("infra: 3\ndefaults: { batch: lots }\n");
  assert.match(
    error.message,
    /2 problems:\n {2}line 1, column 8: infra: .*\n {4}1 \| infra: 3\n {6}\| {8}\^\n {2}line 2, column 20: defaults\.batch/,
  );
});

Deno.test("parseConfig() refuses what is no plain data, an alias bomb, and a document that is no map", async () => {
  assert.match((await problem("environment: { a: .nan }\n")).message, /environment/);
  const bomb = [
    "a: &a [x,x,x,x,x,x,x,x,x,x]",
    ..."bcdefgh".split("").map((name, index) => {
      const before = String.fromCharCode("a".charCodeAt(0) + index);
      return `${name}: &${name} [${Array(10).fill(`*${before}`).join(",")}]`;
    }),
  ].map((line) => `  ${line}`).join("\n");
  assert.match((await problem(`environment:\n${bomb}\n`)).message, /alias/i);
  assert.match((await problem("- a\n")).message, /Cannot use configuration file/);
});

Deno.test("parseConfig() takes an empty file", async () => {
  assert.deepEqual((await parseConfig("", "/p/pallet.yaml", "project")).values, {});
});

Deno.test("parseConfig() refuses the project's keys in the user's file", async () => {
  await assert.rejects(parseConfig("infra: a.ts\n", "/u/config.yaml", "user"), /unknown key "infra"/);
});

Deno.test("parseConfig() names the place of what is wrong in an environment", async () => {
  const yaml = [
    "environment:",
    "  stage: { any: [thing] }",
    "  proxy: http://x y",
    "  groups: { web: { count: -1 } }",
    "services:",
    "  prod: { provider: lab, environment: { packager: yum } }",
  ];
  await assert.rejects(parseConfig(yaml.join("\n"), "/srv/pallet.yaml", "project"), (error: PalletError) => {
    assert.equal(error.kind, "config");
    assert.match(error.message, /line 3, column 10: environment\.proxy: must be a URL, not "http:\/\/x y"\n/);
    assert.match(
      error.message,
      /line 4, column 27: environment\.groups\.web\.count: must be 0 or more, not -1\n/,
    );
    assert.match(
      error.message,
      /line 6, column 51: services\.prod\.environment\.packager: must be "apt" \| "dnf"/,
    );
    assert.deepEqual(error.origin, { file: "/srv/pallet.yaml", line: 3, column: 10 });
    return true;
  });
});

/** No variables, whatever those of this machine are. */
const bare = { env: (name: string) => name === "HOME" ? "/home/ann" : undefined, cwd: "/work" };

const merge = (files: readonly ConfigFile[], more: Parameters<typeof mergeConfiguration>[1] = {}) =>
  mergeConfiguration(files, { ...bare, ...more });

const userFile = (...lines: readonly string[]) =>
  parseConfig(lines.join("\n"), "/home/ann/.config/pallet/config.yaml", "user");
const projectFile = (...lines: readonly string[]) =>
  parseConfig(lines.join("\n"), "/srv/shop/pallet.yaml", "project");

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

/** The environment that a configuration makes of a service, name by name of its layers. */
const layered = (configuration: Configuration, service: string, name?: string) =>
  [
    ...environmentLayers(configuration, configuration.services[service], bare.env),
    ...(name === undefined ? [] : namedEnvironments(configuration, bare.env)[name] ?? []),
  ].map((layer) => [layer.name, layer.values]);

Deno.test("environmentLayers() puts admin users below environments, and named ones above all", async () => {
  const merged = merge([
    await userFile("admin-user: { username: ann, private-key: keys/ann }", "environment: { stage: a }"),
    await projectFile(
      "services:",
      "  prod:",
      "    provider: lab",
      "    admin-user: { username: ops }",
      "    environment: { user: { username: env, privateKey: k/env } }",
      "environment: { stage: b }",
      "environments: { big: { count: 9 }, none: {} }",
    ),
  ]);
  assert.deepEqual(layered(merged, "prod", "big"), [
    ["admin-user", { user: { username: "ann", privateKey: "/home/ann/.config/pallet/keys/ann" } }],
    ["service prod", { user: { username: "ops" } }],
    ["config.yaml", { stage: "a" }],
    ["service prod", { user: { username: "env", privateKey: "/srv/shop/k/env" } }],
    ["pallet.yaml", { stage: "b" }],
    ["environment big", { count: 9 }],
  ]);
  const [user] = environmentLayers(merged, merged.services["prod"], bare.env);
  assert.equal(user?.origins?.["user.privateKey"]?.column, 30);
  assert.deepEqual(Object.keys(namedEnvironments(merged, bare.env)), ["big", "none"]);
});

Deno.test("calledUser() is what variables and options say, and not what files do", async () => {
  const file = await userFile("admin-user: { username: ann, private-key: keys/ann }");
  assert.equal(calledUser(merge([file]), bare.env), undefined);
  assert.deepEqual(calledUser(merge([file], { options: { user: "bob", "private-key": "k" } }), bare.env), {
    username: "bob",
    privateKey: "/work/k",
    from: "--user",
  });
});

Deno.test("modelsOf() has images and sizes with whole paths, where each is defined and what it hides", async () => {
  const user = await userFile(
    "hardware: { small: { cores: 1 } }",
    "images: { deb: { os: debian-12, disk: a.qcow2 } }",
  );
  const models = await parseConfig(
    "images:\n  deb: { os: debian-12, disk: disks/deb.qcow2, username: debian, private-key: ~/.ssh/deb }\n",
    "/srv/shop/models/deb.yaml",
    "project",
    "models",
  );
  assert.deepEqual(modelsOf(merge([user, models]), bare.env), {
    images: [{
      id: "deb",
      os: "debian-12",
      disk: "/srv/shop/models/disks/deb.qcow2",
      username: "debian",
      privateKey: "/home/ann/.ssh/deb",
      provider: {},
      origin: "/srv/shop/models/deb.yaml:2:3",
      shadows: ["/home/ann/.config/pallet/config.yaml:2:11"],
    }],
    hardware: [{
      id: "small",
      cores: 1,
      provider: {},
      origin: "/home/ann/.config/pallet/config.yaml:1:13",
      shadows: [],
    }],
  });
});

Deno.test("passphrasesOf() reads the passphrase of a key where the configuration says, when it is needed", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/pass`, "two words\n");
    const project = await projectFile(
      "services:",
      `  own: { provider: lab, admin-user: { private-key: k/own, passphrase: { file: ${folder}/pass } } }`,
      "  lost: { provider: lab, admin-user: { private-key: k/lost, passphrase: { file: /no/such } } }",
      "  kept: { provider: lab, admin-user: { private-key: k/kept, passphrase: { secret: ops/key } } }",
      "admin-user: { private-key: ~/k, passphrase: { variable: KEY_PASS } }",
    );
    const secret: ReadSecret = (name, origin) =>
      Promise.resolve(new Secret(`${name} of ${origin?.line}:${origin?.column}`));
    const env = (name: string) => name === "KEY_PASS" ? "from env" : bare.env(name);
    const merged = merge([project]);
    const read = async (service: string, path: string) =>
      (await passphrasesOf(merged, merged.services[service], env)(path, secret))?.reveal();
    assert.equal(await read("own", "/srv/shop/k/own"), "two words");
    assert.equal(await read("own", "/home/ann/k"), "from env");
    assert.equal(await read("own", "/home/ann/other"), undefined);
    assert.equal(await read("kept", "/srv/shop/k/kept"), "ops/key of 4:61");
    await assert.rejects(read("lost", "/srv/shop/k/lost"), {
      kind: "config",
      message: /Cannot read the passphrase of k\/lost: No such file/,
      origin: { file: "/srv/shop/pallet.yaml", line: 3, column: 61 },
    });
    const unset = passphrasesOf(merged, undefined, bare.env);
    await assert.rejects(unset("/home/ann/k", secret), /the variable KEY_PASS is not set/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a passphrase and a password have one place each", async () => {
  for (const place of ["{ secret: a, file: b }", "{}", "{ secrets: a }"]) {
    await assert.rejects(
      projectFile(`admin-user: { become-password: ${place} }`),
      /admin-user\.become-password(?:\.secrets: unknown key "secrets"\. Did you mean "secret"|: must be one of secret, variable and file)/,
    );
  }
});

const configured = async (text: string) => merge([await parseConfig(text, "/p/pallet.yaml", "project")]);

Deno.test("chooseService() takes the lab on Linux until another is configured", async () => {
  assert.equal(chooseService(await configured(""), undefined, "linux").config.name, "lab");
  assert.throws(() => chooseService(merge([]), undefined, "darwin"), /the lab needs Linux/);
  const one = await configured("services: { mine: { provider: node-list } }");
  assert.equal(chooseService(one, undefined, "linux").config.name, "mine");
  assert.equal(chooseService(one, "lab", "linux").config.name, "lab");
});

Deno.test("chooseService() wants a choice between several, and takes the default", async () => {
  const two = "services: { a: { provider: lab }, b: { provider: lab } }\n";
  const several = await configured(two);
  assert.throws(() => chooseService(several, undefined, "linux"), /Several services .*a, b/);
  const chosen = await configured(`${two}default-service: b\n`);
  assert.equal(chooseService(chosen, undefined, "linux").config.name, "b");
});

Deno.test("chooseService() names the nearest service, and where a wrong default stands", async () => {
  const configuration = await configured("services: { mine: { provider: lab } }\ndefault-service: mien\n");
  assert.throws(
    () => chooseService(configuration, "labb", "linux"),
    /no service "labb"\. Did you mean "lab"\?/,
  );
  try {
    chooseService(configuration, undefined, "linux");
    assert.fail("accepted");
  } catch (error) {
    assert.ok(error instanceof PalletError);
    assert.deepEqual(error.origin, { file: "/p/pallet.yaml", line: 2, column: 1 });
  }
});
