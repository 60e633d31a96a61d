// Answers that a hostile child could give.
import assert from "node:assert/strict";
import { PalletError } from "../errors.ts";
import type { PlanRequest } from "../plan/types.ts";
import { checkInfrastructure, checkPlanReply, parseMessage } from "./reply.ts";

const REQUEST: PlanRequest = {
  world: {
    targets: [{ name: "web-1", groups: ["web"], planned: true }],
    environment: {},
    captured: {},
    clock: 0,
    seed: 0,
  },
  phases: [{ phase: "configure", args: {} }],
  targets: ["web-1"],
};

const ORIGIN = { file: "infra.ts", line: 1, column: 1 };

/** A reply with one action, changed. */
function reply(
  change: Readonly<Record<string, unknown>> = {},
  plan: Readonly<Record<string, unknown>> = {},
): unknown {
  const args = { path: "/srv", action: "create", recursive: false };
  const action = {
    kind: "directory",
    args,
    id: "directory:/srv",
    origin: ORIGIN,
    title: "directory /srv",
    ...change,
  };
  return {
    plans: [{ target: "web-1", phase: "configure", defined: true, actions: [action], ...plan }],
    settings: [],
    reads: [],
    console: [],
  };
}

/** Refused, as an error of the infra file that says what is wrong. */
function refused(work: () => unknown, expected: RegExp): void {
  assert.throws(work, (error) =>
    error instanceof PalletError && error.kind === "infra" &&
    /^The sandbox gave an answer that is not valid: /.test(error.message) && expected.test(error.message));
}

Deno.test("checkPlanReply() takes what the evaluator makes", () => {
  const [plan] = checkPlanReply(reply(), REQUEST).plans;
  assert.ok(plan !== undefined && "actions" in plan);
  assert.equal(plan.actions[0]?.args["path"], "/srv");
});

const FORGED: readonly (readonly [name: string, value: unknown, expected: RegExp])[] = [
  ["arguments that the action's schema refuses", reply({ args: { path: "srv" } }), /absolute path/],
  [
    "an argument that the action does not have",
    reply({ args: { path: "/srv", run: "rm -rf /" } }),
    /unknown key "run"/,
  ],
  ["arguments that are no object", reply({ args: ["/srv"] }), /args/],
  ["a key that plans do not have", reply({}, { run: true }), /run/],
  ["an id that is no text", reply({ id: 5 }), /id/],
  ["an origin without a line", reply({ origin: { file: "x" } }), /line/],
  ["a plan for another target", reply({}, { target: "db-1" }), /for db-1 was not asked for/],
  ["a plan of another phase", reply({}, { phase: "destroy" }), /phase "destroy" .* was not asked for/],
  ["no plan", { plans: [], settings: [], reads: [], console: [] }, /1 of 1 plans are missing/],
  ["settings of no target", {
    ...(reply() as object),
    settings: [{ target: "x", facility: "f", instance: "i", value: 1 }],
  }, /settings of x, which is no target/],
  ["reads of no target", {
    ...(reply() as object),
    reads: [{ reader: "web-1", of: "x", facility: "f" }],
  }, /reads settings of x/],
  ["nothing", null, /must be/],
];

for (const [name, value, expected] of FORGED) {
  Deno.test(`checkPlanReply() refuses ${name}`, () =>
    refused(() => checkPlanReply(value, REQUEST), expected));
}

Deno.test("checkInfrastructure() refuses groups that are none", () => {
  const group = {
    name: "web",
    nodeSpec: {},
    roles: [],
    defaultPhases: [],
    after: [],
    phases: {},
    hooks: {},
    origin: ORIGIN,
  };
  assert.equal(checkInfrastructure({ groups: [group], console: [] }).groups[0]?.name, "web");
  refused(() => checkInfrastructure({ groups: [group, group], console: [] }), /same name/);
  refused(() => checkInfrastructure({ groups: [{ ...group, name: "../etc" }], console: [] }), /name/);
  refused(
    () => checkInfrastructure({ groups: [{ ...group, nodeSpec: { disk: 1 } }], console: [] }),
    /unknown key "disk"/,
  );
});

const TEXTS: readonly (readonly [text: string, expected: RegExp])[] = [
  ["{", /JSON/],
  ["[]", /type is missing/],
  [`{"type":"reply","value":{"__proto__":{"polluted":true}},"console":[]}`, /has the key "__proto__"/],
  [`{"type":"reply","value":{"\\u005f_proto__":1},"console":[]}`, /has the key "__proto__"/],
  [`{"type":"reply","value":{"a":{"constructor":{}}},"console":[]}`, /has the key "constructor"/],
  [`{"type":"reply","value":${"[".repeat(100_000)}${"]".repeat(100_000)},"console":[]}`, /nested too deep/],
  [`{"type":"exec","value":1}`, /type/],
];

for (const [text, expected] of TEXTS) {
  Deno.test(`parseMessage() refuses ${text.slice(0, 60)}`, () => refused(() => parseMessage(text), expected));
}
