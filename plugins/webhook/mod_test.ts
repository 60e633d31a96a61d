import assert from "node:assert/strict";
import type { ConfiguredPlugin } from "../../engine/config/config.ts";
import type { JsonObject } from "../../engine/json.ts";
import { sampleEnd, testNotifier } from "../../engine/notify/contract.ts";
import type { Notifier } from "../../engine/notify/notifier.ts";
import { configured, ownPlugin, pluginContext } from "../../tests/support/plugins.ts";
import { pluginsOf } from "../mod.ts";
import { sentence } from "./mod.ts";

interface Arrived {
  readonly headers: Headers;
  readonly body: unknown;
}

const arrived: Arrived[] = [];
let status = 200;
let url = "";
let server: Deno.HttpServer<Deno.NetAddr> | undefined;

Deno.test.beforeAll(() => {
  server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    if (new URL(request.url).pathname === "/moved") {
      return new Response(null, { status: 302, headers: { location: "/" } });
    }
    arrived.push({ headers: request.headers, body: await request.json() });
    return new Response("thank you", { status });
  });
  url = `http://127.0.0.1:${server.addr.port}`;
});

Deno.test.afterAll(async () => await server?.shutdown());

function open(options: JsonObject, plugin: Partial<ConfiguredPlugin> = {}): Promise<Notifier> {
  const permissions = { net: [new URL(url).host] };
  const one = configured(
    { from: ownPlugin("webhook"), kind: "notifier", permissions, options, ...plugin },
    "/",
  );
  const [notifier] = pluginsOf({ one }, pluginContext()).notifiers;
  assert.ok(notifier !== undefined);
  return notifier.open();
}

async function notify(
  options: JsonObject,
  end = sampleEnd,
  plugin: Partial<ConfiguredPlugin> = {},
): Promise<void> {
  const notifier = await open(options, plugin);
  try {
    await notifier.notify(end);
  } finally {
    await notifier.close();
  }
}

testNotifier({
  name: "webhook",
  open: () => open({ url }),
  arrived: () => arrived,
  openBroken: () => open({ url: `${url}/moved` }),
});

Deno.test("webhook posts the end of a run as JSON, with headers from the environment", async () => {
  Deno.env.set("PALLET_TEST_TOKEN", "Bearer t0ken");
  try {
    const options = {
      url,
      headers: { "x-team": "ops" },
      "headers-from": { authorization: "PALLET_TEST_TOKEN" },
    };
    const permissions = { net: [new URL(url).host], env: ["PALLET_TEST_TOKEN"] };
    await notify(options, sampleEnd, { permissions });
    const last = arrived.at(-1);
    assert.deepEqual(last?.body, sampleEnd);
    assert.deepEqual(["content-type", "x-team", "authorization"].map((name) => last?.headers.get(name)), [
      "application/json",
      "ops",
      "Bearer t0ken",
    ]);
  } finally {
    Deno.env.delete("PALLET_TEST_TOKEN");
  }
});

Deno.test("webhook posts a sentence where a chat wants one", async () => {
  await notify({ url, body: "text" });
  assert.deepEqual(arrived.at(-1)?.body, {
    text: "converge configure on lab: failed; 2 nodes, 2 changed; not ok: web-2",
  });
  assert.equal(
    sentence({ ...sampleEnd, targets: [], check: true, result: "ok" }),
    "check of converge configure on lab: ok; 0 nodes, 0 changed",
  );
});

Deno.test("webhook leaves out what it is not asked for", async () => {
  const before = arrived.length;
  await notify({ url, when: "failed" }, { ...sampleEnd, result: "ok" });
  await notify({ url }, { ...sampleEnd, operation: "exec" });
  await notify({ url }, { ...sampleEnd, check: true });
  assert.equal(arrived.length, before);
  await notify({ url, when: "failed" });
  await notify({ url, operations: ["exec"], checks: true }, { ...sampleEnd, operation: "exec", check: true });
  assert.equal(arrived.length, before + 2);
});

Deno.test("webhook says what it was answered, and never its whole address", async () => {
  const failing = async (options: JsonObject, message: RegExp, plugin: Partial<ConfiguredPlugin> = {}) => {
    await assert.rejects(() => notify(options, sampleEnd, plugin), (error: Error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(`${error.message} ${error.cause ?? ""}`, /s3cret/);
      return true;
    });
  };
  status = 404;
  await failing({ url: `${url}/s3cret` }, /127\.0\.0\.1:\d+ answered 404 Not Found/);
  status = 200;
  await failing({ url: `${url}/moved?s3cret` }, /answered 302/);
  const closed = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = closed.addr;
  closed.close();
  await failing({ url: `http://127.0.0.1:${port}/s3cret` }, /127\.0\.0\.1:\d+ cannot be reached/, {
    permissions: { net: [`127.0.0.1:${port}`] },
  });
  await failing({ url: "http://127.0.0.2:8999/s3cret" }, /needs net access to "127\.0\.0\.2:8999"/);
  await failing({ url: "file:///s3cret" }, /the address is no http: or https: URL/);
  await failing({}, /either url or url-from/);
  await failing({ url, "url-from": "X" }, /either url or url-from/);
  await failing({ "url-from": "PALLET_ABSENT" }, /Variable PALLET_ABSENT is not set/, {
    permissions: { env: ["PALLET_ABSENT"] },
  });
  await failing({ url, operations: ["lfit"] }, /operations: there is no "lfit"/);
  await failing({ url, wen: "failed" }, /unknown key "wen"\. Did you mean "when"\?/);
});
