// The crate commands, by the command line, against hosts on loopback.
import assert from "node:assert/strict";
import { join } from "node:path";
import { withProject } from "../engine/modules/fixture.ts";
import { type CrateHost, jsrFiles, type Reply, withCrateHost } from "./support/crate_host.ts";
import { denoDir, type Outcome, pallet } from "./support/process.ts";

const BACKUP = `import { execScript, type ServerSpec, serverSpec, settingsKey, sh } from "pallet";
import { target } from "./target.ts";

export const pallet = ">=0.1.0";

/** Where backups go. Read by others. */
export const backupSettings = settingsKey<{ to: string }>("backup");

/** What a backup is made of. */
export interface Options {
  to?: string;
}

/** Backs a node up: every night. With care. */
export function backup(options: Options = {}): ServerSpec {
  return serverSpec({ phases: { backup: () => execScript(sh\`backup \${options.to ?? target}\`) } });
}
`;

interface Stage {
  readonly folder: string;
  readonly host: CrateHost;
  run(...args: readonly string[]): Promise<Outcome>;
  /** The same, ended with 0. */
  good(...args: readonly string[]): Promise<Outcome>;
  read(name: string): Promise<string>;
}

function onStage(
  files: Record<string, Reply>,
  project: Readonly<Record<string, string>>,
  use: (stage: Stage) => Promise<void>,
): Promise<void> {
  return withCrateHost(files, (host) => {
    const named = Object.entries(project).map((
      [name, text],
    ) => [`p/${name}`, text.replaceAll("@HOST", host.url)]);
    return withProject({ "p/.keep": "", ...Object.fromEntries(named) }, async (temporary) => {
      const folder = join(temporary, "p");
      const run = async (...args: readonly string[]): Promise<Outcome> => {
        const env = { XDG_CACHE_HOME: join(temporary, "cache"), DENO_DIR: denoDir, JSR_URL: host.url };
        const { status, out, err } = await pallet(args, { cwd: folder, env, limit: 60 });
        return { status, out: out.replaceAll(host.url, "HOST"), err: err.replaceAll(host.url, "HOST") };
      };
      await use({
        folder,
        host,
        run,
        good: async (...args) => {
          const outcome = await run(...args);
          assert.equal(outcome.status, 0, `pallet ${args.join(" ")}: ${outcome.out}${outcome.err}`);
          return outcome;
        },
        read: async (name) => (await Deno.readTextFile(join(folder, name))).replaceAll(host.url, "HOST"),
      });
    });
  });
}

const INFRA = `import { groupSpec } from "pallet";
import { backup } from "backup";
export const web = groupSpec("web", { extends: [backup()] });
`;
const EXPLAIN = ["explain", "web", "--phase", "backup", "--os", "debian-12", "--script"] as const;

Deno.test("check 5: a crate by URL is added, used, listed, tampered with, verified, updated and vendored", async () => {
  await onStage(
    {
      "/backup/mod.ts": () =>
        new Response(null, { status: 302, headers: { location: "/backup@1.2.0/mod.ts" } }),
      "/backup@1.2.0/mod.ts": BACKUP,
      "/backup@1.2.0/target.ts": `export const target: string = "tape";\n`,
    },
    { "infra.ts": INFRA, "deno.json": `{\n  // mine\n  "imports": {}\n}\n` },
    async ({ folder, host, run, good, read }) => {
      const added = await good("crate", "add", `${host.url}/backup/mod.ts`);
      assert.match(
        added.err,
        /Added HOST\/backup@1\.2\.0\/mod\.ts as "backup" to deno\.json: 2 modules, locked/,
      );
      assert.equal(
        added.out,
        [
          '"backup" exports:',
          "  Options         type      What a backup is made of.",
          "  backup          function  Backs a node up: every night.",
          "  backupSettings  settings  Where backups go.",
          "      to: string",
          "",
        ].join("\n"),
      );
      const map = await read("deno.json");
      assert.equal(map, `{\n  // mine\n  "imports": {\n    "backup": "HOST/backup@1.2.0/mod.ts"\n  }\n}\n`);
      assert.match(
        (await good("crate", "docs", "backup")).out,
        /function backup\(options: Options = \{\}\): ServerSpec\n {2}Backs a node up/,
      );

      const asked = host.requests.length;
      assert.match((await good(...EXPLAIN, "--frozen")).out, /backup tape/);
      const rows = JSON.parse((await good("crate", "list", "--json")).out);
      assert.deepEqual(
        rows.map((
          { name, version, modules, locked }: Record<string, unknown>,
        ) => [name, version, modules, locked]),
        [["backup", "1.2.0", 2, true]],
      );
      assert.equal(host.requests.length, asked);
      assert.match((await good("crate", "verify")).err, /2 modules are as locked/);

      host.files["/backup@1.2.0/target.ts"] = `export const target: string = "evil";\n`;
      const differs = await run("crate", "verify");
      assert.equal(differs.status, 1);
      assert.match(
        differs.out,
        /^HOST\/backup@1\.2\.0\/target\.ts: it was changed since it was locked: expected SHA-256/,
      );
      assert.match((await good("crate", "verify", "--offline")).err, /2 modules are as locked/);

      const before = await read("pallet.lock");
      const shown = await good("crate", "update", "--diff", "--dry-run");
      assert.match(
        shown.out,
        /~ HOST\/backup@1\.2\.0\/target\.ts\n[^]*-export const target: string = "tape";\n\+export const target: string = "evil";/,
      );
      assert.equal(await read("pallet.lock"), before);

      await Deno.remove(join(folder, "../cache"), { recursive: true });
      const refused = await run(...EXPLAIN);
      assert.equal(refused.status, 2);
      assert.match(
        refused.err,
        /\(HOST\/backup@1\.2\.0\/target\.ts\) .*expected SHA-256 \w+, found \w+\n {2}at HOST\/backup@1\.2\.0\/mod\.ts:2:/,
      );

      assert.match((await good("crate", "update", "backup")).err, /Wrote pallet\.lock, 1 module: 1 changed/);
      assert.match((await good(...EXPLAIN)).out, /backup evil/);

      assert.match((await good("crate", "vendor")).err, /Put 2 modules into vendor/);
      await Deno.remove(join(folder, "../cache"), { recursive: true });
      const asked2 = host.requests.length;
      assert.match((await good(...EXPLAIN, "--offline", "--frozen")).out, /backup evil/);
      assert.match((await good(...EXPLAIN)).out, /backup evil/);
      assert.equal(host.requests.length, asked2);
      host.files["/backup@1.2.0/target.ts"] = `export const target: string = "disk";\n`;
      await good("crate", "update");
      assert.match((await good(...EXPLAIN, "--offline", "--frozen")).out, /backup disk/);

      const index = JSON.parse(await read("vendor/modules.json"));
      const file = join(folder, "vendor", index.modules["HOST/backup@1.2.0/target.ts"].file);
      await Deno.writeTextFile(file, "export const target = 1;");
      const changed = await run(...EXPLAIN);
      assert.equal(changed.status, 2);
      assert.match(changed.err, /its vendored file .* was changed: expected SHA-256/);
    },
  );
});

Deno.test("check 5: jsr: ranges are locked, updated, and two versions of one package live together", async () => {
  const one = (version: string) => ({
    exports: { ".": "./mod.ts", "./part": "./src/part.ts" },
    files: {
      "/mod.ts": `export const version: string = "${version}";\n`,
      "/src/part.ts": `export { version } from "../mod.ts";\n`,
    },
  });
  const user = (range: string) => ({
    "1.0.0": {
      exports: "./mod.ts",
      files: { "/mod.ts": `export { version } from "jsr:@t/lib@${range}";\n` },
    },
  });
  const packages = {
    "@t/lib": {
      "1.0.0": one("1.0.0"),
      "1.2.0": one("1.2.0"),
      "1.9.0": { ...one("1.9.0"), yanked: true },
      "2.0.0": one("2.0.0"),
      "3.0.0-rc.1": one("3"),
    },
    "@t/old": user("^1"),
    "@t/new": user("2"),
  };
  await onStage(
    await jsrFiles(packages),
    {
      "infra.ts": `import { execScript, groupSpec, sh } from "pallet";
import { version as part } from "@t/lib/part";
import { version as old } from "jsr:@t/old@1";
import { version as young } from "jsr:@t/new";
export const web = groupSpec("web", { phases: { backup: () => execScript(sh\`echo \${part} \${old} \${young}\`) } });
`,
    },
    async ({ host, run, good, read }) => {
      assert.match(
        (await good("crate", "add", "jsr:@t/lib@^1.0")).err,
        /Added jsr:@t\/lib@\^1\.0 as "@t\/lib"/,
      );
      assert.match((await good(...EXPLAIN)).out, /echo 1\.2\.0 1\.2\.0 2\.0\.0/);
      const lock = JSON.parse(await read("pallet.lock"));
      assert.deepEqual(lock.ranges, {
        "jsr:@t/lib@2": "2.0.0",
        "jsr:@t/lib@^1": "1.2.0",
        "jsr:@t/lib@^1.0": "1.2.0",
        "jsr:@t/new@*": "1.0.0",
        "jsr:@t/old@1": "1.0.0",
      });
      assert.equal(lock.redirects["jsr:@t/lib@^1.0/part"], "HOST/@t/lib/1.2.0/src/part.ts");

      Object.assign(
        host.files,
        await jsrFiles({ ...packages, "@t/lib": { ...packages["@t/lib"], "1.3.0": one("1.3.0") } }),
      );
      const asked = host.requests.length;
      assert.match((await good(...EXPLAIN, "--frozen")).out, /echo 1\.2\.0 1\.2\.0 2\.0\.0/);
      assert.equal(host.requests.length, asked);
      const update = await good("crate", "update");
      assert.match(update.out, /jsr:@t\/lib@\^1 {2}1\.2\.0 -> 1\.3\.0/);
      assert.match(
        update.out,
        /~ HOST\/@t\/lib\/1\.3\.0\/mod\.ts {2}\(was HOST\/@t\/lib\/1\.2\.0\/mod\.ts\)/,
      );
      assert.match((await good(...EXPLAIN, "--offline", "--frozen")).out, /echo 1\.3\.0 1\.3\.0 2\.0\.0/);

      assert.match(
        (await good("crate", "add", "jsr:@t/old")).err,
        /Added jsr:@t\/old@\^1\.0\.0 as "@t\/old"/,
      );
      const absent = await run("crate", "add", "jsr:@t/lib@^7");
      assert.equal(absent.status, 2);
      assert.match(
        absent.err,
        /JSR has no version of @t\/lib that is in \^7\n.*Newest: 3\.0\.0-rc\.1, 2\.0\.0, 1\.3\.0/,
      );
      assert.match(
        (await run("crate", "add", "jsr:@t/lib@1/none", "--name", "x")).err,
        /@t\/lib exports nothing as "\.\/none"\n.*@t\/lib\/part/,
      );
      assert.match(
        (await run("crate", "add", "jsr:@t/none")).err,
        /HOST\/@t\/none\/meta\.json: its host answered 404/,
      );

      host.files["/@t/lib/1.0.0/mod.ts"] = "evil();";
      const tampered = await run("crate", "add", "jsr:@t/lib@1.0.0", "--name", "tampered");
      assert.match(tampered.err, /it is not what JSR promises: expected SHA-256/);
      assert.ok(!(await read("deno.json")).includes("tampered"));
    },
  );
});

const IMPORTS = '{ "imports": { "v": "npm:valibot" } }';

Deno.test("pallet crate says what it cannot do, and does nothing then", async () => {
  await onStage(
    { "/a.ts": "export const a = 1;", "/b.ts": "export {};" },
    { "deno.json": IMPORTS },
    async ({ host, run, good, read, folder }) => {
      const cases: readonly (readonly [args: readonly string[], expected: RegExp])[] = [
        [[], /Usage: pallet crate add\|list/],
        [["ad"], /Unknown command "crate ad"\. Did you mean "add"\?/],
        [["add"], /needs URL/],
        [["add", "./a.ts"], /neither an https: URL nor jsr/],
        [["add", "npm:x"], /npm packages are no crates[^]*valibot \S+ and yaml \S+ are in Pallet/],
        [["docs", "v"], /"v" of the import map is npm:valibot, and no crate from the web/],
        [["add", "http://crates.test/a.ts"], /crates are fetched by https/],
        [["add", `${host.url}/none.ts`], /Cannot load "HOST\/none\.ts": its host answered 404/],
        [["add", `${host.url}/a.ts`, "--name", "pallet"], /it needs a name/],
        [["add", `${host.url}/a.ts`, "--frozen"], /pallet\.lock, which --frozen leaves as it is/],
        [["update", "--offline"], /asks the hosts of crates, which --offline forbids/],
        [["update", "--frozen"], /changes pallet\.lock, which --frozen leaves/],
        [["update", "backup"], /There is no crate "backup" in the import map\.[^]*It holds none/],
        [["docs", "backup"], /There is no crate "backup"/],
      ];
      for (const [args, expected] of cases) {
        const { status, err } = await run("crate", ...args);
        assert.match(err, expected);
        assert.equal(status, 2, `pallet crate ${args.join(" ")}`);
      }
      assert.equal(await read("deno.json"), IMPORTS);
      await assert.rejects(Deno.stat(join(folder, "pallet.lock")), Deno.errors.NotFound);
      for (const command of ["list", "verify", "vendor"]) {
        assert.match((await good("crate", command)).err, /no crates from the web/);
      }
      await assert.rejects(Deno.stat(join(folder, "vendor")), Deno.errors.NotFound);
      assert.match((await good("crate", "--help")).out, /vendor {2}put all crates into/);
      assert.match((await good("crate", "add", "--help")).out, /Usage:.* pallet crate add URL/);

      await good("crate", "add", `${host.url}/a.ts`);
      await good("crate", "add", `${host.url}/a.ts`);
      assert.match(
        (await run("crate", "add", `${host.url}/b.ts`, "--name", "a")).err,
        /the import map has HOST\/a\.ts under this name/,
      );
      await Deno.mkdir(join(folder, "vendor"));
      assert.match((await run("crate", "vendor")).err, /it is there, and has no modules\.json/);
      await Deno.writeTextFile(join(folder, "pallet.lock"), "<<<<<<< mine\n");
      assert.match(
        (await run("crate", "list")).err,
        /Cannot read ".*pallet\.lock": it has a conflict that a merge left[^]*pallet\.lock:1:1/,
      );
    },
  );
});

Deno.test("--import-map names another map, a folder on disk stands for a crate, and pallet is never mapped", async () => {
  await onStage({ "/lib.ts": `import { text } from "texts/a.ts"; export { text };` }, {
    "infra.ts": `import { execScript, groupSpec, sh } from "pallet";
import { text } from "lib";
export const web = groupSpec("web", { phases: { backup: () => execScript(sh\`echo \${text}\`) } });
`,
    "map.json": `{ "imports": { "lib": "@HOST/lib.ts", "texts/": "../texts/", "pallet": "./types.ts" } }`,
    "../texts/a.ts": `export { text } from "./deep/b.ts";`,
    "../texts/deep/b.ts": `export const text: string = "by hand";`,
    "../texts/out.ts": `export { text } from "../secret.ts";`,
  }, async ({ folder, run, good, read }) => {
    assert.match((await good(...EXPLAIN, "--import-map", "map.json")).out, /echo 'by hand'/);
    assert.deepEqual(Object.keys(JSON.parse(await read("pallet.lock")).modules), ["HOST/lib.ts"]);
    assert.match(
      (await run(...EXPLAIN)).err,
      /Cannot import "lib" into infra\.ts: no module of this name is known\n.*infra\.ts:2:22/,
    );
    assert.match(
      (await run(...EXPLAIN, "--import-map", "no.json")).err,
      /Cannot read the import map ".*no\.json": no such file/,
    );
    await Deno.writeTextFile(join(folder, "../texts/a.ts"), `export { text } from "./out.ts";`);
    assert.match((await run(...EXPLAIN, "--import-map", "map.json")).err, /it is outside the crate's folder/);
  });
});

Deno.test("a crate that fails is told with its own URL and line", async () => {
  await onStage(
    {
      "/bad.ts":
        `enum Kind { a }\nexport class Bad { constructor(readonly kind: Kind) {\n\n  throw new Error("so bad"); } }\nexport const bad = new Bad(Kind.a);`,
    },
    { "infra.ts": `import { bad } from "@HOST/bad.ts"; console.log(bad);` },
    async ({ run, host, folder }) => {
      const { status, err } = await run("groups");
      assert.equal(status, 2);
      assert.match(err, /so bad\n {2}at HOST\/bad\.ts:4:9/);
      host.files["/bad.ts"] = `\nexport const bad = Deno.readTextFileSync("/etc/passwd");`;
      await Deno.remove(join(folder, "pallet.lock"));
      const powerless = await run("groups");
      assert.match(
        powerless.err,
        /Deno is not defined\n {2}at HOST\/bad\.ts:2:20\n.*without access to this machine/,
      );
    },
  );
});
