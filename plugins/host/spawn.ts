import { home } from "../../engine/home.ts";
import { fromFileUrl } from "../../engine/modules/paths.ts";
import { RUN, spawnIsolated, standalone, urlOf, variables } from "../../engine/sandbox/spawn.ts";
import { flagsOf, type Grants, workerPermissions } from "./grants.ts";

/** Where Deno keeps compiled modules; a plugin's process finds them again without your other variables. */
function denoDir(): Readonly<Record<string, string>> {
  const { DENO_DIR, XDG_CACHE_HOME, HOME, LOCALAPPDATA } = variables([
    "DENO_DIR",
    "XDG_CACHE_HOME",
    "HOME",
    "LOCALAPPDATA",
  ]);
  if (DENO_DIR !== undefined) return { DENO_DIR };
  if (Deno.build.os === "windows") {
    return LOCALAPPDATA === undefined ? {} : { DENO_DIR: `${LOCALAPPDATA}\\deno` };
  }
  if (Deno.build.os === "darwin") {
    return HOME === undefined ? {} : { DENO_DIR: `${HOME}/Library/Caches/deno` };
  }
  const cache = XDG_CACHE_HOME ?? (HOME === undefined ? undefined : `${HOME}/.cache`);
  return cache === undefined ? {} : { DENO_DIR: `${cache}/deno` };
}

function command(grants: Grants): readonly string[] {
  if (standalone) return ["__plugin", workerPermissions(grants)];
  const entry = urlOf(home.bundled ? "plugin.js" : "plugins/child/main.ts");
  return [
    ...RUN,
    "--no-lock",
    "--no-config",
    "--no-npm",
    ...flagsOf(grants),
    entry.startsWith("file:") ? fromFileUrl(entry) : entry,
  ];
}

/**
 * Starts a plugin's process: it may do what was granted, and has of your environment what was granted. Programs that it
 * starts are found along your PATH.
 *
 * @param memory MiB of its heap
 */
export function spawnPlugin(grants: Grants, memory: number): Deno.ChildProcess {
  const env = {
    ...(standalone ? {} : denoDir()),
    // What it may not run is still found, and then refused by name.
    ...variables([...grants.env, "PATH", ...Deno.build.os === "windows" ? ["SystemRoot"] : []]),
  };
  return spawnIsolated(command(grants), env, memory);
}
