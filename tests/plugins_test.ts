// Plugins as users have them: in a pallet.yaml, by the command line.
import assert from "node:assert/strict";
import { join } from "node:path";
import { withProject } from "../engine/modules/fixture.ts";
import { withCrateHost } from "./support/crate_host.ts";
import { ownPlugin } from "./support/plugins.ts";
import { pallet } from "./support/process.ts";

Deno.test("the crate commands lock, verify and vendor plugins with the crates of a project", async () => {
  const files = {
    "/mod.ts": `import { readOptions } from "pallet/plugin";
import { seen } from "./seen.ts";
export const notifier = { summary: "", open: (options: object) => ({ notify() { console.log(seen, Object.keys(readOptions({}, {})).length); } }) };`,
    "/seen.ts": `export const seen: string = "seen by";`,
  };
  await withCrateHost(files, async (host) => {
    const yaml = `plugins:
  far: { from: "${host.url}/mod.ts", kind: notifier }
  near: { from: near.ts, kind: notifier }
  fleet: { from: ${ownPlugin("command-provider")}, kind: provider, permissions: { run: [echo] } }
services:
  prod: { provider: fleet, command: [echo, "[]"] }
`;
    const near = `export { notifier } from "${host.url}/mod.ts";`;
    const infra = 'import { groupSpec } from "pallet";\nexport const none = groupSpec("none", { count: 0 });';
    await withProject({ "pallet.yaml": yaml, "near.ts": near, "infra.ts": infra }, async (folder) => {
      const run = async (cache: string, ...args: readonly string[]) => {
        const env = {
          XDG_CACHE_HOME: join(folder, cache),
          XDG_STATE_HOME: join(folder, "state"),
        };
        const outcome = await pallet(args, { cwd: folder, env });
        assert.equal(outcome.status, 0, `${args.join(" ")}: ${outcome.err}`);
        return outcome;
      };
      await run("a", "crate", "lock");
      const lock = JSON.parse(await Deno.readTextFile(join(folder, "pallet.lock")));
      assert.deepEqual(Object.keys(lock.modules), [`${host.url}/mod.ts`, `${host.url}/seen.ts`]);
      await run("a", "crate", "verify");
      const told = await run("a", "converge", "--frozen");
      assert.match(told.err, /far: seen by 0/);
      assert.match(told.err, /near: seen by 0/);
      await run("a", "crate", "vendor");
      const asked = host.requests.length;
      const vendored = await run("b", "converge", "--frozen", "--offline");
      assert.match(vendored.err, /far: seen by 0/);
      assert.equal(host.requests.length, asked);
    });
  });
});

/** A project whose nodes a command lists, none of which answers. */
function project(url: string, nodes: string): Readonly<Record<string, string>> {
  return {
    "infra.ts": `import { groupSpec, execScript, sh } from "pallet";
export const web = groupSpec("web", { count: 1, phases: { configure: () => execScript(sh\`true\`) } });
export const none = groupSpec("none", { count: 0 });`,
    "nodes.json": nodes,
    "pallet.yaml": `
plugins:
  fleet: { from: ${ownPlugin("command-provider")}, kind: provider, permissions: { run: [cat] } }
  hook:
    from: ${ownPlugin("webhook")}
    kind: notifier
    permissions: { net: ["${new URL(url).host}"] }
    options: { url: "${url}/hook", operations: [converge, lift] }
  page: { from: ${ownPlugin("markdown-reporter")}, kind: reporter }
services:
  prod: { provider: fleet, command: [cat, nodes.json] }
`,
  };
}

/** Runs something with an address that keeps what is posted to it, and answers as told. */
async function withHook(
  status: number,
  use: (url: string, posted: unknown[]) => Promise<void>,
): Promise<void> {
  const posted: unknown[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    posted.push(await request.json());
    return new Response(null, { status });
  });
  try {
    await use(`http://127.0.0.1:${server.addr.port}`, posted);
  } finally {
    await server.shutdown();
  }
}

Deno.test("a run on a plugin's nodes is shown by a plugin and told to a plugin", async () => {
  await withHook(204, async (url, posted) => {
    await withProject(project(url, "[]"), async (folder) => {
      const env = { XDG_STATE_HOME: join(folder, "state"), XDG_CACHE_HOME: join(folder, "cache") };
      const options = { cwd: folder, env };
      const done = await pallet(["converge", "none", "--reporter", "page"], options);
      assert.equal(done.status, 0, done.err);
      assert.match(done.out, /^## pallet converge.*: ok\n\nService prod, /);
      assert.equal(done.err, "");
      const [end] = posted as { operation: string; service: string; result: string; exitCode: number }[];
      assert.deepEqual([posted.length, end?.operation, end?.service, end?.result, end?.exitCode], [
        1,
        "converge",
        "prod",
        "ok",
        0,
      ]);
    });
  });
});

Deno.test("a notifier that fails is a warning, and the run ends as it did", async () => {
  await withHook(500, async (url, posted) => {
    const nodes = '[{"name":"web-1","group":"web","address":"127.0.0.1","port":9}]';
    await withProject(project(url, nodes), async (folder) => {
      const env = { XDG_STATE_HOME: join(folder, "state"), XDG_CACHE_HOME: join(folder, "cache") };
      const { status, out, err } = await pallet(["lift", "--phase", "configure", "--reporter", "page"], {
        cwd: folder,
        env,
      });
      assert.equal(status, 4, err);
      assert.match(
        out,
        /## pallet lift configure: failed[\s\S]*\| web&#45;1 \| web \| \*\*unreachable\*\* \|/,
      );
      assert.match(err, /warn: Notifier "hook" was not told of the end: .*127\.0\.0\.1:\d+ answered 500/);
      const [end] = posted as { result: string; exitCode: number; targets: unknown[] }[];
      assert.deepEqual([end?.result, end?.exitCode, end?.targets.length], ["failed", 4, 1]);
    });
  });
});

Deno.test("pallet lists plugins with what they may do, and their providers with where they are from", async () => {
  await withProject(project("http://127.0.0.1:1", "[]"), async (folder) => {
    const [plugins, providers, nodes] = await Promise.all([
      pallet(["plugins"], { cwd: folder }),
      pallet(["providers", "--json"], { cwd: folder }),
      pallet(["nodes", "--reporter", "paeg"], { cwd: folder }),
    ]);
    assert.match(plugins.out, /fleet +provider +\S+mod\.ts +run cat +pallet\.yaml:3:3/);
    assert.match(plugins.out, /page +reporter +\S+mod\.ts +none/);
    const fleet = JSON.parse(providers.out).find(({ name }: { name: string }) => name === "fleet");
    assert.equal(fleet.from, ownPlugin("command-provider"));
    assert.equal(nodes.status, 2);
    assert.match(
      nodes.err,
      /--reporter must be one of tty, plain, jsonl, junit, html, github-actions, none, page, not "paeg"\. Did you mean "page"\?/,
    );
  });
});

Deno.test("a reporter that fails leaves the run to lines", async () => {
  const broken =
    "export const reporter = { summary: '', open: () => ({ event() { throw new Error('cannot draw'); } }) };";
  await withProject({ ...project("http://127.0.0.1:1", "[]"), "broken.ts": broken }, async (folder) => {
    const yaml = await Deno.readTextFile(join(folder, "pallet.yaml"));
    const changed = yaml.replace(/ {2}hook:[\s\S]*?(?= {2}page)/, "").replace(
      /page: \{ from: \S+,/,
      "page: { from: ./broken.ts,",
    );
    await Deno.writeTextFile(join(folder, "pallet.yaml"), changed);
    const env = { XDG_STATE_HOME: join(folder, "state"), XDG_CACHE_HOME: join(folder, "cache") };
    const { status, err } = await pallet(["converge", "none", "--reporter", "page"], { cwd: folder, env });
    assert.equal(status, 0, err);
    assert.match(err, /warn: Plugin "page" \(broken\.ts\): cannot draw \(at broken\.ts:1:\d+\)/);
  });
});

Deno.test("a configuration of plugins that cannot be is refused with its place", async () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["x: { from: ./x.ts, kind: providre }", /must be .*Did you mean "provider"\?/],
    [
      "x: { from: ./x.ts, kind: notifier, permissions: { nets: [a] } }",
      /unknown key "nets"\. Did you mean "net"\?/,
    ],
    ['x: { from: ./x.ts, kind: notifier, permissions: { net: ["https://a.example"] } }', /must be a host/],
    ['x: { from: ./x.ts, kind: notifier, permissions: { read: ["/a,/b"] } }', /without a comma/],
    ["lab: { from: ./x.ts, kind: provider }", /has the name of a provider that is built in/],
    ["plain: { from: ./x.ts, kind: reporter }", /has the name of a reporter that is built in/],
    ["x: { from: ./x.ts, kind: provider, options: {} }", /is a provider and has options/],
  ];
  for (const [line, message] of wrong) {
    await withProject({ "pallet.yaml": `plugins:\n  ${line}\n` }, async (folder) => {
      const { status, err } = await pallet(["providers"], { cwd: folder });
      assert.equal(status, 2, err);
      assert.match(err, message);
      assert.match(err, /at pallet\.yaml:2:/);
    });
  }
});
