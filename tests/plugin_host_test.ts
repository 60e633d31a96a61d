// The host of plugins: by path and by URL, good ones and hostile ones.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { ConfiguredPlugin } from "../engine/config/config.ts";
import { PalletError } from "../engine/errors.ts";
import { withProject } from "../engine/modules/fixture.ts";
import { pluginsOf } from "../plugins/mod.ts";
import { withCrateHost } from "./support/crate_host.ts";
import { configured, pluginContext } from "./support/plugins.ts";

/** What a secret source of a folder answers, or the error. */
async function ask(
  folder: string,
  plugin: Partial<ConfiguredPlugin> = {},
  said: string[] = [],
  context = pluginContext(said),
): Promise<string | undefined | PalletError> {
  const one = configured({ from: "./plugin.ts", kind: "secret-source", ...plugin }, folder);
  const [source] = pluginsOf({ tried: one }, context).secretSources;
  assert.ok(source !== undefined);
  try {
    const open = await source.open();
    try {
      return await open.read("name");
    } finally {
      await open.close();
    }
  } catch (error) {
    if (error instanceof PalletError) return error;
    throw error;
  }
}

/** A secret source whose `read` has this body. */
function source(body: string, before = ""): Readonly<Record<string, string>> {
  return {
    "plugin.ts": `${before}
export const secretSource = { summary: "", open: () => ({ async read(name: string, signal: AbortSignal) { ${body} } }) };`,
  };
}

/** Asserts that a source's body ends in an error that matches, and that nothing is left. */
async function refused(
  body: string,
  message: RegExp,
  plugin: Partial<ConfiguredPlugin> = {},
  before = "",
): Promise<PalletError> {
  return await withProject(source(body, before), async (folder) => {
    const answer = await ask(folder, plugin);
    assert.ok(answer instanceof PalletError, `${body} answers ${answer}`);
    assert.match(answer.message, message);
    assert.match(answer.message, /Plugin "tried" \(.*plugin\.ts\)/);
    return answer;
  });
}

Deno.test("a plugin does what it was granted, and what it was not is named with the line to add", async () => {
  const tries: readonly (readonly [string, RegExp, string])[] = [
    [
      `return Deno.readTextFileSync("/etc/passwd")`,
      /needs read access to "\/etc\/passwd"/,
      "read: [/etc/passwd]",
    ],
    [`Deno.writeTextFileSync("/tmp/x", "")`, /needs write access to "\/tmp\/x"/, "write: [/tmp/x]"],
    [
      `await fetch("http://127.0.0.1:9999/")`,
      /needs net access to "127.0.0.1:9999"/,
      "net: [127.0.0.1:9999]",
    ],
    [`await new Deno.Command("id").output()`, /needs run access to "id"/, "run: [id]"],
    [`return Deno.env.get("HOME")`, /needs env access to "HOME"/, "env: [HOME]"],
    [`return Deno.hostname()`, /needs sys access to "hostname"/, "sys: [hostname]"],
    [`Deno.dlopen("libc.so.6", {})`, /needs ffi access/, "No plugin can be granted that."],
    [
      `try { await fetch("https://api.example.com/") } catch (cause) { throw new Error("own words", { cause }) }`,
      /needs net access to "api.example.com:443"/,
      "net: [api.example.com:443]",
    ],
  ];
  for (const [body, message, help] of tries) {
    const error = await refused(body, message);
    assert.equal(error.kind, "config");
    assert.ok(error.help?.endsWith(help), error.help);
    assert.equal(error.origin?.line, 2);
  }
  await withProject({
    ...source("return Deno.readTextFileSync(Deno.args[0] ?? DATA)", 'const DATA = "data/x";'),
  }, async (folder) => {
    await Deno.mkdir(join(folder, "data"));
    await Deno.writeTextFile(join(folder, "data/x"), "inside");
    const body = `return Deno.readTextFileSync(${JSON.stringify(join(folder, "data/x"))})`;
    await Deno.writeTextFile(join(folder, "plugin.ts"), source(body)["plugin.ts"] ?? "");
    assert.equal(await ask(folder, { permissions: { read: ["./data"] } }), "inside");
  });
});

Deno.test("a plugin has of the environment what it was granted", async () => {
  Deno.env.set("PALLET_TRIED", "seen");
  const body = "return new TextDecoder().decode((await new Deno.Command('env').output()).stdout)";
  await withProject(source(body), async (folder) => {
    const env = await ask(folder, { permissions: { run: ["env"], env: ["PALLET_TRIED"] } });
    assert.ok(typeof env === "string");
    const names = env.split("\n").map((line) => line.split("=", 1)[0] ?? "").filter((name) => name !== "");
    assert.deepEqual(names.sort(), [
      "DENO_DIR",
      "DENO_NO_UPDATE_CHECK",
      "DENO_V8_FLAGS",
      "NO_COLOR",
      "PALLET_TRIED",
      "PATH",
    ]);
  });
  Deno.env.delete("PALLET_TRIED");
});

Deno.test("a plugin runs nothing but what was loaded", async () => {
  await refused(
    'return await import("data:text/javascript,export default 1")',
    /Cannot import "data:text\/javascript,export default 1".*modules cannot come from data: URLs/,
  );
  await refused(
    'const at = "/etc/passwd"; return await import(at)',
    /cannot be loaded.*known only when it runs/,
  );
  await refused('return new Function("return 1")()', /Code generation from strings/);
  await refused('new Worker("data:text/javascript,1", { type: "module" })', /Worker is not defined/);
  await refused(
    "return 1",
    /cannot be loaded: Cannot import "node:fs".*no packages of Node/s,
    {},
    'import "node:fs";',
  );
  await refused("return 1", /it is for infra files and crates/, {}, 'import { sh } from "pallet"; sh;');
});

Deno.test("a plugin that misbehaves is ended, and said to be at fault", async () => {
  await refused("for (;;);", /did not answer to "read" within 1 s and was ended/, { timeout: 1 });
  await refused("await new Promise(() => {})", /did not answer to "read" within 0.5 s/, { timeout: 0.5 });
  await refused(
    "const a: unknown[] = []; for (;;) a.push(new Array(1e5).fill(a.length / 3));",
    /took more memory/,
  );
  await refused("Deno.exit(3)", /ended by itself: exit status 3/);
  await refused(
    'Deno.stdout.writeSync(new TextEncoder().encode("hello there"))',
    /wrote to its standard output/,
  );
  await refused(
    'await new Deno.Command("echo", { args: ["hello"], stdout: "inherit" }).spawn().status',
    /wrote to its standard output/,
    {
      permissions: { run: ["echo"] },
    },
  );
  await refused('return "x".repeat(20 * 1024 * 1024)', /or one of more than 16 MiB/);
  await refused("throw new TypeError('oops')", /TypeError: oops \(at plugin\.ts:2:\d+\)/);
  await refused("throw null", /null/);
  await refused("throw { get message() { throw 1 } }", /object|message/i);
  await refused("return 7 as never", /answers with no text for secret "name"/);
  await refused("return 1", /TypeError: early/, {}, "throw new TypeError('early');");
});

Deno.test({
  name: "the programs that a plugin started end with it",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const body =
      `const child = new Deno.Command("sleep", { args: ["61"], stdin: "null", stdout: "null" }).spawn();
      console.log(child.pid); await new Promise(() => {});`;
    await withProject(source(body), async (folder) => {
      const said: string[] = [];
      const answer = await ask(folder, { timeout: 0.5, permissions: { run: ["sleep"] } }, said);
      assert.ok(answer instanceof PalletError);
      const pid = /tried: (\d+)/.exec(said[0] ?? "")?.[1];
      assert.ok(pid !== undefined);
      const state = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => ") Z");
      assert.match(state, /\) Z/, "it is gone, or nothing but a name that nobody asked for");
    });
  },
});

Deno.test("a plugin of another kind is told so", async () => {
  await withProject(
    { "plugin.ts": "export const notifier = { summary: '', open: () => ({}) };" },
    async (folder) => {
      const error = await ask(folder);
      assert.ok(error instanceof PalletError);
      assert.match(error.message, /exports no "secretSource"/);
      assert.equal(error.help, "It is of the kind notifier: correct kind.");
    },
  );
});

Deno.test("a plugin's console is told behind its name, and what it leaves unhandled is too", async () => {
  const body = "console.log('look', { a: 1 }); Promise.reject(new Error('lost')); await 1; return 'x'";
  await withProject(source(body), async (folder) => {
    const said: string[] = [];
    assert.equal(await ask(folder, {}, said), "x");
    assert.deepEqual(said, ["info: tried: look { a: 1 }", "error: tried: lost"]);
  });
});

Deno.test("a call of a plugin is given up when it is aborted", async () => {
  const body =
    "await new Promise((resolve) => signal.addEventListener('abort', resolve)); console.log('stopped');";
  await withProject(source(body), async (folder) => {
    const said: string[] = [];
    const plugin = configured({ from: "./plugin.ts", kind: "secret-source" }, folder);
    const open = await pluginsOf({ plugin }, pluginContext(said)).secretSources[0]?.open();
    const abort = new AbortController();
    const reading = open?.read("x", abort.signal);
    setTimeout(() => abort.abort(new Error("given up")), 100);
    await assert.rejects(async () => await reading, /given up/);
    await open?.close();
    assert.deepEqual(said, ["info: tried: stopped"]);
  });
});

Deno.test("a plugin by URL is locked, cached, and refused when a byte of it changes", async () => {
  const files = {
    "/v1/mod.ts":
      `import { word } from "./word.ts";\nexport const secretSource = { summary: "", open: () => ({ read: () => word }) };`,
    "/v1/word.ts": `export const word: string = "by URL";`,
  };
  await withCrateHost(files, async (host) => {
    await withProject({}, async (folder) => {
      const plugin = { from: `${host.url}/v1/mod.ts` };
      const crates = { cacheDir: join(folder, "cache") };
      const context = (options = {}) => ({ ...pluginContext([], { ...crates, ...options }) });
      const frozen = await ask(folder, plugin, [], context({ frozen: true }));
      assert.ok(
        frozen instanceof PalletError && /is not in pallet\.lock|not locked|frozen/i.test(frozen.message),
        String(frozen),
      );
      assert.equal(await ask(folder, plugin, [], context()), "by URL");
      const lock = JSON.parse(await Deno.readTextFile(join(folder, "pallet.lock")));
      assert.deepEqual(Object.keys(lock.modules), [`${host.url}/v1/mod.ts`, `${host.url}/v1/word.ts`]);

      const asked = host.requests.length;
      assert.equal(await ask(folder, plugin, [], context({ offline: true, frozen: true })), "by URL");
      assert.equal(host.requests.length, asked, "offline asks no host");

      host.files["/v1/word.ts"] = `export const word: string = "by somebody";`;
      const changed = await ask(folder, plugin, [], pluginContext([], { cacheDir: "" }));
      assert.ok(changed instanceof PalletError);
      assert.match(changed.message, /Plugin "tried" \(http.*mod\.ts\) cannot be loaded: .*word\.ts/);
      assert.match(changed.message + changed.help, /[\da-f]{64}/);
    });
  });
});

Deno.test("a plugin by a name of the import map, and one that is not there", async () => {
  await withProject({
    ...source("return 'mapped'"),
    "deno.json": '{ "imports": { "store": "./plugin.ts" } }',
  }, async (folder) => {
    assert.equal(await ask(folder, { from: "store" }), "mapped");
    const lost = await ask(folder, { from: "./lost.ts" });
    assert.ok(lost instanceof PalletError && /no such file: .*lost\.ts/.test(lost.message));
    const unknown = await ask(folder, { from: "stoer" });
    assert.ok(unknown instanceof PalletError && /no module of this name is known/.test(unknown.message));
  });
});
