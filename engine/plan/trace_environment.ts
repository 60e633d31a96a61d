// Which layer gave a group which value of its environment.
import type { Origin } from "../errors.ts";
import type { Json } from "../json.ts";
import type { EnvironmentLayer } from "../spec/environment.ts";
import { isPlainObject } from "../spec/plain.ts";
import { traced } from "../spec/traced.ts";
import type { GroupSummary } from "../spec/types.ts";

/** Who says a value, and where. Plain data. */
export interface EnvironmentSource {
  readonly value: Json;
  /** A file, a service, an environment, the call, or the group's spec. */
  readonly from: string;
  readonly origin?: Origin;
}

/** A value of a group's environment, who says it and what it hides. Plain data. */
export interface EnvironmentValue extends EnvironmentSource {
  /** Its keys, joined with dots. */
  readonly key: string;
  /** The nearest first. */
  readonly shadows: readonly EnvironmentSource[];
}

/** Place of a value: its own, else its nearest parent's, else the layer's. */
function originOf({ origins = {}, origin }: EnvironmentLayer, keys: readonly string[]): Origin | undefined {
  for (let length = keys.length; length > 0; length--) {
    const found = origins[keys.slice(0, length).join(".")];
    if (found !== undefined) return found;
  }
  return origin;
}

type Said = Omit<EnvironmentSource, "value">;

/** What a spec says of things that an environment may say too. */
function ofSpec({ nodeSpec, count, packager }: GroupSummary): Readonly<Record<string, unknown>> {
  return { image: nodeSpec.image, count, packager };
}

/**
 * The values of a group's environment, with image, count and packager as they hold for it: common values of all layers
 * first, then the group's spec, then what layers say of the group.
 */
export function traceEnvironment(
  layers: readonly EnvironmentLayer[],
  group: GroupSummary,
): readonly EnvironmentValue[] {
  const said = (layer: EnvironmentLayer, prefix: readonly string[]) => (keys: readonly string[]): Said => {
    const origin = originOf(layer, [...prefix, ...keys]);
    return { from: layer.name, ...(origin === undefined ? {} : { origin }) };
  };
  const common = layers.map((layer) => {
    const { groups: _, ...values } = layer.values;
    return { values, said: said(layer, []) };
  });
  const own = layers.map((layer) => {
    const { groups } = layer.values;
    const values = isPlainObject(groups) && Object.hasOwn(groups, group.name) ? groups[group.name] : {};
    return { values, said: said(layer, ["groups", group.name]) };
  });
  const spec = {
    values: ofSpec(group),
    said: (): Said => ({ from: "the group's spec", origin: group.origin }),
  };
  // What layers hold was checked: it is plain data.
  return traced<Said>([...common, spec, ...own]).map(({ keys, value, said: by, shadows }) => ({
    key: keys.join("."),
    value: value as Json,
    ...by,
    shadows: shadows.map((one) => ({ value: one.value as Json, ...one.said })),
  }));
}
