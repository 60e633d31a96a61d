// From what an infra file exports to its groups.
import { formatOrigin, type Origin, PalletError } from "../errors.ts";
import { unknownOrigin } from "../origin.ts";
import { didYouMean } from "../suggest.ts";
import { composeGroup } from "./compose.ts";
import { madeOf } from "./made.ts";
import { isPlainObject } from "./plain.ts";
import { type ExportedEnvironment, exportedEnvironment } from "./environment_spec.ts";
import type { ClusterSpec, EnvironmentSpec, GroupSpec, MergedGroup, ScheduleSpec } from "./types.ts";

/** Exports are looked into this deep: `export default { production: [web, db] }`. */
const DEPTH = 4;

/** Exported specs: what makes groups, environments, and schedules. */
type Exported = GroupSpec | ClusterSpec | EnvironmentSpec | ScheduleSpec;

/** What is looked for among exports. */
const KINDS: ReadonlySet<string | undefined> = new Set(["group", "cluster", "environment", "schedule"]);

/** Specs among values, also in lists and plain objects; each once, whatever names it has. */
function* specsIn(value: unknown, seen: Set<unknown>, depth = 0): Generator<Exported> {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  const kind = madeOf(value)?.kind;
  if (KINDS.has(kind)) yield value as Exported;
  if (kind !== undefined || depth >= DEPTH) return;
  const inner = Array.isArray(value) ? value : isPlainObject(value) ? Object.values(value) : [];
  for (const item of inner) yield* specsIn(item, seen, depth + 1);
}

function isCluster(spec: Exported): spec is ClusterSpec {
  return madeOf(spec)?.kind === "cluster";
}

function isEnvironment(spec: Exported): spec is EnvironmentSpec {
  return madeOf(spec)?.kind === "environment";
}

function isSchedule(spec: Exported): spec is ScheduleSpec {
  return madeOf(spec)?.kind === "schedule";
}

/** Specs among exports, in their order. */
function exportedSpecs(exports: Readonly<Record<string, unknown>>): readonly Exported[] {
  const seen = new Set<unknown>();
  return Object.values(exports).flatMap((value) => [...specsIn(value, seen)]);
}

function originOf(spec: object): Origin {
  return madeOf(spec)?.origin ?? unknownOrigin;
}

/** A cluster's groups, each with the cluster's name before its own and before those of its siblings in `after`. */
function expand(cluster: ClusterSpec): readonly MergedGroup[] {
  const siblings = new Set(cluster.groups.map((group) => group.name));
  return [...new Set(cluster.groups)].map((group) => {
    const merged = composeGroup(group, cluster);
    const after = merged.after.map((name) => siblings.has(name) ? `${cluster.name}-${name}` : name);
    return { ...merged, after };
  });
}

function refuseTwins(groups: readonly MergedGroup[], place: (origin: Origin) => string): void {
  const seen = new Map<string, MergedGroup>();
  for (const group of groups) {
    const twin = seen.get(group.name);
    if (twin !== undefined) {
      throw new PalletError(
        `Two groups are named "${group.name}": ${place(twin.origin)} and ${place(group.origin)}`,
        { kind: "infra", origin: group.origin, help: "Give each group a name of its own." },
      );
    }
    seen.set(group.name, group);
  }
}

function refuseUnknownAfter(groups: readonly MergedGroup[]): void {
  const names = groups.map((group) => group.name);
  for (const group of groups) {
    for (const [index, name] of group.after.entries()) {
      if (names.includes(name)) continue;
      throw new PalletError(
        `Invalid group spec "${group.name}": after[${index}]: there is no group "${name}".` +
          `${didYouMean(name, names)} Known: ${names.join(", ")}.`,
        { kind: "infra", origin: group.origin },
      );
    }
  }
}

function refuseCycles(groups: readonly MergedGroup[]): void {
  const byName = new Map(groups.map((group) => [group.name, group]));
  const done = new Set<string>();
  const visit = (group: MergedGroup, path: readonly string[]): void => {
    if (path.includes(group.name)) {
      const cycle = [...path.slice(path.indexOf(group.name)), group.name];
      throw new PalletError(`Groups wait for each other in a circle: ${cycle.join(" -> ")}`, {
        kind: "infra",
        origin: group.origin,
        help: 'Remove one of these names from "after".',
      });
    }
    if (done.has(group.name)) return;
    for (const name of group.after) {
      const next = byName.get(name);
      if (next !== undefined) visit(next, [...path, group.name]);
    }
    done.add(group.name);
  };
  for (const group of groups) visit(group, []);
}

/**
 * The groups that the exports of an infra file make, merged, in the order of the exports. `place` spells a place in a
 * source for a message.
 *
 * @throws {PalletError} of kind `infra` when there are none, for two of one name, and for an `after` that names no
 * group or makes a circle.
 */
export function collectGroups(
  exports: Readonly<Record<string, unknown>>,
  place: (origin: Origin) => string = formatOrigin,
): readonly MergedGroup[] {
  const groups = exportedSpecs(exports).flatMap((spec) =>
    isEnvironment(spec) || isSchedule(spec) ? [] : isCluster(spec) ? expand(spec) : [composeGroup(spec)]
  );
  if (groups.length === 0) throw nothingExported(exports);
  refuseTwins(groups, place);
  refuseUnknownAfter(groups);
  refuseCycles(groups);
  return groups;
}

/**
 * The environments among the exports of an infra file.
 *
 * @throws {PalletError} of kind `infra` for two of one name, and for a group in one that there is not.
 */
export function collectEnvironments(
  exports: Readonly<Record<string, unknown>>,
  groups: Iterable<string>,
  place: (origin: Origin) => string = formatOrigin,
): ReadonlyMap<string, ExportedEnvironment> {
  const known = [...groups];
  const found = new Map<string, ExportedEnvironment>();
  for (const spec of exportedSpecs(exports)) {
    if (!isEnvironment(spec)) continue;
    const environment = exportedEnvironment(spec);
    const { name, origin } = environment;
    const twin = found.get(name);
    if (twin !== undefined) {
      throw new PalletError(
        `Two environments are named "${name}": ${place(twin.origin)} and ${place(origin)}`,
        { kind: "infra", origin, help: "Give each environment a name of its own." },
      );
    }
    const stray = Object.keys(spec.values.groups ?? {}).find((group) => !known.includes(group));
    if (stray !== undefined) {
      throw new PalletError(
        `Invalid environment "${name}": groups.${stray}: there is no group "${stray}".${
          didYouMean(stray, known)
        } Known: ${known.join(", ")}.`,
        { kind: "infra", origin },
      );
    }
    found.set(name, environment);
  }
  return found;
}

/** The schedules among the exports of an infra file. */
export function collectSchedules(exports: Readonly<Record<string, unknown>>): readonly ScheduleSpec[] {
  return exportedSpecs(exports).filter(isSchedule);
}

function nothingExported(exports: Readonly<Record<string, unknown>>): PalletError {
  const names = Object.keys(exports);
  const spec = Object.values(exports).find((value) => madeOf(value) !== undefined);
  const what = names.length === 0 ? "it exports nothing" : `none of its exports (${names.join(", ")}) is one`;
  return new PalletError(`The infra file has no group and no cluster: ${what}`, {
    kind: "infra",
    ...(spec === undefined ? {} : { origin: originOf(spec as object) }),
    help: 'Export one, e.g. `export const web = groupSpec("web", { count: 1 });`.',
  });
}
