// Schemas of configuration as rows: path, type, whether it may be left out.
import { asJsonSchema } from "../../engine/config/json_schema.ts";

/** What is read of a JSON Schema. */
interface Shape {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Shape[];
  readonly items?: Shape;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Shape | boolean;
  readonly $ref?: string;
}

/** A key of a schema. */
interface SchemaKey {
  readonly path: string;
  readonly type: string;
  readonly optional: boolean;
}

/** Keys of several kinds of one thing, each once: needed when every kind needs it. */
function keysOfKinds(kinds: readonly Shape[], prefix: string): readonly SchemaKey[] {
  const found = new Map<string, SchemaKey[]>();
  for (const kind of kinds) {
    for (const key of keysOf(kind, prefix)) found.set(key.path, [...found.get(key.path) ?? [], key]);
  }
  return [...found].map(([path, keys]) => ({
    path,
    type: [...new Set(keys.map(({ type }) => type))].join(" or "),
    optional: keys.length < kinds.length || keys.some(({ optional }) => optional),
  }));
}

const valuesOf = ({ additionalProperties: values }: Shape): Shape | undefined =>
  typeof values === "object" ? values : undefined;

function typesOf(shape: Shape | undefined): string {
  return typeOf(shape ?? {}).replace(/^(?:whole )?\w+/, (word) => `${word}s`);
}

function typeOf(shape: Shape): string {
  const { type, anyOf, items, $ref } = shape;
  if (shape.enum !== undefined) return shape.enum.join(" or ");
  if (type === "string") return "text";
  if (type === "integer") return "whole number";
  if (type === "array") return `list of ${typesOf(items)}`;
  if (type === "object") {
    const values = valuesOf(shape);
    return values === undefined ? "map" : `map of ${typesOf(values)}`;
  }
  if (anyOf !== undefined) return anyOf.map(typeOf).join(" or ");
  return type ?? ($ref === undefined ? "value" : "map");
}

function keysOf({ properties = {}, required = [] }: Shape, prefix: string): readonly SchemaKey[] {
  return Object.entries(properties).flatMap(([name, shape]): readonly SchemaKey[] => {
    const path = `${prefix}${name}`;
    if (shape.properties !== undefined) return keysOf(shape, `${path}.`);
    const own = { path, type: typeOf(shape), optional: !required.includes(name) };
    const kinds = shape.items?.anyOf?.filter((kind) => kind.properties !== undefined) ?? [];
    if (kinds.length > 0) return [{ ...own, type: "list of maps" }, ...keysOfKinds(kinds, `${path}[].`)];
    if (shape.items?.properties !== undefined) return keysOf(shape.items, `${path}[].`);
    const values = valuesOf(shape);
    return values?.properties === undefined
      ? [own]
      : [{ ...own, type: "map" }, ...keysOf(values, `${path}.NAME.`)];
  });
}

/** All keys below a schema of an object that stand for themselves. */
export function schemaKeys(schema: unknown): readonly SchemaKey[] {
  return keysOf(asJsonSchema(schema) as Shape, "");
}
