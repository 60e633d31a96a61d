// Crates from hosts that do not behave.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Reply } from "./support/crate_host.ts";
import { IMPATIENT, LIMITS, onStage, redirect, typed } from "./support/crate_stage.ts";

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
    /^HOST\/a\.ts:1: .*of npm only .* can be imported/,
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
  Deno.test(`fault 45: a host that serves ${name} is told with URL, place and help`, () =>
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
