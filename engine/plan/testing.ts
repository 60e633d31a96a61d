// What tests of plans share: a small world, and plans made in it.
import assert from "node:assert/strict";
import type { PlannedAction } from "../actions/action.ts";
import type { JsonObject } from "../json.ts";
import type { Facts, Target } from "../spec/node.ts";
import { groupSpec } from "../spec/specs.ts";
import type { GroupSpec, PlanFunction } from "../spec/types.ts";
import { makeEvaluator } from "./evaluate.ts";
import type { EvaluatorHost } from "./host.ts";
import type { PlanProblem, PlanReply, PlanRequest, TargetPlan, World } from "./types.ts";

/** Facts of a Debian 12 that was named by an option. */
export const debian: Facts = {
  os: { id: "debian", family: "debian", version: "12", codename: "bookworm" },
  arch: "x86_64",
  packager: "apt",
  init: "systemd",
  hostname: "somewhere",
  addresses: [],
  bootId: "boot",
  source: "option",
};

/** A target without a machine, in the group that its name tells unless told. */
export function planned(name: string, ...groups: readonly string[]): Target {
  return { name, groups: groups.length > 0 ? groups : [groupOf(name)], planned: true, facts: debian };
}

/** A running node of the group that its name tells. */
export function existing(name: string, primaryIp: string): Target {
  return {
    name,
    groups: [groupOf(name)],
    planned: false,
    facts: { ...debian, source: "node", hostname: `${name}.example`, addresses: [primaryIp] },
    node: { id: name, name, service: "s", provider: "p", state: "running", primaryIp, tags: { owner: "me" } },
  };
}

function groupOf(name: string): string {
  return name.replace(/-\d+$/, "");
}

/** What a test asks for; the phase is `configure`, and all targets are asked for, unless told. */
export interface Ask {
  readonly targets?: readonly (string | Target)[];
  readonly phases?: readonly string[];
  readonly only?: readonly string[];
  readonly executed?: readonly string[];
  readonly args?: JsonObject;
  readonly environment?: World["environment"];
  readonly files?: Readonly<Record<string, string>>;
  readonly host?: Partial<EvaluatorHost>;
}

/** A host that has no file; origins are relative to this folder. */
export const host: EvaluatorHost = {
  baseUrl: new URL("./", import.meta.url).href,
  readProjectFile: (path) => Promise.reject(new Error(`no file ${path}`)),
};

/** Makes plans of what an infra file would export. */
export async function evaluate(
  exports: Readonly<Record<string, unknown>>,
  ask: Ask = {},
): Promise<PlanReply> {
  const targets = (ask.targets ?? ["web-1"]).map((one) => typeof one === "string" ? planned(one) : one);
  const request: PlanRequest = {
    world: { targets, environment: ask.environment ?? {}, captured: {}, clock: 0, seed: 0 },
    phases: (ask.phases ?? ["configure"]).map((phase) => ({ phase, args: ask.args ?? {} })),
    targets: ask.only ?? targets.map((target) => target.name),
    ...(ask.executed === undefined ? {} : { executed: ask.executed }),
  };
  const evaluator = makeEvaluator(exports, { ...host, ...ask.host });
  const reply = await evaluator.plan(request);
  assert.deepEqual(JSON.parse(JSON.stringify(reply)), reply, "a reply is plain data");
  return reply;
}

/** The actions of a plan that has no problem. */
export function actionsOf(plan: TargetPlan | undefined): readonly PlannedAction[] {
  assert.ok(plan !== undefined, "there is no such plan");
  assert.ok(!("problem" in plan), "problem" in plan ? plan.problem.message : "");
  return plan.actions;
}

/** The problem of a plan that has one. */
export function problemIn(plan: TargetPlan | undefined): PlanProblem {
  assert.ok(plan !== undefined && "problem" in plan, "it has no problem");
  return plan.problem;
}

/** The actions of the only plan. */
export async function actions(
  exports: Readonly<Record<string, unknown>>,
  ask: Ask = {},
): Promise<readonly PlannedAction[]> {
  const { plans } = await evaluate(exports, ask);
  assert.equal(plans.length, 1);
  return actionsOf(plans[0]);
}

/** The problem of the only plan. */
export async function problem(
  exports: Readonly<Record<string, unknown>>,
  ask: Ask = {},
): Promise<PlanProblem> {
  const { plans } = await evaluate(exports, ask);
  assert.equal(plans.length, 1);
  return problemIn(plans[0]);
}

/** Ids of actions by target, for a phase that all have. */
export function idsByTarget(reply: PlanReply): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    reply.plans.map((plan) => [plan.target, actionsOf(plan).map((action) => action.id)]),
  );
}

/** A group `web` with one phase. */
export function web(plan: PlanFunction, phase = "configure"): { readonly web: GroupSpec } {
  return { web: groupSpec("web", { phases: { [phase]: plan } }) };
}

/** Ids of the actions of a group's only target. */
export async function ids(configure: PlanFunction, ask: Ask = {}): Promise<readonly string[]> {
  return (await actions(web(configure), ask)).map((action) => action.id);
}
