// The program run from its sources, with a lockfile that is not what deno.json says.
import assert from "node:assert/strict";
import { join } from "node:path";

const ROOT = new URL("../", import.meta.url).pathname;
const PROGRAM = ["main.ts", "deno.json", "cli", "crates", "engine", "plugins", "providers"];

Deno.test("a lockfile that is behind deno.json stops no command that evaluates an infra file", async () => {
  const folder = await Deno.makeTempDir({ prefix: "pallet-lockfile-" });
  try {
    const sources = PROGRAM.map((name) => join(ROOT, name));
    const { success } = await new Deno.Command("cp", { args: ["-R", ...sources, folder] }).output();
    assert.ok(success);
    const lock = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.lock")));
    const before: readonly string[] = lock.workspace.dependencies;
    lock.workspace.dependencies = before.filter((name) => !name.includes("fflate"));
    assert.notEqual(lock.workspace.dependencies.length, before.length);
    await Deno.writeTextFile(join(folder, "deno.lock"), JSON.stringify(lock, undefined, 2));
    await Deno.writeTextFile(
      join(folder, "infra.ts"),
      'import { groupSpec } from "pallet";\nexport const web = groupSpec("web");\n',
    );
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "-q", "--no-lock", "main.ts", "groups"],
      cwd: folder,
      env: { XDG_CONFIG_HOME: "/nonexistent" },
    }).output();
    const decoder = new TextDecoder();
    assert.equal(code, 0, decoder.decode(stderr));
    assert.match(decoder.decode(stdout), /^web /m);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
