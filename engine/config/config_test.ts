import assert from "node:assert/strict";
import { PalletError } from "../errors.ts";
import { loadConfiguration, mergeFiles } from "./config.ts";
import { parseConfig } from "./file.ts";
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
  assert.match(error.message, /defaults\.parallel: must be number, not "many"/);
  assert.equal(at(error), "2:3");
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
    /2 problems:\n {2}line 1, column 1: infra: .*\n {2}line 2, column 13: defaults\.batch/,
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
    assert.match(error.message, /line 3, column 3: environment\.proxy: must be a URL, not "http:\/\/x y"\n/);
    assert.match(
      error.message,
      /line 4, column 20: environment\.groups\.web\.count: must be 0 or more, not -1\n/,
    );
    assert.match(
      error.message,
      /line 6, column 41: services\.prod\.environment\.packager: must be "apt" \| "dnf"/,
    );
    assert.deepEqual(error.origin, { file: "/srv/pallet.yaml", line: 3, column: 3 });
    return true;
  });
});

Deno.test("mergeFiles() lets the project win, keeps layers of environment apart, and resolves paths", async () => {
  const user = await parseConfig(
    [
      "services:",
      "  prod: { provider: ec2, region: eu }",
      "admin-user: { username: ann, private-key: keys/ann }",
      "defaults: { batch: 25%, parallel: 4 }",
      "environment: { stage: a }",
    ].join("\n"),
    "/home/ann/.config/pallet/config.yaml",
    "user",
  );
  const project = await parseConfig(
    [
      "services:",
      "  prod: { provider: node-list, nodes: [], environment: { stage: x } }",
      "defaults: { parallel: 8 }",
      "environment: { stage: b }",
      "infra: ops/infra.ts",
      "permissions: { local-files: [../shared, ~/keys] }",
    ].join("\n"),
    "/srv/shop/pallet.yaml",
    "project",
  );
  const merged = mergeFiles([user, project]);
  assert.deepEqual(merged.services.prod?.config.options, { nodes: [] });
  assert.deepEqual(merged.services.prod?.environment, { stage: "x" });
  assert.equal(merged.services.prod?.config.baseDir, "/srv/shop");
  assert.deepEqual(Object.keys(merged.services), ["lab", "localhost", "prod"]);
  assert.deepEqual(merged.defaults, { batch: "25%", parallel: 8 });
  assert.deepEqual(merged.environment, { user: { stage: "a" }, project: { stage: "b" } });
  assert.deepEqual(merged.adminUser, { username: "ann", privateKey: "/home/ann/.config/pallet/keys/ann" });
  assert.equal(merged.infra, "/srv/shop/ops/infra.ts");
  assert.deepEqual(merged.localFiles, ["/srv/shared", `${Deno.env.get("HOME") ?? ""}/keys`]);
  assert.equal(merged.allowWorkstation, false);
  assert.deepEqual(merged.origins["defaults.parallel"], {
    file: "/srv/shop/pallet.yaml",
    line: 3,
    column: 13,
  });
  assert.equal(merged.origins["defaults.batch"]?.file, "/home/ann/.config/pallet/config.yaml");
});

Deno.test("loadConfiguration() is content with no file at all, and expands the home folder", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const env = (name: string) => name === "XDG_CONFIG_HOME" ? `${folder}/xdg` : undefined;
    const none = await loadConfiguration(folder, env);
    assert.deepEqual(none.files, []);
    assert.deepEqual(Object.keys(none.services), ["lab", "localhost"]);
    await Deno.writeTextFile(`${folder}/pallet.yaml`, "admin-user: { username: a, private-key: ~/.ssh/k }\n");
    const some = await loadConfiguration(folder, env);
    assert.equal(some.adminUser?.privateKey, `${Deno.env.get("HOME") ?? ""}/.ssh/k`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const configured = async (text: string) => mergeFiles([await parseConfig(text, "/p/pallet.yaml", "project")]);

Deno.test("chooseService() takes the lab on Linux until another is configured", async () => {
  assert.equal(chooseService(await configured(""), undefined, "linux").config.name, "lab");
  assert.throws(() => chooseService(mergeFiles([]), undefined, "darwin"), /the lab needs Linux/);
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
