// What is told of a run is as the schema of events says, to a validator that is not ours.
import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Event } from "../engine/events.ts";
import type { Json, JsonObject } from "../engine/json.ts";
import { labTest, of } from "./support/lab.ts";
import { pallet } from "./support/process.ts";
import { sampleEvents } from "./support/sample_events.ts";

const schema: JsonObject = JSON.parse(
  await Deno.readTextFile(new URL("../docs/reference/events.schema.json", import.meta.url)),
);

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The same without room for what later versions may add: our own events have nothing that it does not say. */
function strict(value: Json): Json {
  if (Array.isArray(value)) return value.map(strict);
  if (!isObject(value)) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, strict(one)]));
  return isObject(value.properties) && value.additionalProperties === undefined
    ? { ...inner, additionalProperties: false }
    : inner;
}

function validatorOf(of: JsonObject): (value: unknown) => boolean {
  const ajv = new Ajv2020({ strict: true, strictTypes: false });
  const validate = ajv.compile(of);
  return (value) => validate(value) === true;
}

const fits = validatorOf(schema);
const isOurs = validatorOf(
  strict({ ...schema, anyOf: (schema.anyOf as readonly Json[]).slice(0, -1) }) as JsonObject,
);

function assertOurs(events: readonly Event[]): void {
  assert.ok(events.length > 0);
  for (const event of events) assert.ok(isOurs(event) && fits(event), JSON.stringify(event));
}

Deno.test("the schema of events takes every event of a recorded run", () => {
  assertOurs(sampleEvents);
  const { at, run } = sampleEvents[0] ?? { at: "", run: "" };
  const of = { at, run, phase: "load", target: "web-1", bytes: 9 };
  assertOurs([{ type: "output-omitted", ...of, lost: 9 }, {
    type: "output-omitted",
    ...of,
    lost: 1,
    path: "/a",
  }]);
});

Deno.test("the schema of events takes what a later version adds, and no event that lacks or bends something", () => {
  const [event] = sampleEvents;
  assert.ok(event?.type === "run-started");
  assert.ok(fits({ ...event, added: [1] }));
  assert.ok(!isOurs({ ...event, added: [1] }));
  assert.ok(fits({ type: "added", at: event.at, run: event.run, more: 1 }));
  assert.ok(!isOurs({ type: "added", at: event.at, run: event.run, more: 1 }));
  assert.ok(!fits({ type: "added", more: 1 }));
  assert.ok(!fits({ ...event, check: "yes" }));
  assert.ok(!fits({ ...event, operation: "lfit" }));
  for (const one of sampleEvents) {
    for (const key of ["at", "run", "type"] as const) {
      const { [key]: _, ...rest } = one;
      assert.ok(!fits(rest), `${one.type} without ${key}`);
    }
  }
  const finished = sampleEvents.at(-1);
  assert.ok(finished?.type === "run-finished");
  const { exitCode: _, ...without } = finished;
  assert.ok(!fits(without));
});

Deno.test("the schema of events takes what ends a command before its run", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { status, out } = await pallet(["lift", "--json"], { cwd: folder });
    assert.equal(status, 2);
    assertOurs(out.trim().split("\n").map((line) => JSON.parse(line)));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const INFRA = `import { execScript, groupSpec, remoteFile, setting, settingsKey, sh } from "pallet";
const port = settingsKey("port");
export const a = groupSpec("a", { count: 1, phases: {
  settings: () => setting(port, 80),
  configure: () => [remoteFile("/srv/a", { content: "1\\n" }), execScript(sh\`echo hello\`, { id: "hello" })],
} });
export const b = groupSpec("b", { count: 1, after: ["a"], phases: {
  configure: ({ nodesInGroup, settingsOf }) => nodesInGroup("a").map((node) =>
    execScript(sh\`echo \${String(settingsOf(node, port))} >/srv/port\`, { creates: "/srv/port" })),
  broken: () => execScript(sh\`echo no luck; exit 3\`),
} });
`;

labTest("the schema of events takes every event of runs on real nodes", INFRA, async (p) => {
  const converged = await p.ok("converge", "--yes");
  const checked = await p.run("plan", "--check", "a=0");
  const failed = await p.run("lift", "b", "--phase", "broken");
  const executed = await p.run("exec", "echo out");
  const destroyed = await p.ok("destroy", "--yes");
  const runs = [converged, checked, failed, executed, destroyed];
  for (const { events } of runs) assertOurs(events);
  const types = new Set(runs.flatMap(({ events }) => events.map(({ type }) => type)));
  for (
    const type of [
      ...["run-started", "counts-planned", "node-created", "node-connected", "groups-related", "output"],
      ...["phase-finished", "target-finished", "action-finished", "node-removed", "run-finished"],
    ] as const
  ) assert.ok(types.has(type), type);
  assert.equal(of(failed, "action-finished")[0]?.result, "failed");
});
