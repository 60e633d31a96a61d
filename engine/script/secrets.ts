// Secrets of a compiled script: it holds their names, and takes their values from beside it.

const LINE = /^pallet_secrets((?: pallet_value_\d+ '?[\w./-]+'?)+)$/gm;

/**
 * Names of the secrets that a script takes; its text alone says, so that one that was kept can be sent again.
 *
 * @example
 * ```ts
 * import { secretsOf } from "./secrets.ts";
 *
 * const names = secretsOf("pallet_secrets pallet_value_1 db/password pallet_value_2 'api.key'\n");
 * console.assert(names.join() === "db/password,api.key");
 * ```
 */
export function secretsOf(script: string): readonly string[] {
  const names = [...script.matchAll(LINE)].flatMap(([, words = ""]) =>
    words.trim().split(" ").filter((_, at) => at % 2 === 1).map((word) => word.replace(/^'|'$/g, ""))
  );
  return [...new Set(names)];
}

/** A value in letters, digits and escapes of bash's `printf %b`: one word, whatever it holds. */
function encodeValue(value: string): string {
  return Array.from(new TextEncoder().encode(value), (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, "0")}`;
  }).join("");
}

/**
 * Values by their names as they travel beside a script: a word each.
 *
 * @example
 * ```ts
 * import { encodeSecrets } from "./secrets.ts";
 *
 * console.assert(encodeSecrets(new Map([["a/b", "x y"]])) === "a/b=x\\x20y");
 * ```
 */
export function encodeSecrets(values: ReadonlyMap<string, string>): string {
  return [...values].map(([name, value]) => `${name}=${encodeValue(value)}`).join(" ");
}
