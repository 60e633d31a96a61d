// The kinds of actions that an evaluation knows: the engine's own, and those that crates bring along.
import type { Action } from "../actions/action.ts";
import { definitionOf, isAction } from "../actions/define.ts";
import type { ActionDefinition } from "../actions/definition.ts";
import { definitions } from "../actions/list.ts";
import { PalletError } from "../errors.ts";
import { object, preview, v, validate } from "../schema.ts";
import { refuseHostileKeys } from "../spec/plain.ts";
import { didYouMean } from "../suggest.ts";
import type { ResultOf } from "./flatten.ts";

/** Definitions by kind. */
export interface Kinds {
  find(kind: string): ActionDefinition | undefined;
  /** A value that a phase returned, as an action. */
  accept(value: object, of: ResultOf): Action;
}

const position = v.pipe(v.number(), v.integer(), v.minValue(1));

/** An action that was copied (`{ ...action, id: "x" }`): what {@linkcode isAction} does not know. */
const copied = object({
  type: v.literal("action"),
  kind: v.string(),
  args: v.record(v.string(), v.unknown()),
  id: v.optional(v.pipe(v.string(), v.nonEmpty())),
  origin: object({ file: v.string(), line: position, column: position }),
  triggers: v.optional(v.array(v.pipe(v.unknown(), v.check(isAction, "must be an action")))),
  undo: v.optional(v.literal(true)),
});

/** Starts with the engine's own kinds; others are learned from the actions that are accepted. */
export function makeKinds(): Kinds {
  const learned = new Map<string, ActionDefinition>();
  const find = (kind: string) => definitions.get(kind) ?? learned.get(kind);

  const learn = (action: Action, definition: ActionDefinition): void => {
    const known = find(action.kind);
    if (known === definition) return;
    if (known !== undefined) {
      throw new PalletError(
        `Two crates define an action "${action.kind}", or one defines it anew at each call`,
        {
          kind: "infra",
          origin: action.origin,
          help: "Define an action once, at the top of a module, under a name of its own.",
        },
      );
    }
    learned.set(action.kind, definition);
  };

  const check = (value: object, of: ResultOf): Action => {
    if (Reflect.get(value, "type") !== "action") {
      throw new PalletError(`Phase "${of.phase}" returned ${preview(value)}, which is no action`, {
        kind: "infra",
        origin: of.origin,
        help: Object.hasOwn(value, "phases")
          ? "It looks like a spec: name it under `extends` of the group or the server spec."
          : "Make actions with functions such as packages() and remoteFile().",
      });
    }
    const what = `action that phase "${of.phase}" returned`;
    const { triggers, id, undo, ...rest } = validate(copied, value, {
      what,
      kind: "infra",
      origin: of.origin,
    });
    refuseHostileKeys(Reflect.get(value, "args"), { what, kind: "infra", origin: of.origin });
    const definition = find(rest.kind);
    if (definition === undefined) {
      const known = [...definitions.keys(), ...learned.keys()];
      throw new PalletError(
        `Phase "${of.phase}" returned an action of an unknown kind "${rest.kind}".${
          didYouMean(rest.kind, known)
        }`,
        {
          kind: "infra",
          origin: of.origin,
          help: "Make actions with functions such as packages() and remoteFile().",
        },
      );
    }
    // Told at the phase: the place that such an action claims to be from may be made up.
    const subject = {
      what: `${rest.kind} action that phase "${of.phase}" returned`,
      kind: "infra",
      origin: of.origin,
    } as const;
    return {
      ...rest,
      args: validate(definition.schema, rest.args, subject),
      ...(id === undefined ? {} : { id }),
      ...(undo === undefined ? {} : { undo }),
      ...(triggers === undefined ? {} : { triggers: triggers.filter(isAction) }),
    };
  };

  return {
    find,
    accept: (value, of) => {
      if (Reflect.get(value, "type") === "setting") {
        throw new PalletError(`Phase "${of.phase}" returned a setting`, {
          kind: "infra",
          origin: of.origin,
          help: 'Return settings from the phase "settings": it is evaluated before all others.',
        });
      }
      const definition = definitionOf(value);
      if (definition === undefined) return check(value, of);
      const action = value as Action;
      learn(action, definition);
      return action;
    },
  };
}
