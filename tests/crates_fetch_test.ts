// Crates from hosts that behave, and from hosts that do not.
import assert from "node:assert/strict";
import { join } from "node:path";
import { PalletError } from "../engine/errors.ts";
import { withProject } from "../engine/modules/fixture.ts";
import { type CrateOptions, loadGraph } from "../engine/modules/project.ts";
import type { ModuleMap } from "../engine/modules/types.ts";
import {
  type CrateHost,
  jsrFiles,
  makeCertificates,
  type Reply,
  withCrateHost,
} from "./support/crate_host.ts";
import { has } from "./support/needs.ts";

const LIMITS = { answer: 20, idle: 20, whole: 60, pause: 0.01, bytes: 200_000 };
/** For hosts that are meant to be too slow. */
const IMPATIENT = { ...LIMITS, answer: 0.4, idle: 0.4 };

/** A project and its host. */
interface Stage {
  readonly folder: string;
  readonly host: CrateHost;
  /** Loads the infra file; `@` in it stands for the host. */
  load(infra: string, options?: CrateOptions): Promise<ModuleMap>;
  /** What goes wrong when it is loaded, as people read it. */
  failure(infra: string, options?: CrateOptions): Promise<string>;
  lock(): Promise<
    { ranges: Record<string, string>; redirects: Record<string, string>; modules: Record<string, string> }
  >;
}

function onStage(
  files: Record<string, Reply>,
  run: (stage: Stage) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  return withCrateHost(files, (host) =>
    withProject({ "p/infra.ts": "" }, async (temporary) => {
      const folder = join(temporary, "p");
      const known: Record<string, string> = { JSR_URL: host.url, ...env };
      const load = async (infra: string, options: CrateOptions = {}) => {
        await Deno.writeTextFile(join(folder, "infra.ts"), infra.replaceAll("@/", `${host.url}/`));
        const crates = {
          cacheDir: join(temporary, "cache"),
          env: (name: string) => known[name],
          limits: LIMITS,
        };
        return await loadGraph(join(folder, "infra.ts"), { palletExports: ["groupSpec"] }, {
          ...crates,
          ...options,
        });
      };
      await run({
        folder,
        host,
        load,
        failure: async (infra, options) => {
          const error: unknown = await load(infra, options).then(() => undefined, (thrown) => thrown);
          assert.ok(error instanceof PalletError, `expected a PalletError, not ${Deno.inspect(error)}`);
          const { origin, message, help } = error;
          return `${origin?.file}:${origin?.line}: ${message}. ${help ?? ""}`.replaceAll(host.url, "HOST");
        },
        lock: async () =>
          JSON.parse((await Deno.readTextFile(join(folder, "pallet.lock"))).replaceAll(host.url, "HOST")),
      });
    }));
}

/** URLs of a graph's modules without the host, sorted. */
function names(map: ModuleMap, host: CrateHost): readonly string[] {
  return map.modules.map(({ url }) => url.replace(host.url, "")).filter((url) => url.startsWith("/")).sort();
}

function typed(type: string | undefined, body: BodyInit, headers: Record<string, string> = {}): Reply {
  return () =>
    new Response(body, { headers: { ...(type === undefined ? {} : { "content-type": type }), ...headers } });
}

function redirect(to: string, status = 302): Reply {
  return () => new Response(null, { status, headers: { location: to } });
}

Deno.test("a crate with relative, absolute, cyclic and JSON imports is loaded, locked, and not asked for again", async () => {
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

Deno.test("a changed byte is refused before anything runs, by URL, expected and found hash", async () => {
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

Deno.test("--frozen asks for nothing that is not locked, and --offline for nothing", async () => {
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

const slow: Reply = async () => {
  await new Promise((resolve) => setTimeout(resolve, 1500));
  return new Response("export {};", { headers: { "content-type": "text/typescript" } });
};

/** A body that sends something and then waits, or breaks. */
function halting(how: "wait" | "break"): Reply {
  return () => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("export const a = "));
        timer = setTimeout(
          () => how === "break" ? controller.error(new Error("gone")) : controller.close(),
          how === "break" ? 20 : 3000,
        );
      },
      cancel: () => clearTimeout(timer),
    });
    return new Response(body, { headers: { "content-type": "text/typescript" } });
  };
}

async function bomb(): Promise<Uint8Array<ArrayBuffer>> {
  const zeros = new Blob([new Uint8Array(50_000_000)]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(zeros).arrayBuffer());
}

const BOMB = await bomb();

const FAULTS: readonly (readonly [name: string, files: Record<string, Reply>, expected: RegExp])[] = [
  [
    "nothing",
    {},
    /^infra\.ts:2: Cannot import "HOST\/a\.ts" into infra\.ts: its host answered 404 Not Found\. Correct its URL/,
  ],
  [
    "what is private",
    { "/a.ts": () => new Response("", { status: 401 }) },
    /answered 401 Unauthorized\. If it is private, put/,
  ],
  [
    "an error",
    { "/a.ts": () => new Response("", { status: 503 }) },
    /answered 503 Service Unavailable\. Try again later/,
  ],
  [
    "a web page",
    { "/a.ts": typed("text/html; charset=utf-8", "<html>") },
    /a web page \(HTML\) in place of code\. Take the URL of the file itself/,
  ],
  [
    "a picture",
    { "/a.ts": typed("image/png", "x") },
    /its host says that it is image\/png, which is no code/,
  ],
  ["JSX", { "/a.ts": typed("text/jsx", "x") }, /it is written in JSX/],
  [
    "a JSON file as code",
    { "/a.ts": typed("application/json", "{}") },
    /it is imported as code and holds JSON/,
  ],
  [
    "bytes that are no text",
    { "/a.ts": typed("text/typescript", new Uint8Array([0xff, 0xfe, 0x41])) },
    /^HOST\/a\.ts:1: Cannot read "HOST\/a\.ts": it is not UTF-8/,
  ],
  ["a syntax error", { "/a.ts": "\nfoo bar" }, /^HOST\/a\.ts:2: Syntax error in "HOST\/a\.ts"/],
  ["an answer that never comes", { "/a.ts": slow }, /its host did not answer within 0\.4 s/],
  ["an answer that stops", { "/a.ts": halting("wait") }, /its host sent nothing for 0\.4 s/],
  ["a body that is cut", { "/a.ts": halting("break") }, /its host broke off in the middle of it/],
  ["a huge module", { "/a.ts": `/*${"x".repeat(300_000)}*/` }, /it is larger than 0\.19.* MiB/],
  [
    "a gzip bomb",
    { "/a.ts": typed("text/typescript", BOMB, { "content-encoding": "gzip" }) },
    /it is larger than/,
  ],
  [
    "broken gzip",
    { "/a.ts": typed("text/typescript", "no gzip", { "content-encoding": "gzip" }) },
    /broke off in the middle/,
  ],
  ["a redirect circle", { "/a.ts": redirect("/b.ts"), "/b.ts": redirect("/a.ts") }, /redirects in a circle/],
  [
    "a redirect without end",
    Object.fromEntries(
      ["/a.ts", ...Array.from({ length: 12 }, (_, at) => `/${at}.ts`)].map((
        path,
        at,
      ) => [path, redirect(`/${at}.ts`)]),
    ),
    /redirects more than 10 times/,
  ],
  ["a redirect to no URL", { "/a.ts": redirect("http://[") }, /redirects to no URL/],
  [
    "a redirect to plain http",
    { "/a.ts": redirect("http://192.0.2.1/a.ts") },
    /redirected to http:\/\/192\.0\.2\.1\/a\.ts: crates are fetched by https/,
  ],
  [
    "a redirect to a file",
    { "/a.ts": redirect("file:///etc/passwd") },
    /redirected to file:\/\/\/etc\/passwd: crates are fetched by https, not by file/,
  ],
  [
    "a module of a module that is not there",
    { "/a.ts": `import "./b.ts";` },
    /^HOST\/a\.ts:1: Cannot import "\.\/b\.ts" \(HOST\/b\.ts\) into HOST\/a\.ts: its host answered 404/,
  ],
  ["an import of a file", { "/a.ts": `import "file:///etc/passwd";` }, /modules cannot come from file: URLs/],
  [
    "an import from npm",
    { "/a.ts": `import "npm:left-pad";` },
    /^HOST\/a\.ts:1: .*npm packages are made for Node/,
  ],
  ["a bare import", { "/a.ts": `import "lodash";` }, /^HOST\/a\.ts:1: .*no module of this name is known/],
  [
    "a crate for a later Pallet",
    { "/a.ts": `export const pallet = ">=99.0";` },
    /^HOST\/a\.ts:1: Cannot load HOST\/a\.ts: it needs Pallet >=99\.0, and this is/,
  ],
  [
    "a name that it has not",
    { "/a.ts": `import { grupSpec } from "pallet"; grupSpec();` },
    /^HOST\/a\.ts:1: .*Did you mean "groupSpec"/,
  ],
];

for (const [name, files, expected] of FAULTS) {
  Deno.test(`a host that serves ${name} is told with URL, place and help`, () =>
    onStage(files, async ({ failure, folder }) => {
      const limits = name.startsWith("an answer that") ? IMPATIENT : LIMITS;
      assert.match(await failure(`\nimport "@/a.ts";`, { limits }), expected);
      await assert.rejects(Deno.stat(join(folder, "pallet.lock")), Deno.errors.NotFound);
    }));
}

Deno.test("who stops waiting does not wait for a host", async () => {
  await onStage({ "/a.ts": slow }, async ({ load }) => {
    const begun = performance.now();
    const loading = load(`import "@/a.ts";`, { signal: AbortSignal.timeout(100) });
    await assert.rejects(loading, { name: "TimeoutError" });
    assert.ok(performance.now() - begun < 1200);
  });
});

Deno.test("a host that fails once, or cuts once, is asked again", async () => {
  let asked = 0;
  await onStage({
    "/a.ts": (request) => {
      asked++;
      if (asked === 1) return new Response("", { status: 503 });
      const cut = halting("break");
      if (asked === 2 && typeof cut !== "string") return cut(request);
      return new Response("export {};", { headers: { "content-type": "text/typescript" } });
    },
  }, async ({ load }) => {
    await load(`import "@/a.ts";`);
    assert.equal(asked, 3);
  });
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
    assert.match(await failure(`import "https://me:secret@crates.test/a.ts";`), /holds a user or a password/);
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
      await withCrateHost({ "/a.ts": `import "http://127.0.0.1:1/x.ts";`, "/b.ts": "export {};" }, (host) =>
        withProject(
          { "infra.ts": `import "${host.url}/b.ts";`, "bad.ts": `import "${host.url}/a.ts";` },
          async (folder) => {
            const run = (file: string, env: Record<string, string>) =>
              loadGraph(join(folder, file), { palletExports: [] }, {
                cacheDir: "",
                env: (key) =>
                  env[key],
              });
            await assert.rejects(run("infra.ts", {}), /certificate is not trusted: invalid peer certificate/);
            await assert.rejects(
              run("infra.ts", { DENO_CERT: "/nowhere.pem" }),
              /DENO_CERT names a file that cannot be read/,
            );
            await run("infra.ts", { DENO_CERT: certificates.authority });
            await run("infra.ts", { SSL_CERT_FILE: certificates.authority });
            await assert.rejects(
              run("bad.ts", { DENO_CERT: certificates.authority }),
              /a crate from the web cannot reach into this machine/,
            );
          },
        ), certificates);
    }),
});
