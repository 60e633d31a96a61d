// Plugins in the built file, and in a process that has its permissions for good.
import assert from "node:assert/strict";
import { join } from "node:path";
import { encodeFrame, FrameReader } from "../engine/sandbox/frames.ts";
import { grantsOf, workerPermissions } from "../plugins/host/grants.ts";
import type { Message, Request } from "../plugins/protocol.ts";
import { standIn } from "./support/compiled.ts";
import { executable, run, withFolder } from "./support/executable.ts";
import { configured, ownPlugin } from "./support/plugins.ts";

const file = Deno.build.os === "windows" ? "" : await executable();

const HOSTILE = `export const reporter = { summary: "", open: () => ({
  event() { return Deno.readTextFile("/etc/passwd"); },
}) };`;

/** Has an executable run plugins of each kind, one of them hostile. */
async function runPlugins(file: string): Promise<void> {
  const posted: unknown[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    posted.push(await request.json());
    return new Response();
  });
  try {
    await withFolder(async (folder) => {
      const own = join(folder, "plugins");
      for (const name of ["command-provider", "webhook", "markdown-reporter"]) {
        await Deno.mkdir(join(own, name), { recursive: true });
        for await (const { name: module } of Deno.readDir(join(ownPlugin(name), ".."))) {
          await Deno.copyFile(join(ownPlugin(name), "..", module), join(own, name, module));
        }
      }
      const host = `127.0.0.1:${server.addr.port}`;
      const files = {
        "hostile.ts": HOSTILE,
        "infra.ts":
          'import { groupSpec } from "pallet";\nexport const none = groupSpec("none", { count: 0 });\n',
        "pallet.yaml": `plugins:
  fleet: { from: plugins/command-provider/mod.ts, kind: provider, permissions: { run: [echo] } }
  page: { from: plugins/markdown-reporter/mod.ts, kind: reporter }
  hostile: { from: hostile.ts, kind: reporter }
  hook:
    from: plugins/webhook/mod.ts
    kind: notifier
    permissions: { net: ["${host}"] }
    options: { url: "http://${host}/" }
services:
  prod: { provider: fleet, command: [echo, '[{"name":"a","address":"10.0.0.1"}]'] }
`,
      };
      for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(folder, name), text);
      const options = { cwd: folder, env: { HOME: folder, PATH: "/usr/bin:/bin" } };
      const nodes = await run([file, "nodes"], options);
      assert.match(nodes.out, /a .*10\.0\.0\.1/, nodes.err);
      const converge = await run([file, "converge", "--reporter", "page"], options);
      assert.equal(converge.status, 0, converge.err);
      assert.match(converge.out, /^## pallet converge/);
      assert.equal(posted.length, 1, converge.err);
      const hostile = await run([file, "converge", "--reporter", "hostile"], options);
      assert.equal(hostile.status, 0, hostile.err);
      assert.match(hostile.err, /Plugin "hostile" \(hostile\.ts\) needs read access to "\/etc\/passwd"/);
    });
  } finally {
    await server.shutdown();
  }
}

Deno.test({
  name: "the executable runs plugins of every kind with what they were granted",
  ignore: file === "",
  fn: async () => await runPlugins(file),
});

Deno.test({
  name: "a compiled executable runs plugins with what they were granted, as far as a stand-in tells",
  ignore: file === "",
  fn: async () => await withFolder(async (folder) => await runPlugins(await standIn(folder))),
});

/** Asks a process that was started with all permissions for a plugin, and answers with what it says. */
async function narrowed(permissions: string, requests: readonly Request[]): Promise<readonly Message[]> {
  const main = new URL("../main.ts", import.meta.url).pathname;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", "--no-prompt", "--unstable-worker-options", main, "__plugin", permissions],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = process.stdin.getWriter();
  const stdout = process.stdout.getReader();
  const frames = new FrameReader(async () => (await stdout.read()).value, 1e6);
  const answers: Message[] = [];
  for (const request of requests) {
    await writer.write(encodeFrame(request));
    const text = await frames.next();
    assert.ok(text !== undefined);
    answers.push(JSON.parse(text));
  }
  await writer.close();
  assert.equal(await frames.next(), undefined, "it ends with its input");
  assert.equal((await process.status).code, 0);
  return answers;
}

Deno.test("a process that has all permissions gives a plugin those that it was granted", async () => {
  const url = "https://example.com/mod.js";
  const source = `export const secretSource = { summary: "s", open: () => ({
    async read(name) {
      const tried = {};
      const all = {
        granted: () => Deno.readTextFileSync("/etc/hostname"),
        read: () => Deno.readTextFileSync("/etc/passwd"),
        write: () => Deno.writeTextFileSync("/tmp/x", ""),
        run: () => new Deno.Command("id").outputSync(),
        env: () => Deno.env.get("HOME"),
        import: () => import("data:text/javascript,1"),
        worker: () => new Worker("data:text/javascript,1", { type: "module" }),
        ffi: () => Deno.dlopen("libc.so.6", {}),
      };
      for (const [name, act] of Object.entries(all)) {
        try { await act(); tried[name] = "done"; } catch (error) { tried[name] = error.name; }
      }
      return JSON.stringify(tried);
    },
  }) };`;
  const graph = {
    entry: url,
    root: "file:///project/",
    modules: [{ url, type: "js", source, imports: {} }],
    graphHash: "",
  } as const;
  const plugin = configured(
    { from: url, kind: "secret-source", permissions: { read: ["/etc/hostname"] } },
    "/",
  );
  const answers = await narrowed(workerPermissions(grantsOf(plugin)), [
    { type: "load", id: 0, kind: "secret-source", graph },
    { type: "call", id: 1, method: "open", args: [{}] },
    { type: "call", id: 2, method: "read", args: ["x"] },
  ]);
  assert.deepEqual(answers[0], { type: "reply", id: 0, value: { summary: "s" } });
  const last = answers[2];
  assert.ok(last?.type === "reply", JSON.stringify(last));
  const denied = "NotCapable";
  assert.deepEqual(JSON.parse(String(last.value)), {
    granted: "done",
    read: denied,
    write: denied,
    run: denied,
    env: denied,
    import: "TypeError",
    worker: "ReferenceError",
    ffi: denied,
  });
});
