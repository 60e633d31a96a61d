// What a project without crates from the web does not pay for, and what the network is when there are some.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { withProject } from "../engine/modules/fixture.ts";
import { withCrateHost } from "./support/crate_host.ts";
import { denoDir, pallet } from "./support/process.ts";

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
            env: { XDG_CACHE_HOME: join(folder, "cache"), DENO_DIR: denoDir, ...env },
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

Deno.test("crates are fetched through environment.proxy where the environment variables name none", async () => {
  await withCrateHost(
    { "/a.ts": `export const web = 1;` },
    (proxy) =>
      withCrateHost({ "/here.ts": `export {};` }, (here) =>
        withProject({
          "infra.ts":
            `import "http://crates.localhost/a.ts";\nimport "${here.url}/here.ts";\nimport { groupSpec } from "pallet";\nexport const web = groupSpec("web");`,
          "pallet.yaml": [
            "default-service: a",
            `services:`,
            `  a: { provider: lab, environment: { proxy: "${proxy.url}" } }`,
            `  b: { provider: lab }`,
            `environment: { groups: { web: { proxy: "http://127.0.0.1:9" } } }`,
          ].join("\n"),
        }, async (folder) => {
          const run = async (args: readonly string[], env: Record<string, string> = {}) => {
            proxy.requests.length = 0;
            await Deno.remove(join(folder, "cache"), { recursive: true }).catch(() => undefined);
            await Deno.remove(join(folder, "pallet.lock")).catch(() => undefined);
            return await pallet(args, {
              cwd: folder,
              env: { XDG_CACHE_HOME: join(folder, "cache"), DENO_DIR: denoDir, ...env },
            });
          };
          for (const args of [["crate", "lock"], ["groups"], ["types"]]) {
            const through = await run(args);
            assert.equal(through.status, 0, through.err);
            assert.deepEqual(proxy.requests, ["/a.ts"], args.join(" "));
          }
          assert.ok(here.requests.length > 0);
          const other = await run(["groups", "--service", "b"]);
          assert.equal(other.status, 2, other.err);
          const beside = await run(["groups"], { NO_PROXY: "crates.localhost" });
          assert.equal(beside.status, 2, beside.err);
          const elsewhere = await run(["groups"], { HTTPS_PROXY: "http://127.0.0.1:9" });
          assert.equal(elsewhere.status, 2, elsewhere.err);
          assert.deepEqual(proxy.requests, []);
        })),
  );
});

Deno.test("a proxy of the environment that does not answer is named", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  await withProject({
    "infra.ts": `import "https://crates.example/a.ts";`,
    "pallet.yaml": `environment: { proxy: "http://someone:hidden@127.0.0.1:${port}" }`,
  }, async (folder) => {
    const { status, err } = await pallet(["groups"], {
      cwd: folder,
      env: { XDG_CACHE_HOME: join(folder, "cache"), DENO_DIR: denoDir },
    });
    assert.equal(status, 2);
    assert.match(err, new RegExp(`cannot be had through the proxy 127\\.0\\.0\\.1:${port}: `));
    assert.match(err, /help: The proxy is environment\.proxy/);
    assert.doesNotMatch(err, /hidden/);
  });
});
