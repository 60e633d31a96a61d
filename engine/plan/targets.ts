// The targets of an evaluation, and what may be asked about them.
import { PalletError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import { joinGroups } from "../spec/compose.ts";
import { deepMerge } from "../spec/merge.ts";
import type { Facts, Target } from "../spec/node.ts";
import type { ExportedEnvironment } from "../spec/environment_spec.ts";
import { frozenCopy } from "../spec/plain.ts";
import type { MergedGroup, PhasePart } from "../spec/types.ts";
import { didYouMean } from "../suggest.ts";
import type { TargetView } from "./context.ts";
import { type Deferred, deferred } from "./deferred.ts";
import type { World } from "./types.ts";

/** A target with all that its groups give it. */
export interface PlanTarget {
  readonly view: TargetView;
  readonly cluster?: string;
  readonly environment: JsonObject;
  readonly facts?: Facts;
  /** Why no plan can be made for it. */
  readonly problem?: PalletError;
  parts(phase: string): readonly PhasePart[];
}

/** All targets, in the order of their names. */
export interface Targets {
  readonly all: readonly PlanTarget[];
  named(name: string): PlanTarget | undefined;
  /** `reader` is in the cluster, if any, that the name is looked up in first. */
  inGroup(group: string, reader: PlanTarget): readonly TargetView[];
  withRole(role: string): readonly TargetView[];
}

/** Orders names as people count: `web-2` before `web-10`. */
function compareNames(a: string, b: string): number {
  const [, stemA = a, numberA = ""] = /^(.*?)(\d*)$/s.exec(a) ?? [];
  const [, stemB = b, numberB = ""] = /^(.*?)(\d*)$/s.exec(b) ?? [];
  if (stemA !== stemB) return stemA < stemB ? -1 : 1;
  return Number(numberA) - Number(numberB) || (a < b ? -1 : a > b ? 1 : 0);
}

function viewOf(target: Target, roles: readonly string[]): TargetView {
  const { node, facts } = target;
  const unknown = (attribute: string): Deferred =>
    deferred({ kind: "attribute", target: target.name, attribute });
  const told = facts?.source === "node" || facts?.source === "cache" ? facts : undefined;
  const primaryIp = target.planned ? undefined : node?.primaryIp ?? told?.addresses[0];
  const privateIp = target.planned ? undefined : node?.privateIp ?? primaryIp;
  const hostname = target.planned ? undefined : told?.hostname;
  return Object.freeze({
    name: target.name,
    group: target.groups[0] ?? "",
    groups: Object.freeze([...target.groups]),
    roles: Object.freeze([...roles]),
    planned: target.planned,
    primaryIp: primaryIp ?? unknown("primaryIp"),
    privateIp: privateIp ?? unknown("privateIp"),
    hostname: hostname ?? unknown("hostname"),
    tags: Object.freeze({ ...node?.tags }),
  });
}

/** Environments by the groups of a target, merged once for all targets of the same groups. */
function environments(world: World): (groups: readonly string[]) => JsonObject {
  const merged = new Map<string, JsonObject>();
  const own = (group: string): JsonObject =>
    (Object.hasOwn(world.environment, group) ? world.environment[group] : world.environment[""]) ?? {};
  return (groups) => {
    const key = groups.join(" ");
    const known = merged.get(key);
    if (known !== undefined) return known;
    const made = frozenCopy(groups.map(own).reduce<unknown>(deepMerge, {})) as JsonObject;
    merged.set(key, made);
    return made;
  };
}

function unknownGroup(target: string, name: string, known: Iterable<string>): PalletError {
  const names = [...known];
  return new PalletError(
    `Cannot plan for ${target}: there is no group "${name}".${didYouMean(name, names)} Known: ${
      names.join(", ")
    }.`,
    { kind: "infra", help: "Export the group from the infra file." },
  );
}

/** Parts of a phase with those of an environment around them; a function that is reached by two ways runs once. */
function around(
  environment: ExportedEnvironment,
  groups: readonly string[],
  phase: string,
  own: readonly PhasePart[],
): readonly PhasePart[] {
  const others = groups.map((group) => environment.parts(group, phase));
  const all = [...others.flatMap(({ before }) => before), ...own, ...others.flatMap(({ after }) => after)];
  return all.filter((part, at) => all.findIndex(({ run }) => run === part.run) === at);
}

/** Joins targets with their groups. */
export function makeTargets(
  world: World,
  groups: ReadonlyMap<string, MergedGroup>,
  selected?: ExportedEnvironment,
): Targets {
  const environmentOf = environments(world);
  const joined = new Map<string, ReturnType<typeof joinGroups>>();
  const join = (names: readonly string[]) => {
    const key = names.join(" ");
    const made = joined.get(key) ??
      joinGroups(names.flatMap((name) => groups.get(name) ?? []));
    joined.set(key, made);
    return made;
  };
  const make = (target: Target): PlanTarget => {
    const merged = join(target.groups);
    const missing = target.groups.find((name) => !groups.has(name));
    const environment = environmentOf(target.groups);
    const cluster = groups.get(target.groups[0] ?? "")?.cluster;
    const packager = typeof environment.packager === "string" ? environment.packager : merged.packager;
    const facts = target.facts === undefined || packager === undefined
      ? target.facts
      : { ...target.facts, packager };
    return {
      view: viewOf(target, merged.roles),
      environment,
      ...(cluster === undefined ? {} : { cluster }),
      ...(facts === undefined ? {} : { facts: frozenCopy(facts) }),
      ...(missing === undefined ? {} : { problem: unknownGroup(target.name, missing, groups.keys()) }),
      parts: (phase) => {
        const own = Object.hasOwn(merged.phases, phase) ? merged.phases[phase] ?? [] : [];
        return selected === undefined ? own : around(selected, target.groups, phase, own);
      },
    };
  };
  const all = world.targets.map(make).sort((a, b) => compareNames(a.view.name, b.view.name));
  const byName = new Map(all.map((target) => [target.view.name, target]));
  const byGroup = index(all, (view) => view.groups);
  const byRole = index(all, (view) => view.roles);
  return {
    all,
    named: (name) => byName.get(name),
    inGroup: (name, reader) => {
      const inCluster = `${reader.cluster}-${name}`;
      const group = reader.cluster !== undefined && groups.has(inCluster) ? inCluster : name;
      if (!groups.has(group) && !byGroup.has(group)) {
        throw new PalletError(
          `There is no group "${name}".${didYouMean(name, groups.keys())} Known: ${
            [...groups.keys()].join(", ")
          }.`,
          { kind: "infra" },
        );
      }
      return byGroup.get(group) ?? [];
    },
    withRole: (role) => byRole.get(role) ?? [],
  };
}

function index(
  targets: readonly PlanTarget[],
  keys: (view: TargetView) => readonly string[],
): ReadonlyMap<string, readonly TargetView[]> {
  const found = new Map<string, TargetView[]>();
  for (const { view } of targets) {
    for (const key of new Set(keys(view))) {
      const list = found.get(key) ?? [];
      list.push(view);
      found.set(key, list);
    }
  }
  for (const list of found.values()) Object.freeze(list);
  return found;
}
