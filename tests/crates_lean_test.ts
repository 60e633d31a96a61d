// What a project without crates from the web does not pay for, and what the network is when there are some.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { withProject } from "../engine/modules/fixture.ts";
import { withCrateHost } from "./support/crate_host.ts";
import { pallet } from "./support/process.ts";

const ROOT = new URL("../", import.meta.url).pathname;

/** Modules that a module brings with it, without what is imported when it is needed. */
async function bundled(path: string, seen: Set<string> = new Set()): Promise<ReadonlySet<string>> {
  if (seen.has(path)) return seen;
  seen.add(path);
  const source = (await Deno.readTextFile(join(ROOT, path))).replaceAll(/\/\*[\s\S]*?\*\//g, "");
  const imports = /^(?:import|export)\s+(type\s)?(?:[^"';]*?\bfrom\s+)?"([^"]+)"/gm;
  for (const [, type, specifier = ""] of source.matchAll(imports)) {
    if (type !== undefined) continue;
    if (specifier.startsWith(".")) await bundled(join(dirname(path), specifier), seen);
    else seen.add(specifier);
  }
  return seen;
}

Deno.test("opening a project brings neither the network, nor version numbers, nor the crate commands", async () => {
  const brought = await bundled("engine/modules/project.ts");
  assert.ok(brought.has("engine/modules/lock.ts"));
  for (const heavy of ["remote/network.ts", "remote/reader.ts", "semver.ts", "crates/mod.ts"]) {
    assert.ok(!brought.has(`engine/modules/${heavy}`), heavy);
  }
  assert.ok(!brought.has("semver") && !brought.has("p-limit") && !brought.has("es-module-lexer"));
});

Deno.test("crates are fetched through the proxy of the environment", async () => {
  await withCrateHost(
    { "/a.ts": `export const web = 1;` },
    (proxy) =>
      withProject({ "infra.ts": `import "http://crates.localhost/a.ts";` }, async (folder) => {
        const run = (env: Record<string, string>) =>
          pallet(["crate", "lock"], {
            cwd: folder,
            env: { XDG_CACHE_HOME: join(folder, "cache"), DENO_DIR: denoDir(), ...env },
          });
        const through = await run({ HTTP_PROXY: proxy.url });
        assert.equal(through.status, 0, through.err);
        assert.deepEqual(proxy.requests, ["/a.ts"]);
        await Deno.remove(join(folder, "cache"), { recursive: true });
        const beside = await run({ HTTP_PROXY: proxy.url, NO_PROXY: "crates.localhost" });
        assert.equal(beside.status, 2);
        assert.match(
          beside.err,
          /^Fetching crates from crates\.localhost\nerror: Cannot import "http:\/\/crates\.localhost\/a\.ts" into infra\.ts: /,
        );
        assert.equal(proxy.requests.length, 1);
      }),
  );
});

function denoDir(): string {
  return Deno.env.get("DENO_DIR") ?? join(Deno.env.get("HOME") ?? "", ".cache/deno");
}
