import { join, type PlatformPath, resolve, sep } from "node:path";
import { PalletError } from "./errors.ts";

const VARIABLE = /\$(?:(\$)|\{([^}]*)\}|([A-Za-z_]\w*))/g;

/** Looks up a variable of the environment. */
type Env = (name: string) => string | undefined;

/** The home folder: of Windows as well, which calls it otherwise. */
export function homeFolder(env: Env): string {
  return env("HOME") || env("USERPROFILE") || "/";
}

/** Variables of a path by their values: `$HOME/x`, `${HOME}/x`; `$$` is a dollar sign. */
function withVariables(path: string, env: Env): string {
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
 * environment (`$$` is a dollar sign), a relative one is relative to the folder of the file that it stands in. So on all
 * systems; `\` separates on Windows alone, and what Windows writes as `%NAME%` is a text like any other.
 *
 * @param style of paths; this system's unless told
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
  env: Env = (name) => Deno.env.get(name),
  style: Pick<PlatformPath, "join" | "resolve" | "sep"> = { join, resolve, sep },
): string {
  if (path === "~") return homeFolder(env);
  const below = path.startsWith("~/") || path.startsWith(`~${style.sep}`);
  return below
    ? style.join(homeFolder(env), withVariables(path.slice(2), env))
    : style.resolve(baseDir, withVariables(path, env));
}
