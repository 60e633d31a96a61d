import type { SecretSource } from "./source.ts";

/** What the variables of secrets begin with. */
const PREFIX = "PALLET_SECRET_";

/**
 * The variable of a secret: capital letters, with `_` for all that is no letter or digit.
 *
 * @example
 * ```ts
 * import { variableOf } from "./environment.ts";
 *
 * console.assert(variableOf("db/admin-password") === "PALLET_SECRET_DB_ADMIN_PASSWORD");
 * ```
 */
export function variableOf(name: string, prefix: string = PREFIX): string {
  return `${prefix}${name.replace(/[^A-Za-z0-9]/g, "_").toUpperCase()}`;
}

/** Secrets from variables of the environment. */
export function environmentSource(
  env: (name: string) => string | undefined,
  prefix: string = PREFIX,
): SecretSource {
  return {
    name: "environment",
    advice: (name) => `the variable ${variableOf(name, prefix)}`,
    read: (name) => Promise.resolve().then(() => env(variableOf(name, prefix))),
    close: () => Promise.resolve(),
  };
}
