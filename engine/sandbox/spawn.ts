import { home } from "../home.ts";
import { fromFileUrl } from "../modules/paths.ts";
import type { Limits } from "./limits.ts";

/** Where Deno keeps packages and compiled modules; the child needs to find them again. */
const FOLDERS = ["DENO_DIR", "XDG_CACHE_HOME", "HOME", "NPM_CONFIG_REGISTRY"];

/** How the child is started. */
interface Command {
  readonly args: readonly string[];
  /** Variables of ours that it needs as well. */
  readonly env: readonly string[];
}

const RUN = ["run", "--quiet", "--no-prompt", "--no-check", "--no-remote", "--cached-only"];

/** How the engine runs here: compiled, bundled beside a Deno of its own, or from its sources. */
function command(): Command {
  if ((Deno.build as { standalone?: boolean }).standalone) return { args: ["__sandbox"], env: [] };
  if (home.bundled) {
    const entry = fromFileUrl(new URL("sandbox.js", home.url).href);
    return { args: [...RUN, "--no-lock", "--no-config", "--no-npm", entry], env: ["DENO_DIR"] };
  }
  const urlOf = (path: string): string => new URL(path, home.url).href;
  const entry = urlOf("engine/sandbox/main.ts");
  if (!home.url.startsWith("file:")) return { args: [...RUN, "--no-lock", entry], env: FOLDERS };
  // By the lockfile the child finds the very packages that this process has fetched, and asks for no others.
  const [config, lock] = [urlOf("deno.json"), urlOf("deno.lock")].map(fromFileUrl);
  return { args: [...RUN, `--config=${config}`, `--lock=${lock}`, "--frozen", entry], env: FOLDERS };
}

/** Variables of this process by their names, those that are set. */
function variables(names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
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
      ...variables(env),
      DENO_V8_FLAGS: flags.join(","),
      DENO_NO_UPDATE_CHECK: "1",
      NO_COLOR: "1",
      TZ: "UTC",
      LANG: "en_US.UTF-8",
    },
    detached: true,
  }).spawn();
}
