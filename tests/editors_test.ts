// A project as editors see it: with Deno, and with TypeScript alone.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { pallet } from "./support/process.ts";
import { openEditor, tsc } from "./support/tsc.ts";

const ROOT = new URL("../", import.meta.url).pathname;

/** What `deno check` says, as somebody has it who knows nothing of this checkout. */
async function denoCheck(
  folder: string,
  file = "infra.ts",
): Promise<{ readonly ok: boolean; readonly said: string }> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", file],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  return { ok: success, said: new TextDecoder().decode(stderr) };
}

async function withProject(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "pallet-editor-" }));
  try {
    const { status, err } = await pallet(["init"], { cwd: folder });
    assert.equal(status, 0, err);
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a project of pallet init is accepted by deno check and by TypeScript", async () => {
  await withProject(async (folder) => {
    const { ok, said } = await denoCheck(folder);
    assert.equal(ok, true, said);
    assert.deepEqual(tsc(folder), []);
  });
});

Deno.test("a project of pallet init is as deno fmt and deno lint would have it", async () => {
  await withProject(async (folder) => {
    for (const args of [["fmt", "--check"], ["lint"], ["check"]]) {
      const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: folder }).output();
      assert.equal(success, true, `deno ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
    }
  });
});

Deno.test("the example web-and-db is accepted with the types of pallet init", async () => {
  await withProject(async (folder) => {
    await Deno.copyFile(join(ROOT, "examples/web-and-db/infra.ts"), join(folder, "infra.ts"));
    const { ok, said } = await denoCheck(folder);
    assert.equal(ok, true, said);
    assert.deepEqual(tsc(folder), []);
  });
});

const WRONG = `import { groupSpec, remoteFile, service } from "pallet";
import { nginx } from "pallet/crates/nginx";

export const web = groupSpec("web", {
  count: "two",
  extends: nginx({ sites: [{ nam: "app", root: "/srv/app" }] }),
  phases: {
    configure: ({ target, nodesInGrup }) => [
      remoteFile("/etc/motd", { contents: target.name }),
      service("nginx", { action: "relod" }),
    ],
  },
});
`;

const MESSAGES: readonly RegExp[] = [
  /Type 'string' is not assignable to type 'number'/,
  /'nam' does not exist in type 'Site'/,
  /Property 'nodesInGrup' does not exist on type 'TargetContext'/,
  /'contents' does not exist in type 'RemoteFileOptions'/,
  /"relod"' is not assignable to type/,
];

Deno.test("unknown options and wrong types of an infra file are errors in editors", async () => {
  await withProject(async (folder) => {
    await Deno.writeTextFile(join(folder, "infra.ts"), WRONG);
    const { ok, said } = await denoCheck(folder);
    const found = tsc(folder);
    assert.equal(ok, false);
    for (const message of MESSAGES) {
      assert.match(said, message);
      assert.equal(found.some((one) => message.test(one)), true, `${message} in ${found.join("\n")}`);
    }
    assert.equal(found.length, MESSAGES.length, found.join("\n"));
    assert.deepEqual(
      found.map((one) => one.slice(0, 11)),
      [5, 6, 8, 9, 10].map((line) => `infra.ts:${line}:`.slice(0, 11)),
    );
  });
});

Deno.test("editors complete and document what infra files import", async () => {
  await withProject(async (folder) => {
    const text = `import { groupSpec, remoteFile } from "pallet";
import {  } from "pallet/crates/nginx";

export const web = groupSpec("web", {
  phases: {
    configure: (context) => remoteFile("/etc/motd", { content: context. }),
  },
});
`;
    await Deno.writeTextFile(join(folder, "infra.ts"), text);
    const editor = openEditor(folder);
    const context = editor.completions("infra.ts", "content: context.");
    for (const name of ["target", "nodesInGroup", "settingsOf"]) assert.ok(context.includes(name), name);
    const names = editor.completions("infra.ts", "import { groupSpec, ");
    for (const name of ["packages", "serverSpec", "sh"]) assert.ok(names.includes(name), name);
    assert.ok(!names.includes("DeferredSource"), "what is not exported is not offered");
    assert.ok(editor.completions("infra.ts", "\nimport { ").includes("nginx"));
    const told = editor.documentation("infra.ts", 'remoteFile("/etc');
    assert.match(told, /remoteFile\(path: string, options: RemoteFileOptions\): Action/);
    assert.match(told, /A file on the node with this content/);
  });
});

Deno.test("plugins are accepted with the types of pallet init, and their mistakes are not", async () => {
  await withProject(async (folder) => {
    const write = async (name: string, change: (text: string) => string) => {
      const path = join(folder, "plugins", name);
      await Deno.mkdir(dirname(path), { recursive: true });
      const text = await Deno.readTextFile(join(ROOT, "plugins", name));
      await Deno.writeTextFile(path, `/// <reference lib="deno.ns" />\n${change(text)}`);
    };
    const entries = ["pass/mod.ts", "webhook/mod.ts", "markdown-reporter/mod.ts"];
    for (const name of [...entries, "markdown-reporter/markdown.ts"]) await write(name, (text) => text);
    for (const name of entries) {
      const { ok, said } = await denoCheck(folder, `plugins/${name}`);
      assert.equal(ok, true, said);
    }
    await write("pass/mod.ts", (text) => text.replaceAll("readOptions(", "readOptoins("));
    assert.match((await denoCheck(folder, "plugins/pass/mod.ts")).said, /'readOptoins'/);
  });
});
