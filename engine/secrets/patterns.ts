import type { SecretSource } from "./source.ts";

function matches(pattern: string, name: string): boolean {
  const form = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*");
  return new RegExp(`^${form}$`).test(name);
}

/** A source that is asked for some names alone: `db/*`, where `*` stands for anything. */
export function forNames(source: SecretSource, patterns: readonly string[]): SecretSource {
  return { ...source, isFor: (name) => patterns.some((pattern) => matches(pattern, name)) };
}
