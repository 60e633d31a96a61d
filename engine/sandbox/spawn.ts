import { fromFileUrl } from "../modules/paths.ts";
import type { Limits } from "./limits.ts";

/** Where Deno keeps packages and compiled modules; the child needs to find them again under `deno run`. */
const FOLDERS = ["DENO_DIR", "XDG_CACHE_HOME", "HOME", "NPM_CONFIG_REGISTRY"];

/** How the engine runs here: from its sources, from one bundled file, or as an executable. */
function command(): { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  if ((Deno.build as { standalone?: boolean }).standalone) return { args: ["__sandbox"], env: {} };
  const sources = import.meta.url.endsWith("/engine/sandbox/spawn.ts");
  const entry = sources ? [new URL("./main.ts", import.meta.url).href] : [import.meta.url, "__sandbox"];
  const config = sources && import.meta.url.startsWith("file:")
    ? ["--config", fromFileUrl(new URL("../../deno.json", import.meta.url).href)]
    : [];
  const env = Object.fromEntries(FOLDERS.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
  const flags = ["--quiet", "--no-prompt", "--no-check", "--no-remote", "--cached-only", "--frozen"];
  return { args: ["run", ...flags, ...config, ...entry], env };
}

/**
 * Starts the process in which infra files are evaluated: no environment of ours, no terminal, a limited heap, no code
 * made from texts. It is in a session of its own, so that Ctrl-C reaches the engine alone.
 */
export function spawnChild(limits: Limits): Deno.ChildProcess {
  const { args, env } = command();
  const flags = [`--max-old-space-size=${limits.memory}`, "--disallow-code-generation-from-strings"];
  return new Deno.Command(Deno.execPath(), {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    clearEnv: true,
    env: {
      ...env,
      DENO_V8_FLAGS: flags.join(","),
      DENO_NO_UPDATE_CHECK: "1",
      NO_COLOR: "1",
      TZ: "UTC",
      LANG: "en_US.UTF-8",
    },
    detached: true,
  }).spawn();
}
