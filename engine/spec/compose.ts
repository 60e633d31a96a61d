// Folds a group and all that it extends into one.
import { type Origin, PalletError } from "../errors.ts";
import { unknownOrigin } from "../origin.ts";
import { madeOf } from "./made.ts";
import { deepMerge, isConflict, mergeOrders, mergeWith } from "./merge.ts";
import { canonicalPhase, DEFAULT_PHASES } from "./phases.ts";
import type {
  ClusterSpec,
  GroupSpec,
  MergedGroup,
  NodeSpec,
  PhaseMeta,
  PhasePart,
  ServerSpec,
} from "./types.ts";

/** Everything of a spec that is inherited. */
interface Layer extends ServerSpec {
  readonly count?: number;
  readonly nodeFilter?: GroupSpec["nodeFilter"];
  readonly after?: readonly string[];
}

/** A layer with the place that defined it. */
interface Placed {
  readonly layer: Layer;
  readonly origin: Origin;
}

function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as T];
}

/** A spec after all that it extends, depth first, in the order listed; a spec that is reached twice stands once. */
function linearize(spec: Layer, origin: Origin, seen: Set<unknown> = new Set()): readonly Placed[] {
  if (seen.has(spec)) return [];
  seen.add(spec);
  const own = madeOf(spec)?.origin ?? origin;
  return [
    ...listOf(spec.extends).flatMap((base) => linearize(base, own, seen)),
    { layer: spec, origin: own },
  ];
}

/** Parts of each phase in order; a plan function that is reached by two ways runs once. */
function composePhases(layers: readonly Placed[]): Readonly<Record<string, readonly PhasePart[]>> {
  const phases = new Map<string, PhasePart[]>();
  for (const { layer, origin } of layers) {
    for (const [name, run] of Object.entries(layer.phases ?? {})) {
      const phase = canonicalPhase(name);
      const parts = phases.get(phase) ?? [];
      if (!parts.some((part) => part.run === run)) parts.push({ run, origin });
      phases.set(phase, parts);
    }
  }
  return Object.fromEntries(phases);
}

function mergeMeta(layers: readonly Placed[]): Readonly<Record<string, PhaseMeta>> {
  let merged: Readonly<Record<string, unknown>> = {};
  for (const { layer } of layers) {
    const meta = Object.entries(layer.phasesMeta ?? {}).map(([name, hooks]) => [canonicalPhase(name), hooks]);
    merged = mergeWith(merged, Object.fromEntries(meta), deepMerge);
  }
  return merged as Readonly<Record<string, PhaseMeta>>;
}

/** Default phases of a spec: its own, or one order of those of all that it extends; nothing when none says. */
function defaultPhases(spec: Layer, origin: Origin): readonly string[] | undefined {
  if (spec.defaultPhases !== undefined) return spec.defaultPhases.map(canonicalPhase);
  const inherited = listOf(spec.extends).flatMap((base) => {
    const order = defaultPhases(base, madeOf(base)?.origin ?? origin);
    return order === undefined ? [] : [order];
  });
  return inherited.length === 0 ? undefined : unite(inherited, origin);
}

function unite(orders: readonly (readonly string[])[], origin: Origin): readonly string[] {
  const merged = mergeOrders(orders);
  if (!isConflict(merged)) return merged;
  throw new PalletError(
    `Cannot order default phases: one spec has [${merged.first.join(", ")}], another [${
      merged.second.join(", ")
    }]`,
    { kind: "infra", origin, help: "Give the extending spec defaultPhases of its own." },
  );
}

/** The default phases of several groups in one order. */
export function uniteDefaultPhases(
  groups: readonly {
    readonly name: string;
    readonly defaultPhases: readonly string[];
    readonly origin: Origin;
  }[],
): readonly string[] {
  const merged = mergeOrders(groups.map((group) => group.defaultPhases));
  if (!isConflict(merged)) return merged;
  const last = groups.find((group) => group.defaultPhases === merged.second);
  throw new PalletError(
    `Cannot order the default phases of all groups: one has [${merged.first.join(", ")}], ` +
      `${last === undefined ? "another" : `"${last.name}"`} [${merged.second.join(", ")}]`,
    {
      kind: "infra",
      ...(last === undefined ? {} : { origin: last.origin }),
      help: "Name the phases to run with --phase, or give the groups default phases of one order.",
    },
  );
}

function lastOf<T>(layers: readonly Placed[], pick: (layer: Layer) => T | undefined): T | undefined {
  return layers.map(({ layer }) => pick(layer)).findLast((value) => value !== undefined && value !== null);
}

/** A group with everything that it, and the cluster it is in, extends. */
export function composeGroup(group: GroupSpec, cluster?: ClusterSpec): MergedGroup {
  const origin = madeOf(group)?.origin ?? unknownOrigin;
  const clusterOrigin = cluster === undefined ? origin : madeOf(cluster)?.origin ?? origin;
  const common: readonly Placed[] = cluster === undefined
    ? []
    : linearize(clusterLayer(cluster), clusterOrigin);
  const seen = new Set<unknown>(common.map(({ layer }) => layer));
  const layers = [...common, ...linearize(group, origin, seen)];
  const shared = cluster === undefined ? undefined : defaultPhases(clusterLayer(cluster), clusterOrigin);
  const own = defaultPhases(group, origin);
  const orders = [shared, own].filter((order) => order !== undefined);
  const phases = group.defaultPhases === undefined ? unite(orders, origin) : own ?? [];
  const count = lastOf(layers, (layer) => layer.count);
  const packager = lastOf(layers, (layer) => layer.packager);
  const nodeFilter = lastOf(layers, (layer) => layer.nodeFilter);
  return {
    name: cluster === undefined ? group.name : `${cluster.name}-${group.name}`,
    ...(cluster === undefined ? {} : { cluster: cluster.name }),
    nodeSpec: layers.reduce<unknown>(
      (spec, { layer }) => deepMerge(spec, layer.nodeSpec ?? {}),
      {},
    ) as NodeSpec,
    ...(count === undefined ? {} : { count }),
    roles: [...new Set(layers.flatMap(({ layer }) => listOf(layer.roles)))],
    defaultPhases: orders.length === 0 ? DEFAULT_PHASES : phases,
    ...(packager === undefined ? {} : { packager }),
    after: lastOf(layers, (layer) => layer.after) ?? [],
    phases: composePhases(layers),
    phasesMeta: mergeMeta(layers),
    ...(nodeFilter === undefined ? {} : { nodeFilter }),
    origin,
  };
}

/** What a cluster gives to each of its groups, as a spec that they extend. */
function clusterLayer(cluster: ClusterSpec): Layer {
  const { name: _name, groups: _groups, ...layer } = cluster;
  return layer;
}

/** What a node is that belongs to several groups: their phases composed, their roles united, in the order given. */
export function joinGroups(
  groups: readonly MergedGroup[],
): Pick<MergedGroup, "phases" | "roles" | "packager"> {
  const [first, ...others] = groups;
  if (first !== undefined && others.length === 0) return first;
  const names = [...new Set(groups.flatMap((group) => Object.keys(group.phases)))];
  const packager = groups.findLast((group) => group.packager !== undefined)?.packager;
  return {
    phases: Object.fromEntries(names.map((name) => [name, joinParts(groups, name)])),
    roles: [...new Set(groups.flatMap((group) => group.roles))],
    ...(packager === undefined ? {} : { packager }),
  };
}

function joinParts(groups: readonly MergedGroup[], phase: string): readonly PhasePart[] {
  const parts = groups.flatMap((group) =>
    Object.hasOwn(group.phases, phase) ? group.phases[phase] ?? [] : []
  );
  return parts.filter((part, index) => parts.findIndex(({ run }) => run === part.run) === index);
}
