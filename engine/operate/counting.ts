import { PalletError } from "../errors.ts";
import type { NodeSpec } from "../spec/types.ts";
import { didYouMean } from "../suggest.ts";
import { countsOf, wantedCount } from "./counts.ts";
import { limitNames, shorten } from "./names.ts";
import type { Consent } from "./options.ts";
import type { CountsPlan, GroupCounts } from "./results.ts";
import type { Session } from "./session.ts";

/** What the nodes of each selected group are made of. */
export function nodeSpecs(session: Session): ReadonlyMap<string, NodeSpec> {
  return new Map(session.setup.selected.map((group) => [group.name, group.nodeSpec]));
}

/** @throws {PalletError} for a count of a group that there is none of, or that is not selected. */
function requireKnown(session: Session, overrides: Readonly<Record<string, number>>): void {
  const names = session.setup.selected.flatMap((
    group,
  ) => [group.name, ...(group.cluster ?? "") === "" ? [] : [group.cluster ?? ""]]);
  const unknown = Object.keys(overrides).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new PalletError(
    `A count is given for "${unknown}", which is no selected group.${didYouMean(unknown, names)}`,
    {
      kind: "usage",
      help: `Selected are: ${shorten([...new Set(names)])}.`,
    },
  );
}

/** The part of counts that a limit leaves: only nodes that it names are made, started or removed. */
function limited(
  counts: readonly GroupCounts[],
  limit: readonly string[] | undefined,
): readonly GroupCounts[] {
  if (limit === undefined) return counts;
  const names = counts.flatMap((group) => [...group.existing, ...group.create, ...group.remove]);
  const chosen = new Set(limitNames(names, limit));
  const keep = (all: readonly string[]) => all.filter((name) => chosen.has(name));
  return counts.map((group) => ({
    ...group,
    // What would go and is not named stays.
    existing: [...group.existing, ...group.remove.filter((name) => !chosen.has(name))],
    create: keep(group.create),
    start: keep(group.start),
    remove: keep(group.remove),
  }));
}

/** What is made, started and removed so that each selected group has its count. */
export function adjustments(
  session: Session,
  overrides: Readonly<Record<string, number>>,
  limit: readonly string[] | undefined,
): readonly GroupCounts[] {
  requireKnown(session, overrides);
  const taken = new Set(session.roster.names);
  const counts = session.setup.selected.map((group) => {
    const nodes = session.roster.targets()
      .flatMap((target) =>
        target.groups.includes(group.name) && target.node !== undefined ? [target.node] : []
      );
    // A group that takes nodes by a filter has those that it finds, unless it tells a count.
    const found = group.nodeFilter !== undefined && group.count === undefined ? { count: nodes.length } : {};
    return countsOf(group.name, wantedCount({ ...group, ...found }, overrides), nodes, taken);
  });
  return limited(counts, limit);
}

/** What removes all nodes of the selected groups. */
export function removals(session: Session, limit: readonly string[] | undefined): readonly GroupCounts[] {
  const taken = new Set(session.roster.names);
  const selected = new Set(session.setup.selected.map((group) => group.name));
  const counts = session.setup.selected.map((group) => {
    const nodes = session.roster.targets().flatMap((target) =>
      target.groups.find((name) => selected.has(name)) === group.name && target.node !== undefined
        ? [target.node]
        : []
    );
    return countsOf(group.name, 0, nodes, taken);
  });
  return limited(counts, limit);
}

/** Adds to counts what would be made of what, and at which price. */
export async function estimated(
  session: Session,
  counts: readonly GroupCounts[],
  specs: ReadonlyMap<string, NodeSpec>,
): Promise<CountsPlan> {
  const groups = await Promise.all(counts.map(async (group): Promise<GroupCounts> => {
    if (group.create.length === 0) return group;
    const estimate = await session.tools.provider.estimate({
      group: group.group,
      names: group.create,
      nodeSpec: specs.get(group.group) ?? {},
      tags: {},
      token: `${session.setup.run}.${group.group}`,
    }, session.soft);
    return { ...group, ...estimate };
  }));
  return { groups };
}

/**
 * Asks the provider whether it can honour what the groups' nodes are made of.
 *
 * @throws {PalletError} that names every key that it cannot.
 */
export async function requireHonoured(session: Session, specs: ReadonlyMap<string, NodeSpec>): Promise<void> {
  for (const group of session.setup.selected) {
    const problems = await session.tools.provider.validate(
      specs.get(group.name) ?? {},
      session.soft,
      group.name,
    );
    if (problems.length === 0) continue;
    const help = problems.flatMap((problem) => problem.help ?? []).join(" ");
    const list = problems.map((problem) => `${problem.path}: ${problem.message}`).join("; ");
    throw new PalletError(
      `Provider "${session.tools.provider.name}" cannot make nodes of group "${group.name}": ${list}`,
      {
        kind: "infra",
        origin: group.origin,
        ...(help === "" ? {} : { help }),
      },
    );
  }
}

/** @throws {PalletError} when nodes would be removed and nobody agreed. */
export async function requireConsent(counts: CountsPlan, options: Consent): Promise<void> {
  const going = counts.groups.flatMap((group) => group.remove);
  if (going.length === 0 || options.yes === true) return;
  if (options.confirm === undefined) {
    throw new PalletError(`Would remove ${shorten(going)}, and nobody agreed to that`, {
      kind: "usage",
      help: "Agree with --yes.",
    });
  }
  if (await options.confirm(counts)) return;
  throw new PalletError("Nothing was done: the removal was not agreed to", { kind: "usage" });
}
