// What actions take from the workstation is read here, by the engine: where plans are made nothing can be read.
import { PalletError } from "../errors.ts";
import type { Action, PlannedAction } from "./action.ts";
import type { ActionDefinition, BlobReference } from "./definition.ts";

/** A file of the workstation: its reference, and its bytes when they are few enough to travel inside a script. */
export interface LocalFile extends BlobReference {
  readonly bytes?: Uint8Array;
}

/** Files of the workstation that actions may use. */
export interface LocalFiles {
  /**
   * @param path Absolute, or relative to the infra file's folder.
   * @param largest Files of more bytes come without their bytes.
   * @throws {PalletError} of kind `infra` for a file that is not there, cannot be read, is no file, or may not be used.
   */
  open(path: string, largest: number): Promise<LocalFile>;
}

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
