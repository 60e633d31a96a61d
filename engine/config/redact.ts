// What must not be shown: values whose key says that they are secret, and passwords in URLs.
import type { Json } from "../json.ts";
import { isPlainObject } from "../spec/plain.ts";

const SECRET =
  /(?:^|[-_.])(?:pass(?:word|phrase|wd)?|secret|token|credentials?|api-?key|access-?key|auth)s?(?:$|[-_.])/i;

/** Names of keys in kebab-case, so that `apiToken` reads as `api-token`. */
function kebab(key: string): string {
  return key.replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase();
}

/** Whether what stands under these keys is a secret by their names: not where one only says where it comes from. */
export function isSecret(keys: readonly (string | number)[]): boolean {
  const words = keys.map(String);
  const source = ["passphrase", "become-password", "password"].includes(words.at(-2) ?? "") &&
    ["secret", "variable", "file"].includes(words.at(-1) ?? "");
  return !source && words.some((key) => SECRET.test(kebab(key)));
}

/** What stands in place of a secret. */
const HIDDEN = "***";

/**
 * A value without what must not be shown: `***` under each key whose name says that it holds a secret, and in place of
 * passwords in URLs. Whoever stands alone before a host of the web is hidden as well: tokens are given so.
 *
 * @example
 * ```ts
 * import { redact } from "./redact.ts";
 *
 * console.assert(redact(["services", "prod", "apiToken"], "abc") === "***");
 * console.assert(redact(["environment", "proxy"], "http://me:pw@proxy:3128") === "http://me:***@proxy:3128");
 * console.assert(redact(["crates"], "https://t0ken@host/x.ts") === "https://***@host/x.ts");
 * ```
 */
export function redact(keys: readonly string[], value: Json): Json {
  if (Array.isArray(value)) return value.map((item) => redact(keys, item));
  if (isPlainObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, redact([...keys, key], item as Json)]),
    );
  }
  if (value === null || typeof value === "boolean") return value;
  if (isSecret(keys)) return HIDDEN;
  if (typeof value !== "string") return value;
  return value.replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+@/gi, `$1${HIDDEN}@`)
    .replaceAll(/(\bhttps?:\/\/)[^\s/:@]+@/gi, `$1${HIDDEN}@`);
}
