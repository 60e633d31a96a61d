import { PalletError } from "../errors.ts";
import type { Facts } from "../spec/node.ts";
import type { Action, PlannedAction } from "./action.ts";
import type { ActionDefinition } from "./definition.ts";
import { titleOf } from "./words.ts";

/**
 * Refuses an action that a node's operating system cannot have: asked as soon as facts are known, before anything is
 * touched.
 *
 * @throws {PalletError} of kind `infra` that names system and action, with the action's place.
 */
export function checkSupport(
  action: Action | PlannedAction,
  definition: ActionDefinition,
  facts: Facts,
): void {
  if (definition.support === undefined) return;
  try {
    definition.support(action.args, facts);
  } catch (thrown) {
    if (!(thrown instanceof PalletError)) throw thrown;
    throw new PalletError(`${thrown.message} (action "${action.id ?? titleOf(definition, action.args)}")`, {
      kind: thrown.kind,
      origin: thrown.origin ?? action.origin,
      cause: thrown,
      help: thrown.help,
    });
  }
}
