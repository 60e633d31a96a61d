// Options that crates take, checked as strictly as the engine's own.
import { PalletError } from "../errors.ts";
import { callerOrigin } from "../origin.ts";
import { object, v, validate } from "../schema.ts";
import { type Field, fieldSchema, type FieldType, fieldTypeNames } from "./define_action.ts";

/** An option that holds further options: itself, or each of a list. */
export interface OptionGroup {
  /** The options of the value itself. */
  readonly fields?: OptionFields;
  /** The options of each value of a list. */
  readonly each?: OptionFields;
  /** It may be left out. */
  readonly optional?: boolean;
}

/** An option: a field as of an action; `{}` in place of `[]` for a map by name; or further options. */
export type OptionField = Field | `${FieldType}{}` | `${FieldType}{}?` | OptionGroup;

/** Options by name. */
export type OptionFields = Readonly<Record<string, OptionField>>;

function optionSchema(name: string, field: OptionField): v.GenericSchema {
  if (typeof field === "object") {
    const own: v.GenericSchema = field.each === undefined
      ? optionsSchema(field.fields ?? {})
      : v.array(optionsSchema(field.each));
    return field.optional === true ? v.optional(own) : own;
  }
  const [, type = "", several, optional] = /^(\w+)(\[\]|\{\})?(\?)?$/.exec(field) ?? [];
  const one = fieldSchema(type);
  if (one === undefined) {
    throw new PalletError(`Cannot check options: option "${name}" has the unknown type "${field}"`, {
      kind: "infra",
      origin: callerOrigin(),
      help: `Known: ${fieldTypeNames.join(", ")}; each with [] for a list, {} for a map, and ? at the end.`,
    });
  }
  const value: v.GenericSchema = several === "[]"
    ? v.array(one)
    : several === "{}"
    ? v.record(v.string(), one)
    : one;
  return optional === undefined ? value : v.optional(value);
}

function optionsSchema(fields: OptionFields): v.GenericSchema {
  return object(
    Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, optionSchema(name, field)])),
  );
}

/**
 * The options that a function of a crate was given, if they are what it takes. Where a text is asked for, a value that is
 * known only later becomes its token.
 *
 * @param called The crate's function: errors carry its name, and the place that called it.
 * @param check What fields alone cannot say: answers with what is wrong, or nothing.
 * @throws {PalletError} of kind `infra` that names every unknown key and wrong value with its path.
 *
 * @example
 * ```ts
 * import { checkOptions, serverSpec } from "pallet";
 *
 * interface CacheOptions {
 *   readonly port?: number;
 *   readonly peers: readonly { readonly name: string }[];
 * }
 *
 * function cache(options: CacheOptions) {
 *   const { port = 6379, peers } = checkOptions(cache, options, { port: "port?", peers: { each: { name: "line" } } });
 *   return serverSpec({ phases: { configure: () => console.log(port, peers.length) } });
 * }
 * cache({ peers: [{ name: "a" }] });
 * ```
 */
export function checkOptions<T extends object>(
  called: (...args: never[]) => unknown,
  options: T,
  fields: { readonly [Key in keyof Required<T>]: OptionField },
  check?: (options: T) => string | undefined,
): T {
  const origin = callerOrigin(called);
  const what = `options of ${called.name}`;
  // The fields have the very keys of the options' type; values are texts, numbers, lists and maps of them.
  const checked = validate(optionsSchema(fields as OptionFields), options, {
    what,
    kind: "infra",
    origin,
  }) as T;
  const problem = check?.(checked);
  if (problem !== undefined) throw new PalletError(`Invalid ${what}: ${problem}`, { kind: "infra", origin });
  return checked;
}
