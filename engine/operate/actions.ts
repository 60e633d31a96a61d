import type { PlannedAction } from "../actions/action.ts";
import type { ScriptOptions } from "../actions/definition.ts";
import { prepareAction } from "../actions/prepare.ts";
import { validate } from "../schema.ts";
import type { CrateScript } from "../script/compile.ts";
import type { Facts } from "../spec/node.ts";
import type { TargetPlan } from "../plan/types.ts";
import type { Tools } from "./tools.ts";

/** A plan that was made: actions in their order. */
export type MadePlan = Extract<TargetPlan, { readonly defined: boolean }>;

/** Whether a plan was made. */
export function isMade(plan: TargetPlan): plan is MadePlan {
  return "defined" in plan;
}

/**
 * The actions of a plan with what they name on the workstation. What comes from infra files is checked here once more:
 * the process that evaluated them is not trusted.
 *
 * @throws {PalletError} for arguments that do not fit, and for a file that cannot be read.
 */
export async function ready(
  tools: Pick<Tools, "definitions" | "files">,
  plan: MadePlan,
): Promise<readonly PlannedAction[]> {
  const actions: PlannedAction[] = [];
  for (const action of plan.actions) {
    const definition = tools.definitions.get(action.kind);
    if (definition === undefined) {
      actions.push(action);
      continue;
    }
    const what = `${action.kind} action ${action.id} of ${plan.target}`;
    validate(definition.schema, action.args, { what, kind: "infra", origin: action.origin });
    actions.push(await prepareAction(action, definition, tools.files));
  }
  return actions;
}

/** Bash of the actions that crates define, by action id, from the process that evaluates crates. */
export async function crateScriptsOf(
  tools: Pick<Tools, "definitions" | "sandbox">,
  actions: readonly PlannedAction[],
  facts: Facts,
  options: ScriptOptions,
): Promise<ReadonlyMap<string, CrateScript>> {
  const scripts = new Map<string, CrateScript>();
  for (const action of actions) {
    if (tools.definitions.has(action.kind)) continue;
    scripts.set(action.id, await tools.sandbox.script(action.kind, action.args, facts, options));
  }
  return scripts;
}
