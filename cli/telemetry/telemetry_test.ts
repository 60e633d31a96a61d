import assert from "node:assert/strict";
import { sampleEvents } from "../../tests/support/sample_events.ts";
import { openTelemetry } from "./mod.ts";
import { telemetrySettings } from "./settings.ts";
import { Trace } from "./spans.ts";
import { parentFrom } from "./traceparent.ts";
import { wantsTelemetry } from "./wanted.ts";

type Variables = Readonly<Record<string, string>>;
const env = (variables: Variables) => (name: string) => variables[name];
const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

interface Sent {
  readonly path: string;
  readonly headers: Headers;
  readonly body: {
    readonly resourceSpans: readonly [{
      readonly resource: { readonly attributes: readonly { key: string; value: { stringValue: string } }[] };
      readonly scopeSpans: readonly [
        {
          readonly spans: readonly {
            readonly spanId: string;
            readonly parentSpanId?: string;
            readonly name: string;
          }[];
        },
      ];
    }];
  };
}

/** A collector that answers so, and what it was sent. */
async function withCollector(
  answer: (count: number) => Response | Promise<Response>,
  body: (address: string, sent: readonly Sent[]) => Promise<void>,
): Promise<void> {
  const sent: Sent[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const packed = request.headers.get("content-encoding") === "gzip";
    const stream = packed ? request.body?.pipeThrough(new DecompressionStream("gzip")) : request.body;
    sent.push({
      path: new URL(request.url).pathname,
      headers: request.headers,
      body: await new Response(stream).json(),
    });
    return await answer(sent.length);
  });
  try {
    await body(`http://127.0.0.1:${server.addr.port}`, sent);
  } finally {
    await server.shutdown();
  }
}

async function traced(variables: Variables): Promise<readonly string[]> {
  const warnings: string[] = [];
  const telemetry = openTelemetry(env(variables), (text) => warnings.push(text));
  for (const event of sampleEvents) telemetry?.event(event);
  await telemetry?.finish();
  await telemetry?.finish();
  return warnings;
}

Deno.test("a run is a trace: the run above its phases, targets, actions and nodes", () => {
  const trace = new Trace(parentFrom(PARENT, "vendor=1"));
  for (const event of sampleEvents) trace.event(event);
  const spans = trace.finish();
  const above = (name: string): readonly string[] => {
    const span = spans.find((one) => one.name === name);
    const parent = spans.find((one) => one.spanId === span?.parentSpanId);
    return parent === undefined ? [name] : [name, ...above(parent.name)];
  };
  assert.deepEqual(above("packages nginx"), [
    ...["packages nginx", "target web-1", "phase configure", "pallet converge"],
  ]);
  assert.deepEqual(above("create node"), ["create node", "pallet converge"]);
  assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, spans.length);
  for (const span of spans) {
    assert.equal(span.traceId, "0af7651916cd43dd8448eb211c80319c");
    assert.equal(span.state, "vendor=1");
    assert.ok(span.start <= span.end, span.name);
  }
  const run = spans.find(({ name }) => name === "pallet converge");
  assert.equal(run?.parentSpanId, "b7ad6b7169203331");
  assert.deepEqual([run?.error, run?.attributes["pallet.exit_code"]], ["failed", 1]);
  const failed = spans.filter(({ error }) => error !== undefined).map(({ name, error }) =>
    `${name}: ${error}`
  );
  assert.deepEqual(failed.sort(), [
    "execScript false: exit 3",
    "pallet converge: failed",
    "phase configure: failed on a target",
    "target db-1: execScript false failed with exit 3",
    'target web-2: Cannot reach node "web-2": refused',
  ]);
  // A node's own measure, within what was seen of it here.
  const nginx = spans.find(({ name }) => name === "packages nginx");
  const web = spans.find(({ name }) => name === "target web-1");
  assert.equal(nginx?.start, web?.start);
  assert.equal(nginx?.attributes["pallet.duration_ms"], 2345);
});

Deno.test("a run that is cut off is a trace whose spans end with its last event", () => {
  const trace = new Trace();
  for (const event of sampleEvents.slice(0, 12)) trace.event(event);
  const spans = trace.finish();
  const last = Date.parse(sampleEvents[11]?.at ?? "");
  const open = spans.filter(({ error }) => error === "it was not ended");
  assert.deepEqual(
    open.map(({ name }) => name).sort(),
    [
      ...["phase configure", "pallet converge", "target db-1", "target web-1"],
    ].sort(),
  );
  assert.ok(open.every(({ end }) => end === last));
  assert.deepEqual(new Trace().finish(), []);
});

Deno.test("a trace is sent once, as variables ask for it", async () => {
  await withCollector(() => Response.json({}), async (address, sent) => {
    assert.deepEqual(
      await traced({
        OTEL_EXPORTER_OTLP_ENDPOINT: `${address}/base/`,
        OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20x=1, x-team=ops",
        OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
        OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=prod,service.name=other",
        OTEL_SERVICE_NAME: "infra",
        TRACEPARENT: PARENT,
      }),
      [],
    );
    assert.equal(sent.length, 1);
    const [{ path, headers, body } = { path: "", headers: new Headers(), body: undefined }] = sent;
    assert.deepEqual([path, headers.get("authorization"), headers.get("x-team")], [
      ...["/base/v1/traces", "Bearer x=1", "ops"],
    ]);
    assert.equal(headers.get("content-type"), "application/json");
    const [resourceSpans] = body?.resourceSpans ?? [];
    const resource = Object.fromEntries(
      resourceSpans?.resource.attributes.map(({ key, value }) => [key, value.stringValue]) ?? [],
    );
    assert.equal(resource["service.name"], "infra");
    assert.equal(resource["deployment.environment.name"], "prod");
    const spans = resourceSpans?.scopeSpans[0].spans ?? [];
    // A run, a phase, two targets that began and one that did not, three actions, two nodes.
    assert.equal(spans.length, 10);
    const run = spans.find(({ name }) => name === "pallet converge");
    assert.deepEqual(
      Object.entries(run ?? {}).filter(([key]) => /^(traceId|parent|kind|start|status)/.test(key)),
      [
        ["traceId", "0af7651916cd43dd8448eb211c80319c"],
        ["parentSpanId", "b7ad6b7169203331"],
        ["kind", 1],
        ["startTimeUnixNano", "1767225600000000000"],
        ["status", { code: 2, message: "failed" }],
      ],
    );
    assert.deepEqual(await traced({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${address}/t` }), []);
    assert.equal(sent.at(-1)?.path, "/t");
  });
});

Deno.test("a collector that is busy is asked again; one that refuses is named, without what may be secret", async () => {
  await withCollector(
    (count) =>
      count === 1 ? new Response("", { status: 503, headers: { "retry-after": "0.1" } }) : Response.json({}),
    async (address, sent) => {
      assert.deepEqual(await traced({ OTEL_EXPORTER_OTLP_ENDPOINT: address }), []);
      assert.equal(sent.length, 2);
    },
  );
  await withCollector(() => new Response("", { status: 401 }), async (address) => {
    const [warning = ""] = await traced({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${address.replace("//", "//me:word@")}/t?key=word`,
    });
    assert.match(warning, /^The trace was not sent to http:\/\/127\.0\.0\.1:\d+\/t: it answered 401/);
    assert.ok(!warning.includes("word"));
  });
  const partial = { partialSuccess: { rejectedSpans: "3", errorMessage: "too old" } };
  await withCollector(() => Response.json(partial), async (address) => {
    assert.match(
      (await traced({ OTEL_EXPORTER_OTLP_ENDPOINT: address }))[0] ?? "",
      /3 spans were refused: too old/,
    );
  });
  await withCollector(
    () => new Response("", { status: 307, headers: { location: "/x" } }),
    async (address, sent) => {
      assert.match((await traced({ OTEL_EXPORTER_OTLP_ENDPOINT: address }))[0] ?? "", /answered 307/);
      assert.equal(sent.length, 1);
    },
  );
});

Deno.test("a collector that does not answer holds nothing up for longer than its time", async () => {
  const late = Promise.withResolvers<Response>();
  await withCollector(() => late.promise, async (address) => {
    const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: address, OTEL_EXPORTER_OTLP_TIMEOUT: "200" };
    const began = performance.now();
    assert.match((await traced(variables))[0] ?? "", /no answer within 0\.2 seconds/);
    assert.ok(performance.now() - began < 5000);
    late.resolve(new Response(""));
  });
  const [dead = ""] = await traced({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" });
  assert.match(dead, /^The trace was not sent to http:\/\/127\.0\.0\.1:1\/v1\/traces: /);
});

Deno.test("traces are made where variables ask for them, and nowhere else", () => {
  const address = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" };
  for (
    const [variables, wanted] of [
      [{}, false],
      [address, true],
      [{ OTEL_EXPORTER_OTLP_ENDPOINT: "" }, false],
      [{ ...address, OTEL_SDK_DISABLED: "TRUE" }, false],
      [{ ...address, OTEL_SDK_DISABLED: "false" }, true],
      [{ ...address, OTEL_TRACES_EXPORTER: "none" }, false],
      [{ OTEL_TRACES_EXPORTER: "console,otlp" }, true],
      [{ OTEL_SERVICE_NAME: "x" }, false],
    ] as const
  ) assert.equal(wantsTelemetry(env(variables)), wanted, JSON.stringify(variables));
  const settings = (variables: Variables) => telemetrySettings(env({ ...address, ...variables }), {});
  assert.equal(settings({ OTEL_TRACES_SAMPLER: "always_off" }), undefined);
  assert.equal(settings({ TRACEPARENT: PARENT.replace(/01$/, "00") }), undefined);
  assert.ok(settings({ TRACEPARENT: PARENT.replace(/01$/, "00"), OTEL_TRACES_SAMPLER: "always_on" }));
  assert.equal(settings({ OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" }), undefined);
  assert.equal(settings({ TRACEPARENT: "nonsense" })?.parent, undefined);
  assert.equal(
    settings({ TRACEPARENT: PARENT.replace("b7ad6b7169203331", "0".repeat(16)) })?.parent,
    undefined,
  );
  assert.throws(() => settings({ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }), /not by grpc/);
  assert.throws(() => settings({ OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4317" }), /no http or https URL/);
  assert.throws(
    () => settings({ OTEL_EXPORTER_OTLP_HEADERS: "secret" }),
    /OTLP_HEADERS is not made of NAME=VALUE/,
  );
});
