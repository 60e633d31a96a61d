import { isAbsolute, join } from "node:path";
import { homeFolder } from "../paths.ts";

/** Folders of the workstation that hold state and caches, by the XDG base directory specification. */
export function defaultDirectories(
  env: { get(name: string): string | undefined } = Deno.env,
): { readonly state: string; readonly cache: string } {
  const home = homeFolder((name) => env.get(name));
  // A relative value is to be ignored, says the specification.
  const base = (name: string, fallback: string) => {
    const value = env.get(name);
    return value !== undefined && isAbsolute(value) ? value : join(home, fallback);
  };
  return {
    state: join(base("XDG_STATE_HOME", ".local/state"), "pallet"),
    cache: join(base("XDG_CACHE_HOME", ".cache"), "pallet"),
  };
}
