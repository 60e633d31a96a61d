// Deferred values inside arguments: which fields take one, and whose they are.
import { text } from "../actions/fields.ts";
import { type Origin, PalletError } from "../errors.ts";
import type { Json } from "../json.ts";
import type { Schema } from "../schema.ts";
import { isJsonObject } from "../spec/plain.ts";
import { hasDeferred, replaceDeferred } from "./deferred.ts";
import { type DeferredSource, tokenOf } from "./deferred.ts";
import { readable } from "./problems.ts";

/** What this module reads of a schema: enough to walk beside a value. */
interface Node {
  readonly type?: string;
  readonly pipe?: readonly unknown[];
  readonly entries?: Readonly<Record<string, unknown>>;
  readonly items?: readonly unknown[];
  readonly item?: unknown;
  readonly rest?: unknown;
  readonly value?: unknown;
  readonly wrapped?: unknown;
  readonly options?: unknown;
  readonly getter?: (input: unknown) => unknown;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null;
}

/** Whether any text in a value holds a deferred value. */
export function holdsDeferred(value: Json | undefined): boolean {
  if (typeof value === "string") return hasDeferred(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(holdsDeferred);
}

/** A value with each of its texts replaced. */
function mapTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item: Json) => mapTexts(item, change));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, change)]));
}

/** Schemas that a schema puts in the place of a value: itself, what it wraps, what it chooses among. */
function alternatives(schema: unknown, value: Json): readonly Node[] {
  if (!isNode(schema)) return [];
  const inner = [
    ...(schema.pipe ?? []).filter((part) => part !== schema && isNode(part)),
    schema.wrapped,
    ...(Array.isArray(schema.options) ? schema.options : []),
    schema.getter?.(value),
  ];
  return [schema, ...inner.flatMap((one) => one === undefined ? [] : alternatives(one, value))];
}

/** Schemas of one key or index of a value. */
function below(schemas: readonly Node[], key: string, index: number | undefined): readonly unknown[] {
  return schemas.flatMap((schema) => {
    if (schema.entries !== undefined && Object.hasOwn(schema.entries, key)) return [schema.entries[key]];
    if (schema.type === "record") return [schema.value];
    if (index !== undefined && schema.items !== undefined) return [schema.items[index] ?? schema.rest];
    return index === undefined ? [] : [schema.item];
  });
}

function misplaced(schemas: readonly unknown[], value: Json, path: string): string | undefined {
  if (!holdsDeferred(value)) return undefined;
  const all = schemas.flatMap((schema) => alternatives(schema, value));
  if (typeof value === "string") {
    return all.some((schema) => (schema as unknown) === text)
      ? undefined
      : `${path}: takes no value that is known ` +
        `only when the script runs, such as ${JSON.stringify(readable(value))}`;
  }
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const index = Array.isArray(value) ? Number(key) : undefined;
    const inner = index !== undefined ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    const found = misplaced(below(all, key, index), item, inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Lets arguments through whose deferred values stand where the schema takes them.
 *
 * @throws {PalletError} of kind `infra` that names field and value.
 */
export function checkDeferred(schema: Schema<unknown>, args: Json, what: string, origin: Origin): void {
  const found = misplaced([schema], args, "");
  if (found === undefined) return;
  throw new PalletError(`Invalid ${what}: ${found}`, {
    kind: "infra",
    origin,
    help: "Deferred values go into texts that are written on the node: contents, scripts, names.",
  });
}

function rename(
  value: Json,
  change: (source: DeferredSource & { kind: "captured" }) => DeferredSource,
): Json {
  return mapTexts(
    value,
    (one) =>
      replaceDeferred(one, (source, token) => source.kind === "captured" ? tokenOf(change(source)) : token),
  );
}

/** What a target captures itself, as other targets have to name it. */
export function foreign(value: Json, target: string): Json {
  return rename(value, (source) => ({ ...source, target: source.target ?? target }));
}

/** What a target captures itself, without its name: in its own script that is a variable. */
export function own(value: Json, target: string): Json {
  return rename(
    value,
    (source) => source.target === target ? { kind: "captured", name: source.name } : source,
  );
}
