// Crates from hosts that behave: what is fetched, locked, cached, and said to whom.
import assert from "node:assert/strict";
import { join } from "node:path";
import { withProject } from "../engine/modules/fixture.ts";
import { loadGraph } from "../engine/modules/project.ts";
import type { ModuleMap } from "../engine/modules/types.ts";
import {
  type CrateHost,
  jsrFiles,
  makeCertificates,
  type Reply,
  withCrateHost,
} from "./support/crate_host.ts";
import { onStage, redirect, typed } from "./support/crate_stage.ts";
import { has } from "./support/needs.ts";

/** URLs of a graph's modules without the host, sorted. */
function names(map: ModuleMap, host: CrateHost): readonly string[] {
  return map.modules.map(({ url }) => url.replace(host.url, "")).filter((url) => url.startsWith("/")).sort();
}

Deno.test("fault 45: a crate with relative, absolute, cyclic and JSON imports is loaded, locked, and not asked for again", async () => {
  await onStage({
    "/c/mod.ts":
      `import "./a.ts"; import d from "/d.json" with { type: "json" }; import "pallet"; export default d;`,
    "/c/a.ts":
      `import type { B } from "./never.ts"; import "./mod.ts"; import "../b.js"; export const a: B = 1;`,
    "/b.js": "export {};",
    "/d.json": "[1]",
  }, async ({ host, load, lock }) => {
    const infra = `import "@/c/mod.ts";`;
    const map = await load(infra);
    assert.deepEqual(names(map, host), ["/b.js", "/c/a.ts", "/c/mod.ts", "/d.json"]);
    assert.equal(host.requests.length, 4);
    const { modules } = await lock();
    assert.deepEqual(Object.keys(modules), ["HOST/b.js", "HOST/c/a.ts", "HOST/c/mod.ts", "HOST/d.json"]);
    assert.equal((await load(infra)).graphHash, map.graphHash);
    assert.equal((await load(infra, { frozen: true, offline: true })).graphHash, map.graphHash);
    assert.equal(host.requests.length, 4);
  });
});

Deno.test("what is cached and not locked is asked for by its tag", async () => {
  const statuses: (string | null)[] = [];
  await onStage({
    "/a.ts": (request) => {
      statuses.push(request.headers.get("if-none-match"));
      if (statuses.at(-1) === '"1"') return new Response(null, { status: 304 });
      return new Response("export {};", { headers: { "content-type": "text/typescript", etag: '"1"' } });
    },
  }, async ({ folder, load }) => {
    await load(`import "@/a.ts";`);
    await Deno.remove(join(folder, "pallet.lock"));
    const { modules } = await load(`import "@/a.ts";`);
    assert.deepEqual(statuses, [null, '"1"']);
    assert.equal(modules[0]?.source, "export {};");
  });
});

Deno.test("a redirected crate has the URL that it is redirected to, for itself and all that it imports", async () => {
  await onStage({
    "/x/mod.ts": redirect("/x@1.2.0/mod.ts", 301),
    "/x@1.2.0/mod.ts": `export * from "./a.ts";`,
    "/x@1.2.0/a.ts": "export const a = 1;",
  }, async ({ host, load, lock }) => {
    const infra = `import { a } from "@/x/mod.ts"; import "@/x@1.2.0/mod.ts"; export const b = a;`;
    const { modules } = await load(infra);
    assert.deepEqual(modules.map(({ url }) => url.replace(host.url, "")).slice(0, 2), [
      "/x@1.2.0/a.ts",
      "/x@1.2.0/mod.ts",
    ]);
    assert.deepEqual((await lock()).redirects, { "HOST/x/mod.ts": "HOST/x@1.2.0/mod.ts" });
    host.files["/x/mod.ts"] = redirect("/x@6.6.6/mod.ts");
    await load(infra, { cacheDir: "" });
    assert.ok(!host.requests.includes("/x@6.6.6/mod.ts"));
  });
});

Deno.test("fault 45: a changed byte is refused before anything runs, by URL, expected and found hash", async () => {
  await onStage(
    { "/a.ts": `import "./b.ts";`, "/b.ts": "export {};" },
    async ({ host, load, failure, lock, folder }) => {
      await load(`import "@/a.ts";`);
      const before = await lock();
      host.files["/b.ts"] = "export { };";
      const said = await failure(`import "@/a.ts";`, { cacheDir: "" });
      assert.match(
        said,
        /^HOST\/a\.ts:1: Cannot import "\.\/b\.ts" \(HOST\/b\.ts\) into HOST\/a\.ts: it was changed since it was locked: expected SHA-256 ([\da-f]{64}), found ([\da-f]{64})\. Nothing of it was run/,
      );
      assert.ok(said.includes(before.modules["HOST/b.ts"] ?? "-"));
      assert.deepEqual(await lock(), before);
      await Deno.remove(join(folder, "pallet.lock"));
      await load(`import "@/a.ts";`);
      assert.notEqual((await lock()).modules["HOST/b.ts"], before.modules["HOST/b.ts"]);
    },
  );
});

Deno.test("a locked URL that is redirected elsewhere is what it was when it was locked, or refused", async () => {
  await onStage({ "/a.ts": "export {};", "/b.ts": "export {};" }, async ({ host, load, failure, lock }) => {
    await load(`import "@/a.ts";`);
    const before = await lock();
    host.files["/a.ts"] = redirect("/b.ts");
    await load(`import "@/a.ts";`, { cacheDir: "" });
    assert.deepEqual(await lock(), before);
    host.files["/b.ts"] = "evil();";
    assert.match(
      await failure(`import "@/a.ts";`, { cacheDir: "" }),
      /Cannot import "HOST\/a\.ts" .*it was changed since it was locked: expected SHA-256/,
    );
    assert.deepEqual(await lock(), before);
  });
});

Deno.test("a damaged cache is as none", async () => {
  await onStage({ "/a.ts": "export {};" }, async ({ host, load, failure, folder }) => {
    await load(`import "@/a.ts";`);
    for await (const shelf of Deno.readDir(join(folder, "../cache/content"))) {
      for await (const file of Deno.readDir(join(folder, "../cache/content", shelf.name))) {
        await Deno.writeTextFile(join(folder, "../cache/content", shelf.name, file.name), "evil();");
      }
    }
    assert.match(
      await failure(`import "@/a.ts";`, { offline: true }),
      /it is not in the cache, and --offline/,
    );
    assert.equal((await load(`import "@/a.ts";`)).modules[0]?.source, "export {};");
    assert.equal(host.requests.length, 2);
  });
});

Deno.test("fault 45: --frozen asks for nothing that is not locked, and --offline for nothing", async () => {
  await onStage(
    await jsrFiles({ "@a/b": { "1.0.0": { exports: "./mod.ts", files: { "/mod.ts": "" } } } }),
    async (stage) => {
      const { failure, host, folder } = stage;
      assert.match(
        await failure(`\nimport "@/a.ts";`, { frozen: true }),
        /^infra\.ts:2: Cannot import "HOST\/a\.ts" into infra\.ts: it is not in pallet\.lock, and --frozen .*pallet crate lock/,
      );
      assert.match(await failure(`import "jsr:@a/b@1";`, { frozen: true }), /it is not in pallet\.lock/);
      assert.match(await failure(`import "@/a.ts";`, { offline: true }), /--offline lets nothing be fetched/);
      assert.match(
        await failure(`import "jsr:@a/b@1";`, { offline: true }),
        /meta\.json: it is not in the cache/,
      );
      assert.deepEqual(host.requests, []);
      await assert.rejects(Deno.stat(join(folder, "pallet.lock")), Deno.errors.NotFound);
    },
  );
});

const TYPES: readonly (readonly [path: string, type: string | undefined])[] = [
  ["/a.ts", "video/mp2t"],
  ["/a.ts", "text/plain; charset=utf-8"],
  ["/a.ts", undefined],
  ["/a", "application/typescript"],
  ["/a?target=es2022", "application/typescript; charset=utf-8"],
];
for (const [path, type] of TYPES) {
  Deno.test(`${path} of type ${type} is TypeScript`, () =>
    onStage({
      [path]: typed(type, new TextEncoder().encode("export const a: number = 1;"), {
        "x-typescript-types": "/nowhere.d.ts",
      }),
    }, async ({ load, host }) => {
      const { modules } = await load(`import "@${path}";`);
      assert.match(modules[0]?.source ?? "", /^export const a +=/);
      assert.equal(host.requests.length, 1);
    }));
}

Deno.test("URLs with a password, by http elsewhere, or that are none, are refused without a request", async () => {
  await onStage({}, async ({ failure, host }) => {
    for (const said of ["me:secret", "token", ":secret"]) {
      assert.match(await failure(`import "https://${said}@crates.test/a.ts";`), /holds a user or a password/);
    }
    assert.match(
      await failure(`import "http://crates.test/a.ts";`),
      /crates are fetched by https, not by http/,
    );
    assert.match(await failure(`import "https://";`), /it is no URL/);
    assert.deepEqual(host.requests, []);
  });
});

Deno.test("credentials go to their own host, and to no other that it redirects to", async () => {
  const said: (string | null)[] = [];
  const note: Reply = (request) => {
    said.push(request.headers.get("authorization"));
    return new Response("export {};", { headers: { "content-type": "text/typescript" } });
  };
  await withCrateHost(
    { "/b.ts": note },
    (other) =>
      withCrateHost({ "/a.ts": note, "/r.ts": redirect(`${other.url}/b.ts`) }, (host) =>
        withProject({
          "infra.ts": `import "${host.url}/a.ts"; import "${host.url}/r.ts";`,
          ".netrc": `machine ${new URL(host.url).host} login me password "a b"`,
        }, async (folder) => {
          const { host: name } = new URL(host.url);
          const run = (env: Record<string, string>) =>
            loadGraph(join(folder, "infra.ts"), { palletExports: [] }, {
              cacheDir: "",
              env: (key) => env[key],
            });
          await run({ DENO_AUTH_TOKENS: `other@crates.test;token1@${name}` });
          assert.deepEqual(said.splice(0).toSorted(), ["Bearer token1", null]);
          await Deno.remove(join(folder, "pallet.lock"));
          await run({ HOME: folder });
          assert.deepEqual(said.splice(0).toSorted(), [`Basic ${btoa("me:a b")}`, null]);
        })),
  );
});

Deno.test("modules are fetched at the same time", async () => {
  let [now, most] = [0, 0];
  const counted: Reply = async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 60));
    now--;
    return new Response("export {};", { headers: { "content-type": "text/typescript" } });
  };
  const names = Array.from({ length: 12 }, (_, at) => `/m${at}.ts`);
  await onStage(Object.fromEntries(names.map((name) => [name, counted])), async ({ load }) => {
    const seen: number[] = [];
    await load(names.map((name) => `import "@${name}";`).join("\n"), {
      onFetch: (_, count) => seen.push(count),
    });
    assert.ok(most >= 8, `${most} at once`);
    assert.equal(seen.at(-1), 12);
  });
});

const openssl = await has("openssl");
if (!openssl) console.log("ignored: crates by https, as certificates are made by openssl");

Deno.test({
  name: "https: an authority of the environment is trusted, any other is refused",
  ignore: !openssl,
  fn: () =>
    withProject({}, async (keys) => {
      const certificates = await makeCertificates(keys);
      const files = {
        "/a.ts": `import "http://127.0.0.1:1/x.ts";`,
        "/b.ts": "export {};",
        "/c.ts": redirect("http://127.0.0.1:1/x.ts"),
      };
      await withCrateHost(files, (host) =>
        withProject(
          {
            "infra.ts": `import "${host.url}/b.ts";`,
            "bad.ts": `import "${host.url}/a.ts";`,
            "moved.ts": `import "${host.url}/c.ts";`,
          },
          async (folder) => {
            const run = (file: string, env: Record<string, string>) =>
              loadGraph(join(folder, file), { palletExports: [] }, {
                cacheDir: "",
                env: (key) => env[key],
              });
            await assert.rejects(run("infra.ts", {}), /certificate is not trusted: invalid peer certificate/);
            await assert.rejects(
              run("infra.ts", { DENO_CERT: "/nowhere.pem" }),
              /DENO_CERT names a file that cannot be read/,
            );
            await run("infra.ts", { DENO_CERT: certificates.authority });
            await run("infra.ts", { SSL_CERT_FILE: certificates.authority });
            for (const file of ["bad.ts", "moved.ts"]) {
              await assert.rejects(
                run(file, { DENO_CERT: certificates.authority }),
                /a crate from the web cannot reach into this machine/,
              );
            }
          },
        ), certificates);
    }),
});
