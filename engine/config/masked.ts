// Lines of files as errors show them. Every command may have to, so that this brings nothing else along.

/** A key that holds a secret, and its value, in a line of YAML or JSON; not the name of a secret where one is named. */
const SAID =
  /(?<!(?:passphrase|password):\s*\{\s*)([\w-]*?(?:password|passphrase|passwd|secret|token|credentials?|api-?key|access-?key)["']?\s*:\s+)(?!["']?\{\{secret )("[^"]*"|'[^']*'|[^\s,{}[\]"'#][^,{}[\]#]*)/gi;

/**
 * A line of a file with stars in place of values whose keys say that they are secret; columns stay.
 *
 * @example
 * ```ts
 * import { masked } from "./masked.ts";
 *
 * console.assert(masked("{ user: ops, password: abc }") === "{ user: ops, password: *** }");
 * console.assert(masked('password: "{{secret db}}"') === 'password: "{{secret db}}"');
 * ```
 */
export function masked(line: string): string {
  return line.replaceAll(SAID, (_, key: string, value: string) => {
    const shown = value.trimEnd();
    return `${key}${"*".repeat(shown.length)}${value.slice(shown.length)}`;
  });
}
