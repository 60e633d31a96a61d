// Environments: layers of data that change a run without editing specs.
import { type Json, type JsonObject } from "../json.ts";
import { PalletError } from "../errors.ts";
import type { Subject } from "../schema.ts";
import { environmentProblems } from "../spec/environment.ts";
import { deepMerge, mergeWith } from "../spec/merge.ts";
import { frozenCopy, isPlainObject } from "../spec/plain.ts";
import type { Environment, GroupSummary } from "../spec/types.ts";

/** Keys whose values are replaced key by key, one level deep, and not merged deeper. */
const SHALLOW: ReadonlySet<string> = new Set(["image", "user"]);

type Layer = Readonly<Record<string, unknown>>;

function shallowMerge(earlier: unknown, later: unknown): unknown {
  if (later === undefined || later === null) return earlier;
  if (!isPlainObject(earlier) || !isPlainObject(later)) return later;
  return mergeWith(earlier, later, (a, b) => b ?? a);
}

/** Users key by key; who names another private key names no public one with it that belongs to the first. */
export function mergeUsers(earlier: Layer, later: Layer): Layer {
  const { publicKey: _, ...rest } = earlier;
  const other = later["privateKey"] !== undefined && later["privateKey"] !== null;
  return mergeWith(other ? rest : earlier, later, (a, b) => b ?? a);
}

function mergeGroups(earlier: unknown, later: unknown): unknown {
  if (!isPlainObject(earlier) || !isPlainObject(later)) return later ?? earlier;
  return mergeWith(
    earlier,
    later,
    (a, b) => isPlainObject(a) && isPlainObject(b) ? mergeTwo(a, b) : b ?? a,
  );
}

function mergeTwo(earlier: Layer, later: Layer): Layer {
  return mergeWith(earlier, later, (a, b, key) => {
    if (key === "groups") return mergeGroups(a, b);
    if (key === "user" && isPlainObject(a) && isPlainObject(b)) return mergeUsers(a, b);
    return SHALLOW.has(key) ? shallowMerge(a, b) : deepMerge(a, b);
  });
}

/**
 * One environment from layers, lowest first (engine, configuration, service, project, call). `image` and `user` are
 * merged one level deep, `groups` name by name as environments, all else at every depth; the later wins unless it is
 * null.
 *
 * @example
 * ```ts
 * import { mergeEnvironments } from "./environment.ts";
 *
 * const merged = mergeEnvironments([{ apt: { mirror: "a", proxy: "p" } }, { apt: { mirror: "b" } }]);
 * console.assert(JSON.stringify(merged) === '{"apt":{"mirror":"b","proxy":"p"}}');
 * ```
 */
export function mergeEnvironments(layers: readonly Environment[]): Environment {
  return frozenCopy(layers.reduce<Layer>(mergeTwo, {})) as Environment;
}

/**
 * The value as an environment: plain data, with `proxy`, `image`, `count`, `packager` and `groups` as they should be;
 * any other key is free.
 *
 * @throws {PalletError} that names path and value of each problem.
 */
export function checkEnvironment(value: unknown, subject: Subject): Environment {
  const problems = environmentProblems(value).map(({ path, message }) =>
    path === "" ? message : `${path}: ${message}`
  );
  if (problems.length > 0) {
    throw new PalletError(`Invalid ${subject.what}: ${problems.join("; ")}`, {
      kind: subject.kind,
      ...(subject.origin === undefined ? {} : { origin: subject.origin }),
    });
  }
  return frozenCopy(value) as Environment;
}

/** What an environment says for one group alone. */
function ofGroup(environment: Environment, group: string): Environment {
  const { groups } = environment;
  return groups !== undefined && groups !== null && Object.hasOwn(groups, group) ? groups[group] ?? {} : {};
}

/** The environment of one group: its own values in place, `groups` gone. */
export function groupEnvironment(environment: Environment, group: string | undefined): Layer {
  const { groups: _, ...common } = environment;
  return mergeTwo(common, ofGroup(environment, group ?? ""));
}

/**
 * A group with image, count and packager of the environment: the environment's own are what a spec starts from, those
 * under `groups` win over it.
 */
export function applyEnvironment(group: GroupSummary, environment: Environment): GroupSummary {
  const over = ofGroup(environment, group.name);
  const spec = shallowMerge(shallowMerge(environment.image ?? {}, group.nodeSpec.image), over.image);
  const nodeImage = isPlainObject(spec) && Object.keys(spec).length > 0 ? { image: spec } : {};
  const count = over.count ?? group.count ?? environment.count;
  const packager = over.packager ?? group.packager ?? environment.packager;
  return {
    ...group,
    nodeSpec: { ...group.nodeSpec, ...nodeImage },
    ...(count === undefined || count === null ? {} : { count }),
    ...(typeof packager === "string" ? { packager } : {}),
  };
}

/**
 * The environments of a {@linkcode World}: one a group, with its own values in place and `groups` gone, and `""` for
 * groups without. `image`, `count` and `packager` in it are those that hold for the group.
 */
export function worldEnvironment(
  groups: readonly GroupSummary[],
  environment: Environment,
): Readonly<Record<string, JsonObject>> {
  const { groups: _groups, ...common } = environment;
  const entries = groups.map((group): [string, Json] => {
    const effective = applyEnvironment(group, environment);
    const merged = groupEnvironment(environment, group.name);
    const { image: nodeImage } = effective.nodeSpec;
    return [group.name, {
      ...merged as JsonObject,
      ...(nodeImage === undefined ? {} : { image: nodeImage as JsonObject }),
      ...(effective.count === undefined ? {} : { count: effective.count }),
      ...(effective.packager === undefined ? {} : { packager: effective.packager }),
    }];
  });
  return Object.fromEntries([["", common as JsonObject], ...entries]) as Readonly<Record<string, JsonObject>>;
}
