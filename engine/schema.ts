// The one module that knows the schema library; everything else describes and checks data through it.
import * as v from "valibot";
import { type ErrorKind, type Origin, PalletError, type ValueProblem } from "./errors.ts";
import { didYouMean } from "./suggest.ts";

export * as v from "valibot";

/** A description of data of type `T`. */
export type Schema<T> = v.GenericSchema<unknown, T>;

/** What is validated, for the message: `group spec "web"`. */
export interface Subject {
  readonly what: string;
  readonly kind: ErrorKind;
  readonly origin?: Origin;
}

/** A problem with a value at a path, in words; `keys` is the same path, key by key. */
export interface SchemaProblem extends ValueProblem {
  readonly path: string;
}

/** An array or tuple index as `[0]`, a key as `.key`, a key that is no identifier quoted. */
function formatPath(keys: readonly unknown[]): string {
  return keys.map((key, at) => {
    if (typeof key === "number") return `[${key}]`;
    const text = String(key);
    if (!/^[\w$-]+$/.test(text)) return `[${JSON.stringify(text)}]`;
    return at === 0 ? text : `.${text}`;
  }).join("");
}

/** A value as a message shows it: short, on one line, never a function's source. */
export function preview(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint" || typeof value === "symbol") return value.toString();
  if (value === undefined) return "nothing";
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    return "a value that is no plain data";
  }
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** Keys that the {@linkcode object} which made an issue allows. */
const keysOf = new WeakMap<object, readonly string[]>();

/** What the schema library calls a kind of value, in words. */
const KINDS: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  boolean: "true or false",
  Array: "a list",
  Object: "an object",
  Function: "a function",
};

function inWords(issue: v.BaseIssue<unknown>): SchemaProblem {
  const items = issue.path ?? [];
  const keys = items.map((item) => typeof item.key === "number" ? item.key : String(item.key));
  const path = formatPath(keys);
  if (issue.type === "strict_object" && issue.expected === "never") {
    const known = keysOf.get(issue) ?? [];
    const key = String(keys.at(-1));
    return {
      path,
      keys,
      unknownKey: true,
      message: `unknown key "${key}".${didYouMean(key, known)}${
        known.length > 0 ? ` Known: ${known.join(", ")}.` : ""
      }`,
    };
  }
  // A key that is not there is told by its object, which expects the key; a value that is no object expects "Object".
  const absent = issue.type === "strict_object" && issue.expected !== "Object";
  if (absent || issue.input === undefined) {
    return { path, keys, message: "is missing" };
  }
  if (issue.type === "union" || issue.type === "variant" || issue.type === "picklist") {
    const options = issue.expected?.replace(/^\(|\)$/g, "") ?? "";
    const hint = typeof issue.input === "string" && issue.type === "picklist"
      ? didYouMean(issue.input, options.split(" | ").map((option) => option.replaceAll('"', "")))
      : "";
    return { path, keys, message: `must be ${options}, not ${preview(issue.input)}.${hint}` };
  }
  // A type that has words of its own says them below.
  if (issue.kind === "schema" && issue.message.startsWith("Invalid type:")) {
    const expected = issue.expected ?? issue.type;
    return { path, keys, message: `must be ${KINDS[expected] ?? expected}, not ${preview(issue.input)}` };
  }
  return { path, keys, message: `${issue.message}, not ${preview(issue.input)}` };
}

type Run<O> = (dataset: v.UnknownDataset, config: v.Config<v.BaseIssue<unknown>>) => O;

/** Runs a schema of objects; the library takes a list for one. */
function withoutLists<O extends { readonly issues?: unknown }>(
  run: Run<O>,
  dataset: v.UnknownDataset,
  config: v.Config<v.BaseIssue<unknown>>,
): O {
  const { value } = dataset;
  if (!Array.isArray(value)) return run(dataset, config);
  const refused = run({ ...dataset, value: null }, config);
  for (const issue of (refused.issues ?? []) as { input: unknown }[]) issue.input = value;
  return refused;
}

/** A map from keys to values of one kind each. */
export function map<
  const K extends v.GenericSchema<string, string>,
  const V extends v.GenericSchema<unknown, unknown>,
>(key: K, value: V): v.RecordSchema<K, V, undefined> {
  const schema = v.record<K, V>(key, value);
  const run = schema["~run"].bind(schema);
  return Object.assign(schema, {
    "~run": (dataset: v.UnknownDataset, config: v.Config<v.BaseIssue<unknown>>) =>
      withoutLists(run, dataset, config),
  });
}

/** An object with exactly these keys; an unknown one is a problem that names the nearest known one. */
export function object<const E extends v.ObjectEntries>(entries: E): v.StrictObjectSchema<E, undefined> {
  // Without a prototype, so that "constructor" and "__proto__" are unknown keys like any other.
  const schema = v.strictObject<E>(Object.assign(Object.create(null), entries));
  const known = Object.keys(entries);
  const run = schema["~run"].bind(schema);
  return Object.assign(schema, {
    "~run": (dataset: v.UnknownDataset, config: v.Config<v.BaseIssue<unknown>>) => {
      const result = withoutLists(run, dataset, config);
      for (const issue of result.issues ?? []) {
        const own = issue.type === "strict_object" && issue.expected === "never" && issue.path?.length === 1;
        if (own && !keysOf.has(issue)) keysOf.set(issue, known);
      }
      return result;
    },
  });
}

/** All problems of a value; empty when it fits. */
export function problemsOf(schema: Schema<unknown>, value: unknown): readonly SchemaProblem[] {
  const result = v.safeParse(schema, value);
  return result.success ? [] : result.issues.map(inWords);
}

/**
 * The value, typed, if it fits the schema.
 *
 * @throws {PalletError} that lists every problem with its path and value, and the place in the user's source.
 *
 * @example
 * ```ts
 * import { object, v, validate } from "./schema.ts";
 *
 * const size = object({ cores: v.number() });
 * console.assert(validate(size, { cores: 2 }, { what: "hardware", kind: "config" }).cores === 2);
 * ```
 */
export function validate<T>(schema: Schema<T>, value: unknown, subject: Subject): T {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const problems = result.issues.map(inWords).map((problem) => ({
    ...problem,
    message: problem.path === "" ? problem.message : `${problem.path}: ${problem.message}`,
  }));
  throw new PalletError(`Invalid ${subject.what}: ${problems.map(({ message }) => message).join("; ")}`, {
    kind: subject.kind,
    problems,
    ...(subject.origin === undefined ? {} : { origin: subject.origin }),
  });
}
