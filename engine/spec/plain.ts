// What is plain data, and what is not: the borders of specs, environments and settings.
import { PalletError } from "../errors.ts";
import type { Json } from "../json.ts";
import { preview, type Subject } from "../schema.ts";
import { madeOf } from "./made.ts";

/** Keys that mean something to JavaScript itself; none is a sensible name, and assigning to one is how objects get poisoned. */
const HOSTILE = new Set(["__proto__", "constructor", "prototype"]);

/** Nothing that is data is nested deeper; what is refers to itself. */
export const DEEPEST = 100;

/** Whether a value is an object as `{}` makes one. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Something in a value that is not plain data. */
export interface PlainProblem {
  readonly path: string;
  readonly message: string;
}

function at(path: string, key: string): string {
  return /^[\w$-]+$/.test(key) ? (path === "" ? key : `${path}.${key}`) : `${path}[${JSON.stringify(key)}]`;
}

/** The first key that JavaScript would take for its own, at any depth of arrays and plain objects. */
function hostileKey(value: unknown, path = "", depth = 0): PlainProblem | undefined {
  if (madeOf(value) !== undefined) return undefined;
  if (depth > DEEPEST) return { path, message: "is nested too deep, or refers to itself" };
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const found = hostileKey(item, `${path}[${index}]`, depth + 1);
      if (found !== undefined) return found;
    }
  } else if (isPlainObject(value)) {
    for (const key of Object.keys(value)) {
      if (HOSTILE.has(key)) return { path: at(path, key), message: `the key "${key}" is not allowed` };
      const found = hostileKey(value[key], at(path, key), depth + 1);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Throws when a value has a key that JavaScript would take for its own, or no end. */
export function refuseHostileKeys(value: unknown, subject: Subject): void {
  const found = hostileKey(value);
  if (found !== undefined) refusePlain(found, subject);
}

/** Throws for a problem of plain data as {@linkcode validate} does. */
export function refusePlain(problem: PlainProblem, subject: Subject): never {
  const where = problem.path === "" ? "" : `${problem.path}: `;
  throw new PalletError(`Invalid ${subject.what}: ${where}${problem.message}`, {
    kind: subject.kind,
    ...(subject.origin === undefined ? {} : { origin: subject.origin }),
  });
}

/** The first part of a value that JSON cannot hold as it is. `undefined` in an object counts as left out. */
export function plainProblem(value: unknown, path = "", depth = 0): PlainProblem | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return undefined;
  if (typeof value === "number" && Number.isFinite(value)) return undefined;
  if (depth > DEEPEST) return { path, message: "is nested too deep, or refers to itself" };
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const found = plainProblem(item, `${path}[${index}]`, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isPlainObject(value)) {
    return { path, message: `must be plain data, not ${preview(value)}` };
  }
  for (const [key, item] of Object.entries(value)) {
    if (HOSTILE.has(key)) return { path: at(path, key), message: `the key "${key}" is not allowed` };
    const found = item === undefined ? undefined : plainProblem(item, at(path, key), depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * A frozen copy of plain objects and arrays, without keys that are `undefined`; functions and specs stay by reference.
 * What is checked afterwards is the copy: a getter cannot answer twice.
 */
export function frozenCopy<T>(value: T): T {
  // A copy has the shape of its original; of what is nested without end the checks see enough to refuse it.
  return copyAt(value, 0) as T;
}

function copyAt(value: unknown, depth: number): unknown {
  if (depth > DEEPEST + 1) return value;
  if (Array.isArray(value)) return Object.freeze(value.map((item) => copyAt(item, depth + 1)));
  if (!isPlainObject(value) || madeOf(value) !== undefined) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.freeze(Object.fromEntries(entries.map(([key, item]) => [key, copyAt(item, depth + 1)])));
}

/** Whether a value is a plain object of {@linkcode Json}. Its values are trusted to be JSON already. */
export function isJsonObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return isPlainObject(value);
}
