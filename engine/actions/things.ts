// What actions leave on a node and need there, in the words that planning compares.
import type { Thing } from "./definition.ts";

/**
 * A path and the directories it lies in, nearest first, without the root.
 *
 * @example
 * ```ts
 * import { pathsTo } from "./things.ts";
 *
 * console.assert(pathsTo("/srv/app/x").join(" ") === "path:/srv/app/x path:/srv/app path:/srv");
 * ```
 */
export function pathsTo(path: string): readonly Thing[] {
  const parts = path.split("/").filter((part) => part !== "");
  return parts.map((_, at): Thing => `path:/${parts.slice(0, parts.length - at).join("/")}`);
}

/** The directories that a path lies in: what must be there before anything can be put at it. */
export function parentsOf(path: string): readonly Thing[] {
  return pathsTo(path).slice(1);
}

/** The accounts that own something. */
export function owners(args: { readonly owner?: string; readonly group?: string }): readonly Thing[] {
  return [...account("user", args.owner), ...account("group", args.group)];
}

/** An account as a thing, when one is given. */
export function account(kind: "user" | "group", name: string | undefined): readonly Thing[] {
  return name === undefined ? [] : [`${kind}:${name}`];
}

/** Whether what one action leaves is what another one needs. */
export function satisfies(provided: Thing, needed: Thing): boolean {
  return provided === "*" || provided === needed;
}
