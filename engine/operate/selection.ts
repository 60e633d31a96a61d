import { PalletError } from "../errors.ts";
import type { GroupSummary } from "../spec/types.ts";
import { didYouMean } from "../suggest.ts";
import type { Selection } from "./options.ts";
import { shorten } from "./names.ts";

/** Groups of the names, which may be clusters' too. */
function named(groups: readonly GroupSummary[], names: readonly string[]): ReadonlySet<string> {
  const chosen = new Set<string>();
  for (const name of names) {
    const matching = groups.filter((group) => group.name === name || group.cluster === name);
    if (matching.length === 0) {
      const known = [...new Set(groups.flatMap((group) => [group.name, group.cluster ?? group.name]))];
      // "web-1" is near to "web", and means a node of it.
      const group = /^(.+)-\d+$/.exec(name)?.[1] ?? "";
      const node = known.includes(group);
      const hint = node ? "" : didYouMean(name, known);
      throw new PalletError(`No group or cluster is named "${name}".${hint}`, {
        kind: "usage",
        help: node
          ? `For a node of group "${group}": --limit ${name}.`
          : known.length === 0
          ? "The infra file exports no group."
          : `There are: ${shorten(known)}.`,
      });
    }
    for (const group of matching) chosen.add(group.name);
  }
  return chosen;
}

/**
 * The groups that an operation is about, in the infra file's order; the others stay visible to plans.
 *
 * @throws {PalletError} for a name that is none, and when nothing is left.
 */
export function selectGroups(groups: readonly GroupSummary[], selection: Selection): readonly GroupSummary[] {
  const wanted = selection.groups === undefined ? undefined : named(groups, selection.groups);
  const considered = named(groups, selection.considerGroups ?? []);
  const selected = groups.filter((group) =>
    (wanted === undefined || wanted.has(group.name)) && !considered.has(group.name)
  );
  if (selected.length > 0) return selected;
  throw new PalletError("No group is selected", {
    kind: "usage",
    help: groups.length === 0
      ? "Export a group of the infra file: export const web = groupSpec(...)."
      : `Groups there are: ${shorten(groups.map((group) => group.name))}.`,
  });
}
