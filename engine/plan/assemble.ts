// From the actions that phases returned to a plan: checked, joined, named, connected.
import type { Action, PlannedAction } from "../actions/action.ts";
import type { Thing } from "../actions/definition.ts";
import { checkSupport } from "../actions/support.ts";
import { titleOf } from "../actions/words.ts";
import { type Assembly, type Entry, entryOf, joinNeighbours, refuse, refuseTwice } from "./entry.ts";
import { refuseFights } from "./fights.ts";
import { assignIds } from "./ids.ts";

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
