import type { Json, JsonObject } from "../json.ts";
import { callerOrigin } from "../origin.ts";
import { v, validate } from "../schema.ts";
import { frozenCopy } from "../spec/plain.ts";
import type { Action } from "./action.ts";
import type { ActionDefinition } from "./definition.ts";

/** Options that every action takes. */
export interface ActionOptions {
  /** A name of its own, for `plan`, reports and reactions; planning makes one otherwise. */
  readonly id?: string;
}

const idSchema = v.pipe(v.string(), v.nonEmpty());

/**
 * Definitions of the actions made here, by the actions themselves: how planning tells a made, validated action from
 * an object that looks like one, and finds the definition of a kind that is a crate's own.
 */
const definitionOfAction = new WeakMap<object, ActionDefinition<JsonObject>>();

function made(action: Action, definition: ActionDefinition<JsonObject>): Action {
  const frozen = Object.freeze(action);
  definitionOfAction.set(frozen, definition);
  return frozen;
}

/** The definition by which a value was made, if it is an action that {@linkcode makeAction} made. */
export function definitionOf(value: unknown): ActionDefinition<JsonObject> | undefined {
  return typeof value === "object" && value !== null ? definitionOfAction.get(value) : undefined;
}

/** Whether {@linkcode makeAction} made a value. */
export function isAction(value: unknown): value is Action {
  return definitionOf(value) !== undefined;
}

/** An action like another one, made at the same place, with another part in the plan. */
export function copyAction(action: Action, change: Pick<Action, "triggers" | "undo">): Action {
  const definition = definitionOf(action);
  const { triggers, ...others } = change;
  const copy: Action = {
    ...action,
    ...others,
    ...(triggers === undefined ? {} : { triggers: Object.freeze(triggers) }),
  };
  return definition === undefined ? Object.freeze(copy) : made(copy, definition);
}

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
  const origin = callerOrigin(makeAction);
  const { id, ...args } = values;
  const checked = validate(definition.schema, defined(args as Record<string, Json | undefined>), {
    what: `${definition.kind} action`,
    kind: "infra",
    origin,
  });
  const what = `id of a ${definition.kind} action`;
  const given = id === undefined ? {} : { id: validate(idSchema, id, { what, kind: "infra", origin }) };
  const action: Action = {
    type: "action",
    kind: definition.kind,
    args: frozenCopy(checked),
    ...given,
    origin: Object.freeze(origin),
  };
  // Planning hands the definition only arguments that its own schema let through.
  return made(action, definition as unknown as ActionDefinition<JsonObject>);
}
