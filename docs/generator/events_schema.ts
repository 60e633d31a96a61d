// The JSON Schema of the stream of events, from their type: what the page of events is made of as well.
import type { JsonObject } from "../../engine/json.ts";
import type { Declaration, Library } from "./library.ts";
import { prose } from "./markdown.ts";
import { eventMeanings } from "./meanings.ts";
import { type Property, type TsType, typeText } from "./types.ts";

const MODULE = "engine/events.ts";

/** An event: its name, and its keys besides those that all events have. */
export interface EventShape {
  readonly name: string;
  readonly properties: readonly Property[];
}

const many = (value: unknown): readonly TsType[] => value as readonly TsType[];

/** The members of the union of events. @throws {Error} when one has no meaning, or a meaning has none. */
export function eventShapes(library: Library): readonly EventShape[] {
  const found: (readonly Property[])[] = [];
  const visit = ({ kind, value }: TsType): void => {
    if (kind === "typeLiteral") found.push((value as { properties: readonly Property[] }).properties);
    else if (kind === "parenthesized") visit(value as TsType);
    else if (kind === "union" || kind === "intersection") many(value).forEach(visit);
  };
  const { tsType } = library.find(MODULE, "Event").declarations[0]?.def ?? {};
  if (tsType !== undefined) visit(tsType);
  const shapes = found.map((properties) => ({
    name: typeText(properties.find(({ name }) => name === "type")?.tsType).replaceAll('"', ""),
    properties: properties.filter(({ name }) => name !== "type"),
  }));
  const names = shapes.map(({ name }) => name);
  const wrong = [
    ...names.filter((name) => eventMeanings[name] === undefined),
    ...Object.keys(eventMeanings).filter((name) => !names.includes(name)),
  ];
  if (wrong.length > 0) throw new Error(`Correct the events in docs/generator/meanings.ts: ${wrong}`);
  return shapes;
}

/** What stands for types that have a name, each once. */
class Definitions {
  readonly #library: Library;
  readonly #made = new Map<string, JsonObject>();

  constructor(library: Library) {
    this.#library = library;
  }

  /** All that were referred to, by name. */
  get all(): JsonObject {
    return Object.fromEntries([...this.#made].toSorted(([a], [b]) => a < b ? -1 : 1));
  }

  /** @throws {Error} for a kind of type that plain data has not. */
  of({ kind, value }: TsType): JsonObject {
    switch (kind) {
      case "keyword":
        return { type: value as string };
      case "literal": {
        const { string, number, boolean } = value as { string?: string; number?: number; boolean?: boolean };
        return { const: string ?? number ?? boolean ?? null };
      }
      case "typeOperator":
        return this.of((value as { tsType: TsType }).tsType);
      case "parenthesized":
        return this.of(value as TsType);
      case "array":
        return { type: "array", items: this.of(value as TsType) };
      case "union": {
        const options = many(value).map((option) => this.of(option));
        const words = options.flatMap((option) => option.const === undefined ? [] : [option.const]);
        return words.length === options.length ? { enum: words } : { anyOf: options };
      }
      case "typeLiteral": {
        const { properties, indexSignatures } = value as Declaration["def"];
        const [index] = indexSignatures ?? [];
        return index === undefined
          ? this.object(properties ?? [])
          : { type: "object", additionalProperties: this.of(index.tsType) };
      }
      case "typeRef":
        return this.#reference((value as { typeName: string }).typeName);
      default:
        throw new Error(`There is no JSON Schema of a type of kind "${kind}"`);
    }
  }

  /** Keys that are not said may come as well: later versions add some. */
  object(properties: readonly Property[]): JsonObject {
    const required = properties.filter(({ optional }) => optional !== true).map(({ name }) => name);
    return {
      type: "object",
      properties: Object.fromEntries(
        properties.map(({ name, tsType, jsDoc }) => [name, {
          ...(tsType === undefined ? {} : this.of(tsType)),
          ...described(prose(jsDoc)),
        }]),
      ),
      ...(required.length === 0 ? {} : { required }),
    };
  }

  #reference(name: string): JsonObject {
    if (!this.#made.has(name)) {
      const declaration = this.#library.typeNamed(name, MODULE);
      if (declaration === undefined) throw new Error(`No module that was read exports ${name}`);
      // Its place is taken before it is made: it may refer to itself.
      this.#made.set(name, {});
      const { tsType } = declaration.def;
      const body = tsType === undefined
        ? this.object(this.#library.propertiesOf(declaration, MODULE))
        : this.of(tsType);
      this.#made.set(name, { ...described(prose(declaration.jsDoc)), ...body });
    }
    return { $ref: `#/$defs/${name}` };
  }
}

function described(text: string): JsonObject {
  return text === "" ? {} : { description: text };
}

/**
 * The schema of one event, a line of `--json`. Keys and events that it does not know it lets pass,
 * as later versions may have them.
 */
export function eventsSchema(library: Library): JsonObject {
  const definitions = new Definitions(library);
  const base = library.typeNamed("EventBase", MODULE);
  const common = base === undefined ? [] : library.propertiesOf(base, MODULE);
  const shapes = eventShapes(library);
  const events = shapes.map(({ name, properties }): JsonObject => {
    const body = definitions.object([...common, ...properties]);
    return {
      title: name,
      ...described(eventMeanings[name] ?? ""),
      ...body,
      properties: { type: { const: name }, ...body.properties as JsonObject },
      required: ["type", ...body.required as readonly string[]],
    };
  });
  const others: JsonObject = {
    title: "an event of a later version",
    ...definitions.object(common),
    properties: { type: { type: "string", not: { enum: shapes.map(({ name }) => name) } } },
    required: ["type", ...common.map(({ name }) => name)],
  };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "An event of Pallet: one line of --json",
    anyOf: [...events, others],
    $defs: definitions.all,
  };
}
