import assert from "node:assert/strict";
import fc from "fast-check";
import { definitions } from "../../actions/list.ts";
import { PalletError } from "../../errors.ts";
import * as pallet from "../../mod.ts";
import { pallet as run } from "../../../tests/support/process.ts";
import { parseConfig } from "../file.ts";
import { Placed } from "./placed.ts";
import { translate } from "./translate.ts";

const module = async (text: string) => translate(await parseConfig(text, "/srv/shop/pallet.yaml", "project"));

const YAML = `default-service: mine
services:
  mine: { provider: node-list, nodes: [{ name: web-1, group: web, address: 192.0.2.1, os: debian-12 }] }
crates:
  automatedAdminUser: pallet/crates/automated-admin-user
groups:
  web:
    count: 1
    roles: [front]
    extends:
      - automatedAdminUser: { username: ops, publicKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKey ops] }
    phases:
      configure:
        - packages: [curl, git]
        - remoteFile:
            /etc/motd: { content: "it's \\"so\\"\\n", mode: "0644" }
          then:
            - service: { cron: { action: restart } }
        - symbolicLink: { /opt/app-1: /opt/app }
        - execScript: |
            echo one
            echo "$HOME"
        - waitForPort: { 22: {} }
        - directory: /srv/a
`;

async function inProject(
  yaml: string,
  body: (call: (...args: readonly string[]) => ReturnType<typeof run>, folder: string) => Promise<void>,
): Promise<void> {
  const cwd = await Deno.makeTempDir({ prefix: "pallet-yaml-" });
  try {
    await Deno.writeTextFile(`${cwd}/pallet.yaml`, yaml);
    await body((...args) => run(args, { cwd, env: { XDG_CONFIG_HOME: `${cwd}/xdg` } }), cwd);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

Deno.test("translate() puts each call where its key stands in the YAML", async () => {
  const lines = (await module(YAML)).split("\n");
  const at = (line: number, column: number, text: string) =>
    assert.ok(
      (lines[line - 1] ?? "").slice(column - 1).startsWith(text),
      `${line}:${column} ${lines[line - 1]}`,
    );
  at(7, 3, 'groupSpec("web"');
  at(14, 11, 'packages("curl", "git")');
  at(16, 13, "remoteFile(");
  at(20, 11, 'execScript(rawScript("echo one\\necho \\"$HOME\\"\\n"))');
  at(24, 11, 'directory("/srv/a")');
});

Deno.test("a project in YAML alone is planned like any other, with places of the YAML", async () => {
  await inProject(YAML, async (call) => {
    const { status, out, err } = await call("plan");
    assert.equal(status, 0, err);
    assert.match(out, /packages curl, git +pallet\.yaml:14:11\n/);
    assert.match(out, /remoteFile \/etc\/motd +pallet\.yaml:16:13\n/);
    assert.match(out, /service cron \(restart\) +pallet\.yaml:18:\d+\n/);
    assert.match(out, /symbolicLink \/opt\/app -> \/opt\/app-1 +pallet\.yaml:19:\d+\n/);
    assert.match(out, /phase bootstrap[^]*user ops/);
    const explained = await call("explain", "web", "--os", "debian-12", "--json");
    const [configure] = JSON.parse(explained.out);
    const reaction = configure.actions.find(({ kind }: { kind: string }) => kind === "service");
    assert.deepEqual(reaction.triggers, ["remoteFile:/etc/motd"]);
    assert.match((await call("groups")).out, /^web +1 +front +bootstrap, configure +- +pallet\.yaml:7:3$/m);
  });
});

Deno.test("what is wrong in a project in YAML is told at its place", async () => {
  const wrong = async (from: string, to: string, message: RegExp, place: RegExp) => {
    await inProject(YAML.replace(from, to), async (call) => {
      const { status, err } = await call("plan");
      assert.equal(status, 2, err);
      assert.match(err, message);
      assert.match(err, place);
    });
  };
  await wrong(
    "- packages",
    "- pakcages",
    /there is no "pakcages" here\. Did you mean "packages"\?/,
    /at pallet\.yaml:14:11/,
  );
  await wrong("mode:", "mdoe:", /unknown key "mdoe"\. Did you mean "mode"\?/, /at pallet\.yaml:16:52/);
  await wrong("count: 1", "cuont: 1", /unknown key "cuont"\. Did you mean "count"\?/, /at pallet\.yaml:8:5/);
  await wrong("roles: [front]", "nodeSpec: { image: { osFamly: x } }", /osFamly/, /at pallet\.yaml:9:26/);
  await wrong("automated-admin-user\n", "automated-admin\n", /Known crates/, /at pallet\.yaml:5:/);
  await inProject(YAML.replaceAll("automatedAdminUser", "adminUser"), async (call) => {
    const { status, err } = await call("plan");
    assert.equal(status, 2);
    assert.match(err, /export named 'adminUser'[^]*at pallet\.yaml:5:/);
  });
  await wrong(
    "- automatedAdminUser: {",
    "- unheard: {",
    /there is no "unheard" here/,
    /at pallet\.yaml:11:9/,
  );
});

Deno.test("crate commands and init know a project in YAML", async () => {
  const yaml = YAML.replace("pallet/crates/automated-admin-user", "https://127.0.0.1:9/crate.ts");
  await inProject(yaml, async (call, folder) => {
    const locked = await call("crate", "lock", "--offline");
    assert.notEqual(locked.status, 0);
    assert.match(locked.err, /127\.0\.0\.1:9\/crate\.ts[^]*at pallet\.yaml:5:/);
    assert.match((await call("init")).err, /Kept pallet\.yaml/);
    await assert.rejects(Deno.stat(`${folder}/infra.ts`));
  });
});

Deno.test("groups in pallet.yaml and an infra file beside it are one too many", async () => {
  await inProject(YAML, async (call, folder) => {
    await Deno.writeTextFile(
      `${folder}/infra.ts`,
      `import { groupSpec } from "pallet";\nexport const db = groupSpec("db");\n`,
    );
    const { status, err } = await call("groups");
    assert.equal(status, 2);
    assert.match(
      err,
      /Groups stand both in .*pallet\.yaml and in the infra file .*infra\.ts[^]*at pallet\.yaml:6:1/,
    );
    assert.match((await call("groups", "--infra", "infra.ts")).out, /^db/m);
  });
});

Deno.test("translate() refuses names that pallet itself has, and items that are no call", async () => {
  const refused = (yaml: string, message: RegExp) =>
    assert.rejects(module(yaml), (error: PalletError) => {
      assert.equal(error.kind, "config");
      assert.match(error.message, message);
      return true;
    });
  await refused(
    "crates: { packages: pallet/crates/git }\ngroups: { web: {} }\n",
    /"packages" is a name of pallet's own/,
  );
  await refused(
    "groups: { web: { phases: { configure: [{ file: /a, group: b }] } } }\n",
    /must be one name, or a map/,
  );
  await refused("groups: { web: { phases: { configure: [3] } } }\n", /must be one name, or a map/);
  await refused("groups: { web: { phases: { configure: [{ then: [] }] } } }\n", /must be one name, or a map/);
});

/** What actions are given that are not about a path alone. */
const WRITTEN: Readonly<Record<string, string>> = {
  execCheckedScript:
    '{ unpack: ["tar -x {{secret a}}", { creates: /x, onlyIf: "test -d /y" }], short: "true" }',
  execScript: '{ ls: { unless: "true", changedWhen: false } }',
  group: "x",
  guarded: "{ within: 9, do: [packages: [a]], undo: [packages: [b]] }",
  lineInFile: "[/x, line]",
  packageManager: "update",
  packages: "[x]",
  reboot: "{ when: always }",
  remoteFile: "{ /x: { content: x } }",
  sed: "{ /x: { a: b } }",
  service: "{ x: { action: [start, enable] } }",
  symbolicLink: "{ x: /y }",
  user: "x",
  waitForHttp: "http://x",
  waitForPort: "{ 80: { standoff: 1 } }",
};

Deno.test("every action of pallet can be written in YAML", async () => {
  // What ends guarded actions is put there by what begins them.
  for (const kind of [...definitions.keys()].filter((one) => one !== "keep")) {
    assert.ok(kind in pallet, `${kind} is a function of "pallet"`);
    const value = WRITTEN[kind] ?? "[/x]";
    const text = await module(`groups: { web: { phases: { configure: [${kind}: ${value}] } } }\n`);
    assert.ok(text.includes(`${kind}(`), kind);
  }
});

Deno.test("translate() says any data of YAML as that data, whatever it holds", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), fc.string({ unit: "binary" }), async (data, text) => {
      const value = JSON.parse(JSON.stringify({ data, text }));
      const yaml = JSON.stringify({
        crates: { take: "pallet/crates/git" },
        groups: { web: { phases: { configure: [{ take: value }] } } },
      });
      const source = await module(yaml);
      const args = /take\((.*)\),\],\},\}\),\];/.exec(source)?.[1];
      assert.ok(args !== undefined, source);
      assert.deepEqual(new Function(`return ${args}`)(), value);
    }),
    { numRuns: 200 },
  );
});

Deno.test("Placed puts pieces where they belong, or as soon as it can", () => {
  const place = (line: number, column: number) => ({ file: "x", line, column });
  const text = new Placed().at(place(2, 3), "ab").at(place(2, 4), "cd").at(place(4, 1), "e").text;
  assert.equal(text, "\n  abcd\n\ne\n");
});

Deno.test("texts of a project in YAML name secrets, which plans show by their names", async () => {
  const yaml = `groups:
  web:
    count: 1
    phases:
      configure:
        - remoteFile:
            /etc/app.env: { content: "A={{secret db/pass-word}}, B={{secret b}}, {{{{secret c}}, {{secret}}\\n" }
        - execScript: 'login --key "{{secret api.key}}"'
`;
  await inProject(yaml, async (call) => {
    const { status, out, err } = await call("explain", "web", "--os", "debian-12", "--json");
    assert.equal(status, 0, err);
    const [{ actions, script }] = JSON.parse(out);
    assert.equal(actions[0].title, "remoteFile /etc/app.env");
    assert.match(actions[1].title, /login --key "<secret api\.key>"/);
    assert.match(
      script,
      /^pallet_secrets pallet_value_1 db\/pass-word pallet_value_2 b pallet_value_3 api\.key$/m,
    );
    assert.match(script, /B='"\$\{pallet_value_2\}"', \{\{secret c\}\}, \{\{secret\}\}/);
  });
  for (const wrong of ["{{secret ../b}}", "{{secret two words}}", '{{secret \\"b\\"}}', "{{secret }}"]) {
    await inProject(yaml.replace("{{secret b}}", wrong), async (call) => {
      const { status, err } = await call("explain", "web", "--os", "debian-12");
      assert.equal(status, 2, wrong);
      assert.match(err, /Invalid name of a secret: .*\n.*pallet\.yaml:7/);
    });
  }
});
