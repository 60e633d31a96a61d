import { PalletError } from "../../engine/errors.ts";
import type { JsonObject } from "../../engine/json.ts";
import { didYouMean } from "../../engine/suggest.ts";

/** Checks one option: its value, or what it must be. */
export type Field<T> = (value: unknown) => { readonly value: T } | { readonly must: string };

function field<T>(fits: (value: unknown) => value is T, must: string): Field<T> {
  return (value) => fits(value) ? { value } : { must };
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

/** A text that is not empty. */
export const text: Field<string> = field(isText, "a text");

/** A finite number. */
export const number: Field<number> = field(
  (value): value is number => typeof value === "number" && Number.isFinite(value),
  "a number",
);

/** `true` or `false`. */
export const flag: Field<boolean> = field((value) => typeof value === "boolean", "true or false");

/** A list of texts. */
export const texts: Field<readonly string[]> = field(
  (value): value is readonly string[] => Array.isArray(value) && value.every(isText),
  "a list of texts",
);

/** Texts by name. */
export const textMap: Field<Readonly<Record<string, string>>> = field(
  (value): value is Readonly<Record<string, string>> =>
    typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.values(value).every((one) => typeof one === "string"),
  "a map of texts",
);

/**
 * One of these texts.
 *
 * @example
 * ```ts
 * import { oneOf, readOptions } from "./options.ts";
 *
 * const { format } = readOptions({ format: "json" }, { format: oneOf("json", "text") });
 * console.assert(format === "json");
 * ```
 */
export function oneOf<const T extends readonly string[]>(...known: T): Field<T[number]> {
  return field(
    (value): value is T[number] => known.some((one) => one === value),
    `one of ${known.join(", ")}`,
  );
}

/** An option that may be left out. */
export function optional<T>(of: Field<T>): Field<T | undefined>;
/** An option that may be left out, and then has this value. */
export function optional<T>(of: Field<T>, otherwise: NoInfer<T>): Field<T>;
export function optional<T>(of: Field<T>, otherwise?: T): Field<T | undefined> {
  return (value) => value === undefined ? { value: otherwise } : of(value);
}

type Fields = Readonly<Record<string, Field<unknown>>>;

/** Options as their fields say. */
export type Options<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};

/**
 * Options that hold what these fields say and nothing else.
 *
 * @throws {PalletError} of kind `config` that names every key that is unknown, missing or wrong.
 *
 * @example
 * ```ts
 * import { optional, readOptions, text, texts } from "./options.ts";
 *
 * const options = readOptions({ command: ["fleetctl", "list"] }, { command: texts, group: optional(text) });
 * console.assert(options.command[0] === "fleetctl" && options.group === undefined);
 * ```
 */
export function readOptions<const F extends Fields>(given: JsonObject, fields: F): Options<F> {
  const known = Object.keys(fields);
  const problems = Object.keys(given).filter((key) => !known.includes(key)).map((key) =>
    `unknown key "${key}".${didYouMean(key, known)} Known: ${known.join(", ")}.`
  );
  const values: Record<string, unknown> = {};
  for (const [key, check] of Object.entries(fields)) {
    const value = Object.hasOwn(given, key) ? given[key] : undefined;
    const read = check(value);
    if ("value" in read) values[key] = read.value;
    else problems.push(value === undefined ? `${key}: is missing` : `${key}: must be ${read.must}`);
  }
  if (problems.length > 0) {
    throw new PalletError(`Invalid options: ${problems.join("; ")}`, { kind: "config" });
  }
  // Each key was checked by the field of its name, which the type system cannot follow.
  return values as Options<F>;
}
