import { join, resolve } from "node:path";
import { PalletError } from "./errors.ts";

const VARIABLE = /\$(?:(\$)|\{([^}]*)\}|([A-Za-z_]\w*))/g;

/** Variables of a path by their values: `$HOME/x`, `${HOME}/x`; `$$` is a dollar sign. */
function withVariables(path: string, env: (name: string) => string | undefined): string {
  return path.replaceAll(VARIABLE, (_, dollar?: string, braced?: string, plain?: string) => {
    if (dollar !== undefined) return "$";
    const name = braced ?? plain ?? "";
    const value = /^[A-Za-z_]\w*$/.test(name) ? env(name) : undefined;
    if (value !== undefined && value !== "") return value;
    throw new PalletError(`Cannot tell what the path "${path}" is: the variable ${name} is not set`, {
      kind: "config",
      help: "Set it, or write the path without it; `$$` is a dollar sign.",
    });
  });
}

/**
 * A path of a configuration as an absolute one: `~/x` is in the home folder, `$NAME` and `${NAME}` are variables of the
 * environment (`$$` is a dollar sign), a relative one is relative to the folder of the file that it stands in.
 *
 * @throws {PalletError} of kind `config` for a variable that is not set, or empty.
 *
 * @example
 * ```ts
 * import { resolvePath } from "./paths.ts";
 *
 * const env = (name: string) => ({ HOME: "/root", KEYS: "/srv/keys" })[name];
 * console.assert(resolvePath("keys/id", "/srv/project", env) === "/srv/project/keys/id");
 * console.assert(resolvePath("~/.ssh/id", "/srv/project", env) === "/root/.ssh/id");
 * console.assert(resolvePath("${KEYS}/id", "/srv/project", env) === "/srv/keys/id");
 * ```
 */
export function resolvePath(
  path: string,
  baseDir: string,
  env: (name: string) => string | undefined = (name) => Deno.env.get(name),
): string {
  const home = () => env("HOME") || "/";
  if (path === "~") return home();
  if (path.startsWith("~/")) return join(home(), withVariables(path.slice(2), env));
  return resolve(baseDir, withVariables(path, env));
}
