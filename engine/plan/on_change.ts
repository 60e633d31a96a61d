import type { Action } from "../actions/action.ts";
import { copyAction, isAction } from "../actions/define.ts";
import { isGuard } from "../actions/guarded.ts";
import { PalletError } from "../errors.ts";
import { callerOrigin } from "../origin.ts";
import { preview } from "../schema.ts";

function checkActions(value: unknown, what: string): readonly Action[] {
  const list: readonly unknown[] = Array.isArray(value) ? value.flat(Infinity) : [value];
  const wrong = list.find((item) => !isAction(item));
  if (list.length > 0 && list.every(isAction)) return list;
  throw new PalletError(
    `Cannot make a reaction: its ${what} must be an action or a list of actions, not ${
      list.length === 0 ? "an empty list" : preview(wrong)
    }`,
    {
      kind: "infra",
      origin: callerOrigin(),
      help: "onChange(trigger, reaction) takes what functions such as remoteFile() and service() return.",
    },
  );
}

function checkReactions(value: unknown): readonly Action[] {
  const actions = checkActions(value, "reaction");
  if (!actions.some(isGuard)) return actions;
  throw new PalletError("Cannot make a reaction of guarded actions", {
    kind: "infra",
    origin: callerOrigin(),
    help: "Let each of them be a reaction: guarded(onChange(trigger, action), { undo }).",
  });
}

/**
 * The reaction, to be returned by a phase in place of the action it was made of: it runs only when one of the
 * triggers changed something, or when a run before ended between such a change and the reaction.
 *
 * @throws {PalletError} of kind `infra` for anything that is no action.
 *
 * @example
 * ```ts
 * import { directory, onChange } from "pallet";
 *
 * const home = directory("/srv/app");
 * const phase = () => [home, onChange(home, directory("/srv/app/cache"))];
 * ```
 */
export function onChange(trigger: Action | readonly Action[], reaction: Action): Action;
/** Several reactions to the same triggers. */
export function onChange(trigger: Action | readonly Action[], reaction: readonly Action[]): readonly Action[];
export function onChange(
  trigger: Action | readonly Action[],
  reaction: Action | readonly Action[],
): Action | readonly Action[] {
  const triggers = checkActions(trigger, "trigger").filter((action) => action.undo === undefined);
  const reactions = checkReactions(reaction).map((action) =>
    copyAction(action, { triggers: [...new Set([...action.triggers ?? [], ...triggers])] })
  );
  const [first] = reactions;
  return Array.isArray(reaction) || first === undefined ? Object.freeze(reactions) : first;
}
