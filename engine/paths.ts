import { join, resolve } from "node:path";

/**
 * A path of a configuration as an absolute one: `~/x` is in the home folder, a relative one is relative to the folder
 * of the file that it stands in.
 *
 * @example
 * ```ts
 * import { resolvePath } from "./paths.ts";
 *
 * console.assert(resolvePath("keys/id", "/srv/project", "/root") === "/srv/project/keys/id");
 * console.assert(resolvePath("~/.ssh/id", "/srv/project", "/root") === "/root/.ssh/id");
 * ```
 */
export function resolvePath(
  path: string,
  baseDir: string,
  home: string = Deno.env.get("HOME") ?? "/",
): string {
  if (path === "~") return home;
  if (path.startsWith("~/")) return join(home, path.slice(2));
  return resolve(baseDir, path);
}
