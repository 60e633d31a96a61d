import { PalletError } from "../errors.ts";
import type { PhaseCall } from "../plan/types.ts";
import { uniteDefaultPhases } from "../spec/compose.ts";
import { canonicalPhase, SETTINGS } from "../spec/phases.ts";
import type { GroupSummary } from "../spec/types.ts";
import { didYouMean } from "../suggest.ts";

/** One spelling for `rotateLogs` and `rotate-logs`, so that each may be written as its place asks for. */
function kebab(name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase();
}

/** A phase as the groups spell it: exactly as asked for where one has that, else in the other spelling. */
function phaseName(groups: readonly GroupSummary[], asked: string): string | undefined {
  const known = groups.flatMap((group) => Object.keys(group.phases));
  const canonical = canonicalPhase(asked);
  return known.find((name) => name === canonical) ?? known.find((name) => kebab(name) === kebab(asked));
}

/**
 * The phases that were asked for, as the groups spell them. A phase that some groups lack is nothing for those.
 *
 * @throws {PalletError} for a phase that none of the groups has.
 */
function resolvePhases(
  groups: readonly GroupSummary[],
  asked: readonly (string | PhaseCall)[],
): readonly PhaseCall[] {
  return asked.map((request) => {
    const call = typeof request === "string" ? { phase: request, args: {} } : request;
    // Nobody has to define settings: whoever reads one evaluates them.
    const name = call.phase === SETTINGS ? SETTINGS : phaseName(groups, call.phase);
    if (name !== undefined) return { phase: name, args: call.args };
    const known = [...new Set(groups.flatMap((group) => Object.keys(group.phases)))].sort();
    const where = groups.length === 1 ? `Group "${groups[0]?.name}" has no` : "None of the groups has a";
    throw new PalletError(`${where} phase "${call.phase}".${didYouMean(call.phase, known)}`, {
      kind: "usage",
      help: known.length === 0 ? "No phases are defined at all." : `Phases there are: ${known.join(", ")}.`,
    });
  });
}

/**
 * The groups' default phases as one order.
 *
 * @throws {PalletError} when the orders contradict each other.
 */
function defaultPhases(groups: readonly GroupSummary[]): readonly PhaseCall[] {
  return uniteDefaultPhases(groups).map((phase) => ({ phase: canonicalPhase(phase), args: {} }));
}

/**
 * The phases of a call: those asked for, else the groups' default ones, or none.
 *
 * @throws {PalletError} as {@linkcode resolvePhases} and {@linkcode defaultPhases}.
 */
export function requestedPhases(
  groups: readonly GroupSummary[],
  asked: { readonly phases?: readonly (string | PhaseCall)[]; readonly noPhases?: boolean },
): readonly PhaseCall[] {
  if (asked.noPhases === true) return [];
  return asked.phases === undefined ? defaultPhases(groups) : resolvePhases(groups, asked.phases);
}

/** A pattern with `*` and `?` as a predicate on whole names. */
export function glob(pattern: string): (name: string) => boolean {
  const source = Array.from(pattern, (char) => {
    if (char === "*") return ".*";
    return char === "?" ? "." : char.replace(/[\\^$.|+()[\]{}]/, "\\$&");
  }).join("");
  const regex = new RegExp(`^${source}$`, "su");
  return (name) => regex.test(name);
}

/**
 * The names that patterns select; all when there are no patterns.
 *
 * @throws {PalletError} for a pattern that selects nothing.
 */
export function limitNames(
  names: readonly string[],
  patterns: readonly string[] | undefined,
): readonly string[] {
  if (patterns === undefined) return names;
  const chosen = new Set<string>();
  for (const pattern of patterns) {
    const matching = names.filter(glob(pattern));
    if (matching.length === 0) {
      throw new PalletError(`No node is named "${pattern}".${didYouMean(pattern, names)}`, {
        kind: "usage",
        help: names.length === 0 ? "There are no nodes." : `Nodes there are: ${shorten(names)}.`,
      });
    }
    for (const name of matching) chosen.add(name);
  }
  return names.filter((name) => chosen.has(name));
}

/** A list for a message: the first ten and how many more. */
export function shorten(names: readonly string[]): string {
  const more = names.length - 10;
  return more > 0 ? `${names.slice(0, 10).join(", ")} and ${more} more` : names.join(", ");
}
