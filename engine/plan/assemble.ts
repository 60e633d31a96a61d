// From the actions that phases returned to a plan: checked, joined, named, connected.
import type { Action, PlannedAction } from "../actions/action.ts";
import { definitionOf } from "../actions/define.ts";
import type { ActionDefinition, Thing } from "../actions/definition.ts";
import { checkSupport } from "../actions/support.ts";
import { defaultId, titleOf } from "../actions/words.ts";
import { formatOrigin, type Origin, PalletError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import type { Facts } from "../spec/node.ts";
import { hasDeferred, pieces } from "./deferred.ts";
import type { Kinds } from "./kinds.ts";
import type { Place } from "./problems.ts";
import { checkDeferred, holdsDeferred, own } from "./tokens.ts";

/** One action of the plan on its way. */
interface Entry {
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

function refuse(message: string, origin: Origin, help?: string): never {
  throw new PalletError(message, { kind: "infra", origin, help });
}

function entryOf(action: Action, assembly: Assembly): Entry {
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

function refuseTwice(actions: readonly Action[]): void {
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

function joinNeighbours(entries: readonly Entry[]): readonly Entry[] {
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

function sameOrigin(a: Origin, b: Origin): boolean {
  return a.line === b.line && a.column === b.column && a.file === b.file;
}

/** What an action brings in line by itself, in every run. A reaction is for once, and so is what undoes others. */
function settledBy({ definition, args, triggers, undo }: Entry): readonly (readonly [string, string])[] {
  if (triggers.length > 0 || undo === true) return [];
  return Object.entries(definition.settles?.(args) ?? {})
    .flatMap(([name, value]) => value === undefined ? [] : [[name, JSON.stringify(value)] as const]);
}

/** Refuses actions that would undo each other's work in every run. */
function refuseFights(entries: readonly Entry[], place: Place): void {
  const settled = new Map<string, readonly [Entry, string]>();
  for (const entry of entries) {
    const subject = entry.definition.subject(entry.args);
    for (const [name, value] of settledBy(entry)) {
      const key = JSON.stringify([entry.kind, subject, name]);
      const [other, wanted] = settled.get(key) ?? [entry, value];
      settled.set(key, [other, wanted]);
      if (wanted === value) continue;
      refuse(
        `Two actions give ${entry.kind} ${subject} a different ${name}, at ${
          formatOrigin(place(other.origin))
        } and at ${formatOrigin(place(entry.origin))}: each would undo the other's work in every run`,
        entry.origin,
        "Keep one of them, or let both say the same.",
      );
    }
  }
}

/** One id an entry: its own, or kind and subject, told apart by `#2`, `#3` in the order of the plan. */
function assignIds(entries: readonly Entry[], place: Place): readonly string[] {
  const spell = (origin: Origin) => formatOrigin(place(origin));
  const given = new Map<string, Entry>();
  for (const entry of entries) {
    if (entry.id === undefined) continue;
    const twin = given.get(entry.id);
    if (twin !== undefined) {
      refuse(
        `Two actions have the id "${entry.id}": ${twin.kind} at ${spell(twin.origin)}, ${entry.kind} at ${
          spell(entry.origin)
        }`,
        entry.origin,
        "Give each an id of its own.",
      );
    }
    given.set(entry.id, entry);
  }
  const taken = new Set(given.keys());
  const places = new Map<string, Entry[]>();
  const counts = new Map<string, number>();
  return entries.map((entry) => {
    if (entry.id !== undefined) return entry.id;
    const base = defaultId(entry.definition, entry);
    const subject = `${entry.kind}:${entry.definition.subject(entry.args)}`;
    const others = places.get(subject) ?? [];
    const twin = others.find((other) => sameOrigin(other.origin, entry.origin));
    if (twin !== undefined) {
      refuse(
        `Two actions are "${base}", both made at ${
          spell(entry.origin)
        }: their results could not be told apart`,
        entry.origin,
        "Give each an id of its own, or make only one.",
      );
    }
    places.set(subject, [...others, entry]);
    let id = base;
    for (let number = counts.get(base) ?? 2; taken.has(id); number++) {
      id = `${base}#${number}`;
      counts.set(base, number + 1);
    }
    taken.add(id);
    return id;
  });
}

/** Ids of the actions that an action reacts to. */
function triggersOf(
  entry: Entry,
  at: number,
  positions: ReadonlyMap<Action, number>,
  ids: readonly string[],
): readonly string[] {
  const found = entry.triggers.map((trigger) => {
    const position = positions.get(trigger);
    if (position === undefined) {
      return refuse(
        `The action ${ids[at]} reacts to a ${trigger.kind} action that is not in the plan`,
        entry.origin,
        "Return the trigger from the same phase too; of an action inside onChange(), return what onChange() returned.",
      );
    }
    if (position >= at) {
      refuse(
        `The reaction "${ids[at]}" stands before its trigger "${ids[position]}"`,
        entry.origin,
        "Return the trigger first.",
      );
    }
    return ids[position] ?? "";
  });
  return [...new Set(found)];
}

/** Ids of the earlier actions that provide what an action needs; one that may bring anything may bring that too. */
function needsOf(entry: Entry, providers: ReadonlyMap<Thing, readonly string[]>): readonly string[] {
  const things = entry.definition.needs(entry.args);
  if (things.length === 0 || entry.undo === true) return [];
  return [...new Set([...things, "*" as const].flatMap((thing) => providers.get(thing) ?? []))];
}

/**
 * The plan of one phase for one target.
 *
 * @throws {PalletError} of kind `infra` for an action that may not be in the plan, or not in its place.
 */
export function assemble(actions: readonly Action[], assembly: Assembly): readonly PlannedAction[] {
  refuseTwice(actions);
  const entries = joinNeighbours(actions.map((action) => entryOf(action, assembly)));
  const ids = assignIds(entries, assembly.place);
  refuseFights(entries, assembly.place);
  const positions = new Map(
    entries.flatMap((entry, at) => entry.sources.map((source) => [source, at] as const)),
  );
  const providers = new Map<Thing, string[]>();
  return entries.map((entry, at) => {
    const id = ids[at] ?? "";
    const triggers = triggersOf(entry, at, positions, ids);
    const needs = needsOf(entry, providers);
    for (const thing of entry.undo === true ? [] : entry.definition.provides(entry.args)) {
      const others = providers.get(thing);
      if (others === undefined) providers.set(thing, [id]);
      else others.push(id);
    }
    const planned: PlannedAction = {
      kind: entry.kind,
      args: entry.args,
      id,
      origin: assembly.place(entry.origin),
      title: `${entry.undo === true ? "undo: " : ""}${titleOf(entry.definition, entry.args)}`,
      ...(triggers.length === 0 ? {} : { triggers }),
      ...(needs.length === 0 ? {} : { needs }),
      ...(entry.undo === undefined ? {} : { undo: entry.undo }),
    };
    if (assembly.facts !== undefined) {
      checkSupport({ ...planned, origin: entry.origin }, entry.definition, assembly.facts);
    }
    return planned;
  });
}
