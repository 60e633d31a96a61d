import type { Json, JsonObject } from "../json.ts";
import { callerOrigin } from "../origin.ts";
import { v, validate } from "../schema.ts";
import type { Action } from "./action.ts";
import type { ActionDefinition } from "./definition.ts";

/** Options that every action takes. */
export interface ActionOptions {
  /** A name of its own, for `plan`, reports and reactions; planning makes one otherwise. */
  readonly id?: string;
}

const idSchema = v.pipe(v.string(), v.nonEmpty());

/** Drops keys whose value is `undefined`, so that an option left out and one given as `undefined` are the same. */
function defined(values: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, Json] => entry[1] !== undefined),
  );
}

/**
 * An action of a kind: validated, frozen, plain data that knows where it was made.
 *
 * @throws {PalletError} of kind `infra` that names every wrong argument with its path and value, and the caller's line.
 */
export function makeAction<Args extends JsonObject>(
  definition: ActionDefinition<Args>,
  values: Readonly<Record<string, unknown>>,
): Action {
  const origin = callerOrigin();
  const { id, ...args } = values;
  const checked = validate(definition.schema, defined(args as Record<string, Json | undefined>), {
    what: `${definition.kind} action`,
    kind: "infra",
    origin,
  });
  const what = `id of a ${definition.kind} action`;
  const given = id === undefined ? {} : { id: validate(idSchema, id, { what, kind: "infra", origin }) };
  return Object.freeze({
    type: "action",
    kind: definition.kind,
    args: Object.freeze(checked),
    ...given,
    origin,
  });
}
