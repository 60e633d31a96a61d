// What actions take from the workstation is read here, by the engine: where plans are made nothing can be read.
import { PalletError } from "../errors.ts";
import type { Action, PlannedAction } from "./action.ts";
import type { LocalFiles } from "./contents.ts";
import type { ActionDefinition } from "./definition.ts";

/**
 * An action with what it names on the workstation read into its arguments; others come back as they are.
 *
 * @throws {PalletError} of kind `infra` that names the action's place and the file.
 */
export async function prepareAction<A extends Action | PlannedAction>(
  action: A,
  definition: ActionDefinition,
  files: LocalFiles,
): Promise<A> {
  if (definition.prepare === undefined) return action;
  try {
    const args = await definition.prepare(action.args, files);
    return args === action.args ? action : { ...action, args };
  } catch (thrown) {
    if (!(thrown instanceof PalletError) || thrown.origin !== undefined) throw thrown;
    throw new PalletError(thrown.message, {
      kind: thrown.kind,
      origin: action.origin,
      cause: thrown.cause ?? thrown,
      help: thrown.help,
    });
  }
}
