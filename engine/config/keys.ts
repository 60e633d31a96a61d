// Which keys of a configuration a variable of the environment, or an option of the command line, says as well.
import type { Json } from "../json.ts";
import { problemsOf, type Schema } from "../schema.ts";
import { projectSchema } from "./schema.ts";

/** A key that can be said without a file. */
export interface SaidKey {
  readonly keys: readonly [string, ...string[]];
  readonly variable: string;
  /** Option of the command line, without its dashes. */
  readonly flag?: string;
}

/** All of them, in the order of the reference. */
export const saidKeys: readonly SaidKey[] = [
  { keys: ["infra"], variable: "PALLET_INFRA", flag: "infra" },
  { keys: ["default-service"], variable: "PALLET_SERVICE", flag: "service" },
  { keys: ["default-environment"], variable: "PALLET_ENV", flag: "env" },
  { keys: ["admin-user", "username"], variable: "PALLET_USER", flag: "user" },
  { keys: ["admin-user", "private-key"], variable: "PALLET_PRIVATE_KEY", flag: "private-key" },
  { keys: ["admin-user", "public-key"], variable: "PALLET_PUBLIC_KEY" },
  { keys: ["ssh-config"], variable: "PALLET_SSH_CONFIG", flag: "ssh-config" },
  { keys: ["defaults", "parallel"], variable: "PALLET_PARALLEL", flag: "parallel" },
  { keys: ["defaults", "batch"], variable: "PALLET_BATCH", flag: "batch" },
  { keys: ["defaults", "max-fail"], variable: "PALLET_MAX_FAIL", flag: "max-fail" },
  { keys: ["defaults", "connect-timeout"], variable: "PALLET_CONNECT_TIMEOUT" },
  { keys: ["defaults", "reconnect-timeout"], variable: "PALLET_RECONNECT_TIMEOUT" },
  { keys: ["defaults", "lease-wait"], variable: "PALLET_LEASE_WAIT" },
];

interface Nested {
  readonly entries?: Readonly<Record<string, unknown>>;
  readonly wrapped?: unknown;
}

/** The schema of one key of a project's file. */
function schemaAt(keys: readonly string[]): Schema<unknown> {
  let schema: unknown = projectSchema;
  for (const key of keys) {
    const { entries } = schema as Nested;
    const entry = entries?.[key];
    schema = (entry as Nested | undefined)?.wrapped ?? entry;
  }
  return schema as Schema<unknown>;
}

/** A value that a text says, or what is wrong with it: a number where the key takes one, else the text. */
export function valueOfText(
  keys: readonly string[],
  text: string,
): { readonly value: Json } | { readonly problem: string } {
  const schema = schemaAt(keys);
  const values: readonly Json[] = /^-?\d+(?:\.\d+)?$/.test(text) ? [Number(text), text] : [text];
  const value = values.find((one) => problemsOf(schema, one).length === 0);
  if (value !== undefined) return { value };
  return { problem: problemsOf(schema, values[0])[0]?.message ?? "is not valid" };
}
