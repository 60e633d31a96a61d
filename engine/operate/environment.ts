// The environment of a run: its layers, those of the environment that was selected, and who says what.
import { PalletError } from "../errors.ts";
import {
  applyEnvironment,
  checkEnvironment,
  mergeEnvironments,
  worldEnvironment,
} from "../plan/environment.ts";
import type { JsonObject } from "../json.ts";
import { adminUserOf, type EffectiveUser } from "./admin_user.ts";
import type { Infrastructure } from "../plan/types.ts";
import type { EnvironmentLayer } from "../spec/environment.ts";
import type { Environment, EnvironmentSummary, GroupSummary } from "../spec/types.ts";
import { didYouMean } from "../suggest.ts";
import type { AdminUser, EnvironmentOptions } from "./options.ts";

/** What the environment makes of an infrastructure. */
export interface RunEnvironment {
  /** All layers that hold, the lowest first. */
  readonly layers: readonly EnvironmentLayer[];
  readonly merged: Environment;
  /** Groups with image, count and packager of the environment. */
  readonly groups: readonly GroupSummary[];
  /** By group, as plans see it; `""` for groups without their own. */
  readonly byGroup: Readonly<Record<string, JsonObject>>;
  /** What is likely a mistake, as sentences. */
  readonly warnings: readonly string[];
  /** The environment of the infra file that was selected, if it has it. */
  readonly selected?: string;
  /** Who logs in to the nodes of a group; nothing where nobody says. */
  readonly userOf: (group: string) => EffectiveUser | undefined;
}

/** An environment as plans see it: of the user the name and the public key, and no path of this machine. */
function forPlans(environment: JsonObject, user: EffectiveUser | undefined): JsonObject {
  const { user: _, ...rest } = environment;
  const { username, key } = user ?? {};
  if (username === undefined) return rest;
  return { ...rest, user: { username, ...(key === undefined ? {} : { publicKey: key.line }) } };
}

/**
 * Layers of the environment that was selected, those of the infra file below all others; none when none was.
 *
 * @param exported environments of the infra file; nothing where it was not evaluated: then an unknown name is no error
 */
function selectedLayers(
  { selected, environments = {} }: EnvironmentOptions,
  exported: readonly EnvironmentSummary[] | undefined,
): readonly EnvironmentLayer[] {
  if (selected === undefined) return [];
  const { name, origin } = selected;
  const own = (exported ?? []).find((one) => one.name === name);
  const known = [...new Set([...Object.keys(environments), ...(exported ?? []).map((one) => one.name)])];
  if (exported !== undefined && !known.includes(name)) {
    throw new PalletError(`There is no environment "${name}".${didYouMean(name, known)}`, {
      kind: origin === undefined ? "usage" : "config",
      help: known.length === 0
        ? "None is defined: write it into pallet.yaml, as environments: { NAME: { ... } }."
        : `Environments there are: ${known.join(", ")}.`,
      ...(origin === undefined ? {} : { origin }),
    });
  }
  return [
    ...(own === undefined ? [] : [{ name: `environment ${name}`, values: own.values, origin: own.origin }]),
    ...(Object.hasOwn(environments, name) ? environments[name] ?? [] : []),
  ];
}

/**
 * Merges layers that hold whatever the infrastructure is, those of the environment that was selected, and the call's.
 *
 * @throws {PalletError} for an environment that is none, or a selected one that there is not.
 */
export function mergedLayers(
  options: EnvironmentOptions,
  exported?: readonly EnvironmentSummary[],
): readonly EnvironmentLayer[] {
  const subject = { what: "environment", kind: "usage" } as const;
  const own = (options.environment ?? []).map((values) => ({
    name: "this call",
    values: checkEnvironment(values, subject),
  }));
  return [...options.environmentLayers ?? [], ...selectedLayers(options, exported), ...own];
}

/**
 * Groups that the environment which was selected speaks of, and which there are not: most likely they are misspelt. It is
 * no error: an environment of the user's own files may be of several projects.
 */
function unknownGroups(
  layers: readonly EnvironmentLayer[],
  groups: readonly GroupSummary[],
  environment: string,
): readonly string[] {
  const known = groups.map(({ name }) => name);
  const named = new Set(layers.flatMap(({ values }) => Object.keys(values.groups ?? {})));
  return [...named].filter((name) => !known.includes(name)).map((name) =>
    `Environment "${environment}" speaks of group "${name}", which there is not.${didYouMean(name, known)}`
  );
}

/** A group with the phases that an environment adds to it. */
function withPhases(group: GroupSummary, environment: EnvironmentSummary | undefined): GroupSummary {
  if (environment === undefined || !Object.hasOwn(environment.phases, group.name)) return group;
  const added = (environment.phases[group.name] ?? []).map((phase) => [
    phase,
    [environment.origin, ...(Object.hasOwn(group.phases, phase) ? group.phases[phase] ?? [] : [])],
  ]);
  return { ...group, phases: { ...group.phases, ...Object.fromEntries(added) } };
}

/** Groups with what an environment says of image, count, packager and phases. */
function groupsWith(
  { groups, environments = [] }: Infrastructure,
  merged: Environment,
  { selected }: EnvironmentOptions,
): readonly GroupSummary[] {
  const own = environments.find(({ name }) => name === selected?.name);
  return groups.map((group) => withPhases(applyEnvironment(group, merged), own));
}

/**
 * The groups of an infrastructure as runs see them.
 *
 * @throws {PalletError} for an environment that is none, or a selected one that there is not.
 */
export function groupsIn(
  infrastructure: Infrastructure,
  options: EnvironmentOptions,
): readonly GroupSummary[] {
  const layers = mergedLayers(options, infrastructure.environments ?? []);
  return groupsWith(infrastructure, mergeEnvironments(layers.map(({ values }) => values)), options);
}

/** What the environment of a run is made with. */
export interface RunEnvironmentOptions extends EnvironmentOptions {
  readonly adminUser?: AdminUser;
}

/**
 * The environment of a run.
 *
 * @param folder of the project, which paths of environments are relative to
 * @throws {PalletError} for an environment that is none, or a selected one that there is not.
 */
export async function runEnvironment(
  infrastructure: Infrastructure,
  options: RunEnvironmentOptions,
  folder: string,
): Promise<RunEnvironment> {
  const exported = infrastructure.environments ?? [];
  const layers = mergedLayers(options, exported);
  const selected = exported.find(({ name }) => name === options.selected?.name);
  const merged = mergeEnvironments(layers.map(({ values }) => values));
  const byGroup = Object.entries(worldEnvironment(infrastructure.groups, merged));
  const users = new Map(
    await Promise.all(byGroup.map(async ([group, environment]) => {
      const user = await adminUserOf(group, environment, layers, options.adminUser, folder);
      return [group, user] as const;
    })),
  );
  return {
    layers,
    merged,
    groups: groupsWith(infrastructure, merged, options),
    ...(selected === undefined ? {} : { selected: selected.name }),
    warnings: options.selected === undefined
      ? []
      : unknownGroups(selectedLayers(options, exported), infrastructure.groups, options.selected.name),
    byGroup: Object.fromEntries(
      byGroup.map(([group, environment]) => [group, forPlans(environment, users.get(group))]),
    ),
    userOf: (group) => users.has(group) ? users.get(group) : users.get(""),
  };
}
