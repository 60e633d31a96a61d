import assert from "node:assert/strict";
import { PalletError } from "../errors.ts";
import { localFiles } from "./local_files.ts";
import { definitions, directory, remoteFile } from "./list.ts";
import type { LocalFiles } from "./contents.ts";
import { prepareAction } from "./prepare.ts";
import type { Action } from "./action.ts";

async function inProject(use: (root: string, outside: string) => Promise<void>): Promise<void> {
  const base = await Deno.realPath(await Deno.makeTempDir());
  try {
    await Deno.mkdir(`${base}/project/sub`, { recursive: true });
    await Deno.writeTextFile(`${base}/secret`, "secret");
    await use(`${base}/project`, base);
  } finally {
    await Deno.remove(base, { recursive: true });
  }
}

function prepare(action: Action, files: LocalFiles): Promise<Action> {
  const definition = definitions.get(action.kind);
  assert.ok(definition !== undefined);
  return prepareAction(action, definition, files);
}

Deno.test("localFiles() reads what is in the project, small or large", async () => {
  await inProject(async (root) => {
    await Deno.writeTextFile(`${root}/sub/a`, "hello");
    const small = await localFiles({ root }).open("sub/a", 5);
    assert.equal(small.path, `${root}/sub/a`);
    assert.equal(small.sha256, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    const large = await localFiles({ root }).open(`${root}/sub/a`, 4);
    assert.deepEqual(large, { path: small.path, sha256: small.sha256, size: 5 });
  });
});

Deno.test("localFiles() refuses what is outside of the project, by any way, unless it is granted", async () => {
  await inProject(async (root, outside) => {
    await Deno.symlink(`${outside}/secret`, `${root}/link`);
    for (const path of ["../secret", `${outside}/secret`, "link", "sub/../../secret"]) {
      await assert.rejects(localFiles({ root }).open(path, 10), /it is outside of the project/, path);
      const granted = localFiles({ root, allowed: [`${outside}/secret`] });
      assert.equal((await granted.open(path, 10)).size, 6, path);
    }
  });
});

Deno.test("a local file that is missing is an error with the action's place, before any node is touched", async () => {
  await inProject(async (root) => {
    const action = remoteFile("/etc/x", { localFile: "nowhere.conf" });
    await assert.rejects(
      prepare(action, localFiles({ root })),
      (error) =>
        error instanceof PalletError && error.kind === "infra" && error.origin === action.origin &&
        error.message === 'Cannot read local file "nowhere.conf": there is no such file',
    );
    await assert.rejects(
      prepare(remoteFile("/etc/x", { localFile: "sub" }), localFiles({ root })),
      /it is no file/,
    );
  });
});

Deno.test("prepareAction() makes content of small texts and a blob of everything else", async () => {
  await inProject(async (root) => {
    const files = localFiles({ root });
    const contents: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
      text: new TextEncoder().encode("ü\n"),
      token: new TextEncoder().encode("\u{F0D0}captured::x\u{F0D1}"),
      latin1: new Uint8Array([0xfc]),
      large: new Uint8Array(40_000).fill(97),
    };
    for (const [name, bytes] of Object.entries(contents)) {
      await Deno.writeFile(`${root}/${name}`, bytes);
      const { args } = await prepare(remoteFile("/x", { localFile: name, mode: "0600" }), files);
      const kept = {
        path: "/x",
        action: "create",
        mode: "0600",
        overwriteChanges: false,
        noVersioning: false,
        maxVersions: 5,
      };
      if (name === "text") assert.deepEqual(args, { ...kept, content: "ü\n" });
      else assert.deepEqual(Object.keys(args).sort(), [...Object.keys(kept), "blob"].sort(), name);
    }
  });
});

Deno.test("prepareAction() gives the template's place for what is wrong in it, and leaves other actions alone", async () => {
  await inProject(async (root) => {
    await Deno.writeTextFile(`${root}/t`, "a\n{{b}}");
    const action = remoteFile("/x", { template: "t", values: { c: 1 } });
    await assert.rejects(
      prepare(action, localFiles({ root })),
      (error) =>
        error instanceof PalletError && error.message.includes("t:2") && error.origin === action.origin,
    );
    const other = directory("/srv");
    assert.equal(await prepare(other, localFiles({ root })), other);
  });
});
