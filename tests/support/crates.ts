// Plans of a crate: what a phase of a group that extends its spec becomes, in words and in bash.
import assert from "node:assert/strict";
import type { JsonObject } from "../../engine/json.ts";
import { definitions } from "../../engine/actions/list.ts";
import type { PlannedAction } from "../../engine/actions/action.ts";
import { parseOs } from "../../engine/os/mod.ts";
import { makeEvaluator } from "../../engine/plan/evaluate.ts";
import type { PlanReply } from "../../engine/plan/types.ts";
import { compile } from "../../engine/script/compile.ts";
import { groupSpec } from "../../engine/spec/specs.ts";
import type { PlanFunction, ServerSpec } from "../../engine/spec/types.ts";
import type { CompiledScript } from "../../engine/script/types.ts";
import type { Facts } from "../../engine/spec/node.ts";
import { assertBash } from "./golden.ts";

/** Systems for which crates have golden scripts. */
export const systems = ["debian-12", "ubuntu-24.04", "rocky-9"] as const;

/** A phase of a crate for one target, called `web-1`. */
export interface CratePlan {
  readonly actions: readonly PlannedAction[];
  readonly settings: PlanReply["settings"];
  /** Titles of the actions, in order. */
  readonly titles: readonly string[];
  /** Bash of each action by itself, without libraries. */
  readonly bodies: string;
  readonly script: CompiledScript;
}

/** Options of {@linkcode planCrate}. */
export interface CrateOptions {
  readonly phase?: string;
  readonly facts?: Facts;
  readonly check?: boolean;
  /** A run and a segment of its own, so that a script of the same actions can run again. */
  readonly run?: string;
  /** Environment of the group. */
  readonly environment?: JsonObject;
}

/** Plans and compiles a phase, `configure` unless told, of a group that extends a spec. */
export async function planCrate(
  spec: ServerSpec,
  os: string,
  options: CrateOptions = {},
): Promise<CratePlan> {
  const phase = options.phase ?? "configure";
  const facts = options.facts ?? parseOs(os);
  const evaluator = makeEvaluator({ web: groupSpec("web", { count: 1, extends: spec }) }, {
    baseUrl: new URL("../../", import.meta.url).href,
    readProjectFile: (path) => Promise.reject(new Error(`no file ${path}`)),
  });
  const { plans, settings } = await evaluator.plan({
    world: {
      targets: [{ name: "web-1", groups: ["web"], planned: true, facts }],
      environment: { "": options.environment ?? {} },
      captured: {},
      clock: 0,
      seed: 0,
    },
    phases: [{ phase, args: {} }],
    targets: ["web-1"],
  });
  const [plan] = plans;
  assert.ok(
    plan !== undefined && "actions" in plan,
    plan && "problem" in plan ? plan.problem.message : "no plan",
  );
  const { actions } = plan;
  const own = await Promise.all(
    actions.filter(({ kind }) => !definitions.has(kind)).map(async ({ id, kind, args }) =>
      [id, await evaluator.script(kind, args, facts, { environment: {} })] as const
    ),
  );
  const crateScripts = new Map(own);
  const script = compile({ run: options.run ?? "run", target: "web-1", phase, segment: 0 }, {
    actions,
    facts,
    environment: {},
    group: "web",
    check: options.check ?? false,
    captured: {},
    definitions,
    crateScripts,
  });
  const bodies = actions.map(({ id, kind, args, title, triggers = [] }) => {
    const text = crateScripts.get(id)?.text ??
      definitions.get(kind)?.script(args, facts, { environment: {} }).text;
    return `# ${title}\n${
      triggers.length === 0 ? "" : `# when one of ${triggers.join(", ")} changed\n`
    }${text}\n`;
  }).join("\n");
  return { actions, settings, titles: actions.map(({ title }) => title), bodies, script };
}

/** A phase of plan functions alone, e.g. of actions that a crate exports. */
export function phaseOf(configure: PlanFunction): ServerSpec {
  return { phases: { configure } };
}

/**
 * Compares the bash of a crate's actions with `golden/NAME.sh` in its folder, and holds the whole script to bash and
 * shellcheck. With `UPDATE_GOLDEN=1` the file is written instead.
 */
export async function assertCrateGolden(crate: string, name: string, plan: CratePlan): Promise<void> {
  const file = new URL(`../../crates/${crate}/golden/${name}.sh`, import.meta.url);
  await assertBash(plan.script.text);
  if (Deno.env.get("UPDATE_GOLDEN") === "1") {
    await Deno.mkdir(new URL("./", file), { recursive: true });
    await Deno.writeTextFile(file, plan.bodies);
  }
  const golden = await Deno.readTextFile(file).catch(() => "");
  assert.equal(plan.bodies, golden, `${name}.sh is not what it was; UPDATE_GOLDEN=1 takes the new one`);
}

/** Asserts that a call throws an infra error that matches, made at the test's own place. */
export function assertRefuses(call: () => unknown, message: RegExp): void {
  assert.throws(call, (error: Error & { kind?: string; origin?: { file: string } }) => {
    assert.match(error.message, message);
    assert.equal(error.kind, "infra");
    assert.match(error.origin?.file ?? "", /mod_test\.ts$/);
    return true;
  });
}
