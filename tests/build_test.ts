// How executables are built, without a network: what `deno compile` makes of the program, and which Deno files get.
import assert from "node:assert/strict";
import { join } from "node:path";
import { bundleProgram } from "../build/program.ts";
import { commonVersion } from "../build/runtime.ts";
import { compileStock, whyNoBase } from "../build/stock.ts";
import { ownTarget, targets } from "../build/targets.ts";

/** Any program of the platform serves to see what is put into it; this one prints nothing. */
const ANY_PROGRAM = "/bin/true";
const linux = Deno.build.os === "linux" && ownTarget !== undefined;
if (!linux) console.log("ignored: what deno compile puts into a file, which is looked into on Linux");

async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-build-test-" });
  try {
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What a compiled file was told, as it stands in it. */
interface Compiled {
  readonly argv: readonly string[];
  readonly permissions: Readonly<Record<string, readonly string[] | boolean | null>>;
  readonly v8_flags: readonly string[];
  readonly entrypoint_key: string;
  readonly unstable_config: { readonly features: readonly string[] };
}

function metadata(text: string): Compiled {
  const start = text.indexOf('{"argv":');
  assert.ok(start > 0, "it holds what it was told");
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === "{") depth++;
    if (text[at] === "}" && --depth === 0) return JSON.parse(text.slice(start, at + 1));
  }
  assert.fail("what it was told has no end");
}

Deno.test({
  name: "deno compile puts the program, its crates and its permissions into a base runtime that is named",
  ignore: !linux,
  fn: async () => {
    if (ownTarget === undefined) return;
    const target = ownTarget;
    await withFolder(async (folder) => {
      const base = join(folder, "base");
      await Deno.copyFile(ANY_PROGRAM, base);
      const output = join(folder, "pallet");
      const program = await bundleProgram();
      assert.equal(await compileStock(target, program, output, { base }), undefined);
      const text = new TextDecoder("latin1").decode(await Deno.readFile(output));
      const told = metadata(text);
      assert.equal(told.entrypoint_key, "main.js");
      assert.deepEqual(told.argv, []);
      const { permissions } = told;
      for (const name of ["read", "write", "net", "env", "run", "sys"]) {
        assert.deepEqual(permissions[`allow_${name}`], [], `${name} is granted as a whole`);
      }
      assert.equal(permissions["allow_ffi"], null);
      assert.deepEqual(permissions["deny_ffi"], []);
      assert.deepEqual(permissions["deny_import"], []);
      assert.equal(permissions["prompt"], false);
      assert.ok(told.v8_flags.includes("--disallow-code-generation-from-strings"));
      assert.ok(told.unstable_config.features.includes("worker-options"));
      // Texts of the sandbox's child, of a plugin's, and of a crate and a package that are read as files.
      for (
        const words of [
          "function revokePermissions",
          "function redirectConsole",
          "export function nginx",
          '"dist/index.d.mts":',
        ]
      ) {
        assert.ok(text.includes(words), words);
      }
      assert.ok(!text.includes("ThrowawayRoot"), "what only tests use is left out");
      assert.ok((await Deno.stat(output)).size < 12e6, "and so are tools that only build it");
      // A program that is no base runtime is noticed where it can be tried.
      await assert.rejects(
        compileStock(target, program, output, { base, check: true }),
        new RegExp(`does not start\\. DENORT_BIN must name "denort" of Deno ${Deno.version.deno} for `),
      );
      await assert.rejects(compileStock(target, program, output, { base: join(folder, "none") }), /none/);
    });
  },
});

Deno.test("why a base runtime cannot be had is told in one line, and other failures are not taken for it", () => {
  const message = `error: Setting up base binary.

Caused by:
    0: error sending request for url (https://example.com/denort.zip): client error (Connect)
    1: dns error: no such host
    2: no such host`;
  assert.equal(
    whyNoBase(message),
    "its base runtime (https://example.com/denort.zip) cannot be had: no such host",
  );
  assert.equal(whyNoBase("error: Module not found"), undefined);
});

/** Runs something with a registry that has these versions of packages. */
async function withRegistry(
  versions: Readonly<Record<string, readonly string[]>>,
  run: () => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const name = decodeURIComponent(new URL(request.url).pathname).slice(1);
    const known = versions[name];
    if (known === undefined) return new Response("{}", { status: 404 });
    const url = new URL("/none.tgz", request.url).href;
    const entries = known.map((version) => [version, { name, version, dist: { tarball: url, shasum: "0" } }]);
    return Response.json({
      name,
      "dist-tags": { latest: known.at(-1) },
      versions: Object.fromEntries(entries),
    });
  });
  const before = ["NPM_CONFIG_REGISTRY", "DENO_DIR"].map((name) => [name, Deno.env.get(name)] as const);
  try {
    await withFolder(async (folder) => {
      Deno.env.set("NPM_CONFIG_REGISTRY", `http://127.0.0.1:${server.addr.port}`);
      Deno.env.set("DENO_DIR", folder);
      await run();
    });
  } finally {
    for (const [name, value] of before) {
      value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
    }
    await server.shutdown();
  }
}

Deno.test("files for other platforms get this Deno's version, or the newest that all of them have", async () => {
  const of = (lists: readonly (readonly string[])[]) =>
    Object.fromEntries(targets.map(({ packageName }, at) => [packageName, lists[at] ?? []]));
  const all = ["3.1.9", "3.2.8", "3.2.9", "3.2.10"];
  await withRegistry(of([all, all, all, all, all]), async () => {
    assert.deepEqual(await commonVersion(targets, "3.2.10"), { version: "3.2.10", lacking: [] });
  });
  const few = ["3.1.9", "3.2.8", "3.2.9"];
  await withRegistry(of([all, few, all, ["3.2.8"], all]), async () => {
    const { version, lacking } = await commonVersion(targets, "3.2.10");
    assert.equal(version, "3.2.8");
    assert.deepEqual(lacking, [targets[1], targets[3]]);
  });
  // One that has nothing of this minor does not keep the others from theirs.
  await withRegistry(of([all, few, few, ["2.0.0"], few]), async () => {
    assert.equal((await commonVersion(targets, "3.2.10")).version, "3.2.9");
  });
});
