import { formatOrigin } from "../errors.ts";
import { type Entry, refuse } from "./entry.ts";
import type { Place } from "./problems.ts";

/** What an action brings in line by itself, in every run. A reaction is for once, and so is what undoes others. */
function settledBy({ definition, args, triggers, undo }: Entry): readonly (readonly [string, string])[] {
  if (triggers.length > 0 || undo === true) return [];
  return Object.entries(definition.settles?.(args) ?? {})
    .flatMap(([name, value]) => value === undefined ? [] : [[name, JSON.stringify(value)] as const]);
}

/** Refuses actions that would undo each other's work in every run. */
export function refuseFights(entries: readonly Entry[], place: Place): void {
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
