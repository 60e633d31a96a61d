import { defaultId } from "../actions/words.ts";
import { formatOrigin, type Origin } from "../errors.ts";
import { type Entry, refuse } from "./entry.ts";
import type { Place } from "./problems.ts";

function sameOrigin(a: Origin, b: Origin): boolean {
  return a.line === b.line && a.column === b.column && a.file === b.file;
}

/** One id an entry: its own, or kind and subject, told apart by `#2`, `#3` in the order of the plan. */
export function assignIds(entries: readonly Entry[], place: Place): readonly string[] {
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
