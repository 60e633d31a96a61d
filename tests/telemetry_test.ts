// Runs on real nodes, traced; a collector that is not there changes nothing.
import assert from "node:assert/strict";
import { labTest, of } from "./support/lab.ts";

const INFRA = `import { execScript, groupSpec, sh } from "pallet";
export const a = groupSpec("a", { count: 2, phases: {
  configure: () => [execScript(sh\`sleep 0.2\`, { id: "nap" }), execScript(sh\`true\`, { id: "yes" })],
} });
`;

interface SentSpan {
  readonly name: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}

labTest("a run on real nodes is a trace, and is what it was where no collector answers", INFRA, async (p) => {
  const spans: SentSpan[] = [];
  let requests = 0;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { resourceSpans } = await request.json();
    requests++;
    spans.push(...resourceSpans[0].scopeSpans[0].spans);
    return Response.json({});
  });
  try {
    const address = `http://127.0.0.1:${server.addr.port}`;
    const run = await p.start(["converge", "--yes"], { OTEL_EXPORTER_OTLP_ENDPOINT: address }).finished;
    assert.equal(run.status, 0, run.err);
    assert.equal(requests, 1);
    const named = (name: string) => spans.filter((span) => span.name === name);
    const milliseconds = ({ startTimeUnixNano, endTimeUnixNano }: SentSpan) =>
      Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e6;
    const [root] = named("pallet converge");
    assert.ok(root !== undefined && root.parentSpanId === undefined);
    assert.equal(named("create node").length, 2);
    const naps = named(of(run, "action-finished").find(({ id }) => id === "nap")?.title ?? "");
    assert.equal(naps.length, 2);
    for (const nap of naps) {
      assert.ok(milliseconds(nap) >= 200 && milliseconds(nap) < milliseconds(root));
      const target = spans.find(({ spanId }) => spanId === nap.parentSpanId);
      assert.match(target?.name ?? "", /^target a-[12]$/);
    }
  } finally {
    await server.shutdown();
  }
  const dead = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" };
  const run = await p.start(["lift", "a"], dead).finished;
  assert.equal(run.status, 0, run.err);
  assert.match(run.err, /^warn: The trace was not sent to http:\/\/127\.0\.0\.1:1\/v1\/traces: /m);
});
