import type { ConfiguredPlugin } from "../../engine/config/config.ts";
import type { PluginPermissions } from "../../engine/config/schema.ts";
import { resolvePath } from "../../engine/paths.ts";

const SORTS = ["read", "write", "net", "run", "env", "sys"] as const;

/** What a plugin's process may do, in Deno's words, with whole paths; what is not listed is refused. */
export type Grants = Readonly<Record<typeof SORTS[number], readonly string[]>>;

/**
 * What a plugin is granted.
 *
 * @param folders that Pallet keeps for it, which it may read and write besides
 */
export function grantsOf(plugin: ConfiguredPlugin, folders: readonly string[] = []): Grants {
  const { read = [], write = [], net = [], run = [], env = [], sys = [] } = plugin.permissions;
  const whole = (path: string): string => resolvePath(path, plugin.baseDir);
  return {
    read: [...read.map(whole), ...folders],
    write: [...write.map(whole), ...folders],
    net,
    // A bare name is looked for along PATH.
    run: run.map((program) => /[/\\]/.test(program) ? whole(program) : program),
    env,
    sys,
  };
}

/** Grants as options of `deno run`. */
export function flagsOf(grants: Grants): readonly string[] {
  const given = SORTS.filter((sort) => grants[sort].length > 0);
  return [...given.map((sort) => `--allow-${sort}=${grants[sort].join(",")}`), "--deny-ffi", "--deny-import"];
}

/** Grants as permissions of a worker, in JSON. */
export function workerPermissions(grants: Grants): string {
  const entries = SORTS.map((sort) => [sort, grants[sort].length === 0 ? false : grants[sort]]);
  return JSON.stringify({ ...Object.fromEntries(entries), ffi: false, import: false });
}

/** Permissions in words: `net api.example.com; run fleetctl`. */
export function describePermissions(permissions: PluginPermissions): string {
  const said = SORTS.flatMap((sort) => {
    const granted = permissions[sort] ?? [];
    return granted.length === 0 ? [] : [`${sort} ${granted.join(", ")}`];
  });
  return said.length === 0 ? "none" : said.join("; ");
}

/** What to do about something that was not granted. */
export function grantHelp(plugin: ConfiguredPlugin, permission: string, access: string | undefined): string {
  const sort = SORTS.find((one) => one === permission);
  if (sort === undefined) return "No plugin can be granted that.";
  const entry = access === undefined ? "NAME" : access;
  const list = [...plugin.permissions[sort] ?? [], entry].map(yamlWord).join(", ");
  const line = `${sort}: [${list}]`;
  return plugin.permissions[sort] === undefined
    ? `If it should have it, add to permissions of plugins.${plugin.name}: ${line}`
    : `If it should have it, write in permissions of plugins.${plugin.name}: ${line}`;
}

function yamlWord(word: string): string {
  return /^[A-Za-z0-9_./~][\w./~@+-]*(?::\d+)?$/.test(word) ? word : JSON.stringify(word);
}
