import { join } from "node:path";

/** Folders of the workstation that hold state and caches, by the XDG base directory specification. */
export function defaultDirectories(
  env: { get(name: string): string | undefined } = Deno.env,
): { readonly state: string; readonly cache: string } {
  const home = env.get("HOME") ?? "/";
  // A relative value is to be ignored, says the specification.
  const base = (name: string, fallback: string) => {
    const value = env.get(name);
    return value?.startsWith("/") ? value : join(home, fallback);
  };
  return {
    state: join(base("XDG_STATE_HOME", ".local/state"), "pallet"),
    cache: join(base("XDG_CACHE_HOME", ".cache"), "pallet"),
  };
}
