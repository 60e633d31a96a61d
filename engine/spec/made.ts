// What the constructors know about the values they made, beside the values: specs themselves stay plain.
import type { Origin } from "../errors.ts";

/** What a value is that a constructor made, and where that was. */
export interface Made {
  readonly kind: "node" | "server" | "group" | "cluster" | "environment" | "schedule";
  readonly origin: Origin;
}

// Keyed by the values themselves, so that it holds nothing that the program has let go.
const made = new WeakMap<object, Made>();

/** Notes what a value is and where it was made; answers with the value. */
export function remember<T extends object>(value: T, kind: Made["kind"], origin: Origin): T {
  made.set(value, { kind, origin });
  return value;
}

/** What a constructor noted about a value; nothing when no constructor made it. */
export function madeOf(value: unknown): Made | undefined {
  return typeof value === "object" && value !== null ? made.get(value) : undefined;
}
