import assert from "node:assert/strict";
import { pallet } from "../tests/support/process.ts";

const YAML = `services:
  prod: { provider: lab, subnet: 10.1.2.0/24, dns: [192.0.2.1] }
  other: { provider: node-list, api-token: abc, nodes: [] }
default-service: prod
defaults: { parallel: 3 }
environment: { proxy: "http://me:pw@proxy.example:3128" }
`;

async function inProject(
  yaml: string,
  body: (
    run: (args: readonly string[], env?: Record<string, string>) => ReturnType<typeof pallet>,
    folder: string,
  ) => Promise<void>,
): Promise<void> {
  const cwd = await Deno.makeTempDir({ prefix: "pallet-config-" });
  try {
    await Deno.writeTextFile(`${cwd}/pallet.yaml`, yaml);
    await body(
      (args, env = {}) => pallet(args, { cwd, env: { XDG_CONFIG_HOME: `${cwd}/xdg`, ...env } }),
      cwd,
    );
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

Deno.test("pallet config show says each value, where it comes from and what it hides", async () => {
  await inProject(YAML, async (run) => {
    const { status, out } = await run(["config", "show", "--origin"], { PALLET_PARALLEL: "7" });
    assert.equal(status, 0);
    assert.match(out, /^defaults\.parallel +7 +PALLET_PARALLEL +3 \(pallet\.yaml:5:13\)$/m);
    assert.match(out, /^services\.prod\.dns +\["192\.0\.2\.1"\] +pallet\.yaml:2:47 +-$/m);
    assert.match(out, /^defaults\.max-fail +0 +built in +-$/m);
    assert.match(out, /^default-service +prod +pallet\.yaml:4:1 +-$/m);
  });
});

Deno.test("pallet config show never shows a secret", async () => {
  await inProject(YAML, async (run) => {
    for (
      const args of [["config", "show"], ["config", "show", "--json"], ["config", "show", "services.other"]]
    ) {
      const { out, err } = await run(args);
      assert.doesNotMatch(`${out}${err}`, /abc|pw/, args.join(" "));
      assert.match(out, /\*\*\*/);
    }
  });
});

Deno.test("pallet config show KEY is the value alone, and names the nearest of what there is", async () => {
  await inProject(YAML, async (run) => {
    assert.equal((await run(["config", "show", "default-service"])).out, "prod\n");
    assert.equal((await run(["config", "show", "default-service"], { PALLET_SERVICE: "lab" })).out, "lab\n");
    const flag = ["config", "show", "default-service", "--service", "other", "--json"];
    assert.deepEqual(JSON.parse((await run(flag, { PALLET_SERVICE: "lab" })).out), [{
      key: "default-service",
      value: "other",
      layer: "option",
      from: "--service",
      shadows: [{ value: "lab", from: "PALLET_SERVICE" }, { value: "prod", from: "pallet.yaml:4:1" }],
    }]);
    const { status, err } = await run(["config", "show", "defalts"]);
    assert.equal(status, 2);
    assert.match(err, /"defalts"\. Did you mean "defaults"\?/);
  });
});

Deno.test("pallet config schema is what editors read, and .pallet/schema holds it", async () => {
  await inProject(YAML, async (run, folder) => {
    const { status, out } = await run(["config", "schema"]);
    assert.equal(status, 0);
    const { $schema, properties } = JSON.parse(out);
    assert.equal($schema, "https://json-schema.org/draft/2020-12/schema");
    assert.ok("default-environment" in properties);
    assert.equal((await run(["init"])).status, 0);
    assert.equal(await Deno.readTextFile(`${folder}/.pallet/schema/project.json`), out);
    const wrong = await run(["config", "schema", "usr"]);
    assert.deepEqual([wrong.status, wrong.out], [2, ""]);
    assert.match(wrong.err, /Did you mean "user"\?/);
  });
});

Deno.test("pallet init names the schema in the first line of pallet.yaml", async () => {
  await inProject("", async (run, folder) => {
    await Deno.remove(`${folder}/pallet.yaml`);
    assert.equal((await run(["init"])).status, 0);
    const [first = ""] = (await Deno.readTextFile(`${folder}/pallet.yaml`)).split("\n");
    const path = /^# yaml-language-server: \$schema=(\S+)$/.exec(first)?.[1];
    assert.ok((await Deno.stat(`${folder}/${path}`)).isFile);
  });
});

Deno.test("what is wrong with a service's options is shown in its line", async () => {
  await inProject(YAML.replace("subnet", "subnett"), async (run) => {
    const { status, err } = await run(["nodes"]);
    assert.equal(status, 2);
    assert.match(err, /service prod: subnett: unknown key "subnett"\. Did you mean "subnet"\?/);
    assert.match(err, /at pallet\.yaml:2:26\n {4}2 \| {3}prod: .*\n {6}\| {26}\^{7}\n/);
  });
  await inProject(YAML, async (run) => {
    const { status, err } = await run(["nodes", "--option", "imge=debian-12"]);
    assert.equal(status, 2);
    assert.match(
      err,
      /^error: Service prod cannot have this --option: imge: unknown key "imge"\. Did you mean/,
    );
    assert.doesNotMatch(err, /pallet\.yaml/);
  });
});

Deno.test("check 84: one of several services is named by --service, PALLET_SERVICE or default-service", async () => {
  const yaml = `services:
  a: { provider: node-list, nodes: [{ name: one, address: 192.0.2.1 }] }
  b: { provider: node-list, nodes: [{ name: two, address: 192.0.2.2 }] }
`;
  const names = (out: string): string[] => JSON.parse(out).map(({ name }: { name: string }) => name);
  await inProject(yaml, async (run) => {
    const none = await run(["nodes"]);
    assert.equal(none.status, 2, "it is not guessed which of several is meant");
    assert.match(none.err, /Several services are configured \(a, b\)/);
    assert.deepEqual(names((await run(["nodes", "--service", "b", "--json"])).out), ["two"]);
    assert.deepEqual(names((await run(["nodes", "--json"], { PALLET_SERVICE: "b" })).out), ["two"]);
  });
  await inProject(`${yaml}default-service: a\n`, async (run) => {
    assert.deepEqual(names((await run(["nodes", "--json"])).out), ["one"]);
    const option = 'nodes=[{"name":"three","address":"192.0.2.3"}]';
    assert.deepEqual(names((await run(["nodes", "--option", option, "--json"])).out), ["three"]);
    const wrong = await run(["nodes", "--service", "c"]);
    assert.deepEqual([wrong.status, wrong.out], [2, ""]);
    assert.match(wrong.err, /no service "c"/);
  });
});

Deno.test("check 83: providers lists all kinds of services by the names that configuration takes", async () => {
  await inProject("", async (run, cwd) => {
    const { status, out } = await run(["providers", "--json"]);
    assert.equal(status, 0);
    const names: string[] = JSON.parse(out).map(({ name }: { name: string }) => name);
    assert.deepEqual(names.toSorted(), ["ec2", "hybrid", "lab", "localhost", "node-list", "virtualbox"]);
    // Each is taken: what is wrong is the option, which is told with the kind's own words.
    for (const name of names) {
      await Deno.writeTextFile(`${cwd}/pallet.yaml`, `services: { it: { provider: ${name}, no-such: 1 } }\n`);
      assert.match((await run(["nodes"])).err, /no-such/, name);
    }
  });
});

Deno.test("check 87: a function that the infra file exports says which service a group's nodes are of", async () => {
  const yaml = `services:
  mine: { provider: node-list, nodes: [{ name: db-1, group: db, address: 192.0.2.1, os: debian-12 }] }
  other: { provider: node-list, nodes: [{ name: web-1, group: web, address: 192.0.2.2, os: debian-12 }] }
  both: { provider: hybrid, services: [mine, other], by: serviceOf }
  loop: { provider: hybrid, services: { "*": loop } }
default-service: both
`;
  const infra = `import { directory, groupSpec } from "pallet";
const phases = { configure: () => directory("/srv/x") };
export const web = groupSpec("web", { count: 1, phases });
export const db = groupSpec("db", { count: 1, phases });
export const serviceOf = (group: string) => group === "db" ? "mine" : "other";
`;
  await inProject(yaml, async (run, folder) => {
    await Deno.writeTextFile(`${folder}/infra.ts`, infra);
    const { status, out, err } = await run(["plan"]);
    assert.equal(status, 0, err);
    assert.match(out, /nodes: 2 unchanged/);
    const more = await run(["plan", "db=2"]);
    assert.match(
      more.err,
      /Cannot create nodes of group "db": .*has existing machines only; 2 are wanted, there are 1/,
    );
    const wrong = await run(["plan", "--option", "by=servceOf"]);
    assert.equal(wrong.status, 2);
    assert.match(wrong.err, /exports no function "servceOf"\. Did you mean "serviceOf"\?/);
    assert.match(
      (await run(["plan", "--service", "loop"])).err,
      /in a circle: loop -> loop\n {2}at pallet\.yaml:5:3/,
    );
  });
});

Deno.test("pallet groups and pallet ssh heed environments, also those of the infra file alone", async () => {
  const yaml = `services:
  mine: { provider: node-list, nodes: [{ name: web-1, group: web, address: 192.0.2.1 }] }
environments:
  big: { groups: { web: { count: 7 } } }
`;
  const infra = `import { environmentSpec, groupSpec } from "pallet";
export const web = groupSpec("web", { count: 1 });
export const prod = environmentSpec("prod", { user: { username: "ops" }, groups: { web: { count: 5 } } });
`;
  await inProject(yaml, async (run, folder) => {
    await Deno.writeTextFile(`${folder}/infra.ts`, infra);
    const count = async (...args: readonly string[]) => {
      const { status, out, err } = await run(["groups", "--json", ...args]);
      assert.equal(status, 0, err);
      return JSON.parse(out)[0].count;
    };
    assert.deepEqual(
      await Promise.all([count(), count("--env", "big"), count("--env", "prod")]),
      [1, 7, 5],
    );
    const settings = await run(["ssh", "--settings", "--json", "--env", "prod", "-F", "none", "web-1"]);
    assert.equal(settings.status, 0, settings.err);
    assert.equal(JSON.parse(settings.out).user, "ops");
    for (const args of [["groups"], ["ssh", "--settings", "web-1"], ["ssh", "web-1"]]) {
      const { status, err } = await run([...args, "--env", "prd"]);
      assert.equal(status, 2, args.join(" "));
      assert.match(err, /There is no environment "prd"\. Did you mean "prod"\?/);
    }
    // Without an infra file those of the configuration are all there are.
    await Deno.remove(`${folder}/infra.ts`);
    const without = await run(["ssh", "--settings", "web-1", "--env", "prod"]);
    assert.match(without.err, /There is no environment "prod"\.[^]*Environments there are: big/);
    assert.equal((await run(["ssh", "--settings", "web-1", "--env", "big"])).status, 0);
  });
});
