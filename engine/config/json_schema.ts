// Schemas of configuration files as JSON Schema, which editors complete and check YAML by.
import { known as environmentEntries } from "../spec/environment.ts";
import type { JsonObject } from "../json.ts";
import { keyMeanings } from "./meanings.ts";
import { ONE_PLACE } from "../secrets/credential.ts";
import { anything } from "./yaml_project/schema.ts";
import { environmentData, modelsSchema, projectSchema, serviceSchema, userSchema } from "./schema.ts";

/** What a schema of the library tells of itself. */
interface Node {
  readonly kind: string;
  readonly type: string;
  readonly entries?: Readonly<Record<string, Node>>;
  readonly rest?: Node;
  readonly wrapped?: Node;
  readonly item?: Node;
  readonly key?: Node;
  readonly value?: Node;
  readonly options?: readonly (Node | string)[];
  readonly pipe?: readonly Node[];
  readonly requirement?: unknown;
  readonly message?: unknown;
}

/** Keys that JavaScript takes for its own. */
const hostile: JsonObject = { not: { enum: ["__proto__", "constructor", "prototype"] } };

/** What `$ref` names. */
const definitions: JsonObject = {
  plain: {
    anyOf: [
      { type: ["string", "number", "boolean", "null"] },
      { type: "array", items: { $ref: "#/$defs/plain" } },
      { type: "object", propertyNames: hostile, additionalProperties: { $ref: "#/$defs/plain" } },
    ],
  },
  environment: environmentSchema({
    groups: {
      anyOf: [
        { type: "null" },
        { type: "object", propertyNames: hostile, additionalProperties: { $ref: "#/$defs/group" } },
      ],
      description: "The same for one group, by its name",
    },
  }),
  group: environmentSchema({ groups: false }),
};

function orNull(schema: JsonObject): JsonObject {
  return { anyOf: [schema, { type: "null" }] };
}

/** An environment: keys with a meaning, and free ones. */
function environmentSchema(groups: JsonObject): JsonObject {
  const entries = Object.entries(environmentEntries as unknown as Readonly<Record<string, Node>>);
  return {
    type: "object",
    propertyNames: hostile,
    properties: {
      ...Object.fromEntries(entries.map(([key, node]) => [key, orNull(converted(node, key))])),
      phases: false,
      ...groups,
    },
    additionalProperties: { $ref: "#/$defs/plain" },
  };
}

/** What a step of a pipe adds to the schema before it. */
function step({ type, requirement, message }: Node): JsonObject {
  switch (type) {
    case "integer":
      return { type: "integer" };
    case "min_value":
      return { minimum: requirement as number };
    case "max_value":
      return { maximum: requirement as number };
    case "non_empty":
      return { minLength: 1 };
    case "regex":
      return { pattern: (requirement as RegExp).source };
    case "url":
      return { format: "uri" };
    case "ip":
      return { anyOf: [{ format: "ipv4" }, { format: "ipv6" }] };
    case "check":
      if (message === "must be a regular expression") return { format: "regex" };
      if (message === "must be more than 0") return { exclusiveMinimum: 0 };
      if (message === ONE_PLACE) return { minProperties: 1, maxProperties: 1 };
  }
  // A check that no JSON Schema can say: what an editor takes, we may still refuse.
  return {};
}

function bodyOf(node: Node, path: string): JsonObject {
  switch (node.type) {
    case "string":
    case "number":
    case "boolean":
      return { type: node.type };
    case "picklist":
      return { enum: (node.options ?? []) as readonly string[] };
    case "array":
      return { type: "array", items: itemOf(node.item, `${path}[]`) };
    case "union":
    case "variant":
      return { anyOf: (node.options ?? []).map((option) => converted(option as Node, path)) };
    case "record":
      return {
        type: "object",
        propertyNames: itemOf(node.key, path),
        additionalProperties: itemOf(node.value, `${path}.NAME`),
      };
    case "strict_object":
    case "object_with_rest":
      return objectOf(node, path);
    case "custom":
      return { type: "object" };
  }
  return {};
}

function itemOf(node: Node | undefined, path: string): JsonObject {
  return node === undefined ? {} : converted(node, path);
}

function objectOf({ entries = {}, rest }: Node, path: string): JsonObject {
  const all = Object.entries(entries);
  const required = all.filter(([, { type }]) => type !== "optional").map(([key]) => key);
  return {
    type: "object",
    properties: Object.fromEntries(
      all.map(([key, node]) => [key, converted(node, path === "" ? key : `${path}.${key}`)]),
    ),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: rest !== undefined,
  };
}

/** A schema of the library as JSON Schema, with the meaning of its key. */
function converted(node: Node, path: string): JsonObject {
  if (node.type === "optional" && node.wrapped !== undefined) return converted(node.wrapped, path);
  const meaning = keyMeanings[path];
  const said = meaning === undefined ? {} : { description: meaning };
  if (node === anything as unknown) return said;
  if (node === environmentData as unknown) return { $ref: "#/$defs/environment", ...said };
  const [first, ...steps] = node.pipe ?? [];
  const body = first?.pipe === undefined ? bodyOf(node, path) : converted(first, path);
  return Object.assign({}, body, ...steps.map(step), said);
}

/** A schema of the library as JSON Schema, as it is: without what files may leave out. */
export function asJsonSchema(schema: unknown): JsonObject {
  return converted(schema as Node, "");
}

/** Options of a kind of services, as a schema of the library. */
export type OptionSchemas = Readonly<Record<string, unknown>>;

/** A service, whose options are known by its provider; of other providers anything is taken. */
function serviceOf(service: JsonObject, options: OptionSchemas): JsonObject {
  const own = service.properties as JsonObject;
  const rules = Object.entries(options).map(([provider, schema]): JsonObject => {
    const { properties, required = [] } = objectOf(schema as Node, `services of ${provider}`);
    return {
      if: { properties: { provider: { const: provider } }, required: ["provider"] },
      then: { properties: { ...properties as JsonObject, ...own }, required, additionalProperties: false },
    };
  });
  return rules.length === 0 ? service : { ...service, allOf: rules };
}

/** A file's keys may have nothing behind them, and a file may be empty. */
function withEmptyKeys(schema: JsonObject): JsonObject {
  const required = (schema.required ?? []) as readonly string[];
  const properties = Object.entries(schema.properties as JsonObject).map(([key, value]) => {
    if (required.includes(key)) return [key, value];
    const { description, ...rest } = value as JsonObject;
    return [key, { ...orNull(rest), ...(description === undefined ? {} : { description }) }];
  });
  const type = required.length === 0 ? ["object", "null"] : "object";
  return { ...schema, type, properties: Object.fromEntries(properties) };
}

/** Files that have a schema. */
export const schemaNames = ["project", "user", "service", "models"] as const;

/** Which file a schema is of: `pallet.yaml`, `config.yaml`, `services/NAME.yaml`, `models/NAME.yaml`. */
export type SchemaName = typeof schemaNames[number];

const titles: Readonly<Record<SchemaName, string>> = {
  project: "pallet.yaml: configuration of a project",
  user: "config.yaml: configuration of a user",
  service: "services/NAME.yaml: one service",
  models: "models/NAME.yaml: images and sizes",
};

/**
 * JSON Schema (draft 2020-12) of a configuration file.
 *
 * @param options of services, by their provider; those of others may be anything
 *
 * @example
 * ```ts
 * import { jsonSchemaOf } from "./json_schema.ts";
 *
 * console.assert("services" in (jsonSchemaOf("project").properties as object));
 * ```
 */
export function jsonSchemaOf(name: SchemaName, options: OptionSchemas = {}): JsonObject {
  const schemas = { project: projectSchema, user: userSchema, service: serviceSchema, models: modelsSchema };
  const prefix = name === "service" ? "services.NAME" : "";
  const made = converted(schemas[name] as unknown as Node, prefix);
  const head = { $schema: "https://json-schema.org/draft/2020-12/schema", title: titles[name] };
  const tail = { $defs: definitions };
  if (name === "service") return { ...head, ...serviceOf(withEmptyKeys(made), options), ...tail };
  const { services, ...others } = made.properties as JsonObject;
  if (services === undefined) return { ...head, ...withEmptyKeys(made), ...tail };
  const { additionalProperties: service, ...rest } = services as JsonObject;
  const properties = {
    services: { ...rest, additionalProperties: serviceOf(service as JsonObject, options) },
    ...others,
  };
  return { ...head, ...withEmptyKeys({ ...made, properties }), ...tail };
}
