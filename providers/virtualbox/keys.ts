// Extras may be written as configuration files have keys (`boot-order`) or as TypeScript has them (`bootOrder`).
import { problemsOf, type Schema, v } from "../../engine/schema.ts";
import type { Problem } from "../../engine/provider/provider.ts";

function camel(key: string): string {
  return key.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** The same data with all keys as TypeScript has them. */
export function camelKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [camel(key), camelKeys(item)]));
}

/** What is wrong with a value at a path of a node spec. */
export function extrasProblems(schema: Schema<unknown>, value: unknown, path: string): readonly Problem[] {
  return problemsOf(schema, camelKeys(value)).map((problem) => ({
    path: [path, problem.path].filter((part) => part !== "").join(".").replaceAll(".[", "["),
    message: problem.message,
  }));
}

/** A value that was found good. */
export function extrasOf<T>(schema: Schema<T>, value: unknown): T {
  return v.parse(schema, camelKeys(value));
}
