// What the executable writes for editors is what the sources write, though it brings no file of theirs.
import assert from "node:assert/strict";
import { join } from "node:path";
import { filesBelow } from "../build/program_files.ts";
import { executable, run, withFolder } from "./support/executable.ts";
import { pallet } from "./support/process.ts";

const windows = Deno.build.os === "windows";
if (windows) console.log("ignored: projects made by the executable, which is an archive on Windows");

async function contents(folder: string): Promise<Readonly<Record<string, string>>> {
  const names = await filesBelow(`${folder}/`);
  const texts = names.map(async (name) => [name, await Deno.readTextFile(join(folder, name))] as const);
  return Object.fromEntries(await Promise.all(texts));
}

Deno.test({
  name: "the executable makes the project, the types and the completions that the sources make",
  ignore: windows,
  fn: async () => {
    const file = await executable();
    await withFolder(async (folder) => {
      const cache = join(folder, "cache");
      const own = (...args: readonly string[]) =>
        run([file, ...args], { cwd: folder, env: { PATH: "/usr/bin:/bin", XDG_CACHE_HOME: cache } });
      const made = await own("init", "a");
      assert.equal(made.status, 0, made.err);
      assert.equal((await pallet(["init", "b"], { cwd: folder })).status, 0);
      const there = await contents(join(folder, "a"));
      assert.deepEqual(there, await contents(join(folder, "b")));
      assert.ok(Object.hasOwn(there, ".pallet/types/crates/nginx.d.ts"));
      const types = await own("types", "--infra", "a/infra.ts");
      assert.deepEqual([types.status, types.err], [0, "Types in .pallet are as they should be\n"]);
      assert.equal((await own("completions", "zsh")).out, (await pallet(["completions", "zsh"])).out);
    });
  },
});
