// The actions that phases returned, on their way into a plan.
import type { Action } from "../actions/action.ts";
import { definitionOf } from "../actions/define.ts";
import type { ActionDefinition } from "../actions/definition.ts";
import { type Origin, PalletError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import type { Facts } from "../spec/node.ts";
import { hasDeferred, pieces } from "./deferred.ts";
import type { Kinds } from "./kinds.ts";
import type { Place } from "./problems.ts";
import { checkDeferred, holdsDeferred, own } from "./tokens.ts";

/** One action of the plan on its way. */
export interface Entry {
  readonly definition: ActionDefinition;
  readonly kind: string;
  readonly args: JsonObject;
  readonly id?: string;
  readonly origin: Origin;
  readonly triggers: readonly Action[];
  readonly undo?: true;
  /** The values that phases returned for it: more than one when neighbours were joined. */
  readonly sources: Action[];
}

/** What a plan is assembled for. */
export interface Assembly {
  readonly target: string;
  readonly facts?: Facts;
  readonly kinds: Kinds;
  readonly place: Place;
}

/** @throws {PalletError} of kind `infra` at an action's place. */
export function refuse(message: string, origin: Origin, help?: string): never {
  throw new PalletError(message, { kind: "infra", origin, help });
}

/**
 * An action that a phase returned, with its definition and what it holds of deferred values checked.
 *
 * @throws {PalletError} of kind `infra` for an action that may be in no plan.
 */
export function entryOf(action: Action, assembly: Assembly): Entry {
  const definition = definitionOf(action) ?? assembly.kinds.find(action.kind);
  if (definition === undefined) return refuse(`There is no action "${action.kind}"`, action.origin);
  let args = action.args;
  if (holdsDeferred(args)) {
    checkDeferred(definition.schema, args, `${action.kind} action`, action.origin);
    args = own(args, assembly.target) as JsonObject;
  }
  if (action.undo === true && hasSecret(args)) {
    refuse(
      `The ${action.kind} action that undoes guarded ones holds a secret`,
      action.origin,
      "The node undoes them by itself, and keeps no secrets for that.",
    );
  }
  if (action.id !== undefined && hasDeferred(action.id)) {
    refuse(
      `The id of a ${action.kind} action holds a value that is known only when the script runs`,
      action.origin,
    );
  }
  return {
    definition,
    kind: action.kind,
    args,
    origin: action.origin,
    triggers: action.triggers ?? [],
    sources: [action],
    ...(action.id === undefined ? {} : { id: action.id }),
    ...(action.undo === undefined ? {} : { undo: action.undo }),
  };
}

function hasSecret(args: JsonObject): boolean {
  return pieces(JSON.stringify(args)).some((piece) => "source" in piece && piece.source.kind === "secret");
}

/** @throws {PalletError} of kind `infra` for an action that was returned twice. */
export function refuseTwice(actions: readonly Action[]): void {
  const seen = new Set<Action>();
  for (const action of actions) {
    if (seen.has(action)) {
      refuse(
        `A ${action.kind} action is twice in one plan`,
        action.origin,
        "Make an action for each place it stands.",
      );
    }
    seen.add(action);
  }
}

/** An action that has a name or a condition of its own stays by itself. */
function isPlain(entry: Entry): boolean {
  return entry.id === undefined && entry.triggers.length === 0 && entry.undo === undefined;
}

/** Neighbours that can be one transaction as one. */
export function joinNeighbours(entries: readonly Entry[]): readonly Entry[] {
  const joined: Entry[] = [];
  for (const entry of entries) {
    const last = joined.at(-1);
    const args = last !== undefined && last.kind === entry.kind && isPlain(last) && isPlain(entry)
      ? last.definition.join?.(last.args, entry.args)
      : undefined;
    if (last === undefined || args === undefined) {
      joined.push(entry);
    } else {
      last.sources.push(...entry.sources);
      joined[joined.length - 1] = { ...last, args };
    }
  }
  return joined;
}
