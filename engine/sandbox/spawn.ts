import { home } from "../home.ts";
import { fromFileUrl } from "../modules/paths.ts";
import type { Limits } from "./limits.ts";

/** Where Deno keeps packages and compiled modules; the child needs to find them again. */
const FOLDERS = ["DENO_DIR", "XDG_CACHE_HOME", "HOME", "NPM_CONFIG_REGISTRY"];

/** Whether the engine was compiled together with its runtime, which then knows no options of Deno. */
export const standalone: boolean = (Deno.build as { standalone?: boolean }).standalone === true;

/** The URL of a file of the program's own. */
export function urlOf(path: string): string {
  return new URL(path, home.url).href;
}

/** How the child is started. */
interface Command {
  readonly args: readonly string[];
  /** Variables of ours that it needs as well. */
  readonly env: readonly string[];
}

/** How Deno runs a program of ours. */
export const RUN: readonly string[] = [
  "run",
  "--quiet",
  "--no-prompt",
  "--no-check",
  "--no-remote",
  "--cached-only",
];

/** How the engine runs here: compiled, bundled beside a Deno of its own, or from its sources. */
function command(): Command {
  if (standalone) return { args: ["__sandbox"], env: [] };
  if (home.bundled) {
    const entry = fromFileUrl(new URL("sandbox.js", home.url).href);
    return { args: [...RUN, "--no-lock", "--no-config", "--no-npm", entry], env: ["DENO_DIR"] };
  }
  const entry = urlOf("engine/sandbox/main.ts");
  if (!home.url.startsWith("file:")) return { args: [...RUN, "--no-lock", entry], env: FOLDERS };
  // By the lockfile the child finds the very packages that this process has fetched, and asks for no others. One that
  // is behind deno.json is brought up to date, as it is when this process starts.
  const [config, lock] = [urlOf("deno.json"), urlOf("deno.lock")].map(fromFileUrl);
  return { args: [...RUN, `--config=${config}`, `--lock=${lock}`, entry], env: FOLDERS };
}

/** Variables of this process by their names, those that are set. */
export function variables(names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

/**
 * Starts the process in which infra files are evaluated: no environment of ours, no terminal, a limited heap, no code
 * made from texts. It is in a session of its own, so that Ctrl-C reaches the engine alone.
 */
export function spawnChild(limits: Pick<Limits, "memory">): Deno.ChildProcess {
  const { args, env } = command();
  return spawnIsolated(args, { ...variables(env), TZ: "UTC", LANG: "en_US.UTF-8" }, limits.memory);
}

/** Starts this executable, or this Deno, with pipes, with this environment and no other, with a heap of so many MiB. */
export function spawnIsolated(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  memory: number,
): Deno.ChildProcess {
  const flags = [`--max-old-space-size=${memory}`, "--disallow-code-generation-from-strings"];
  // What V8 compiled is of use under the same flags alone: in one folder each process would undo the other's.
  const cache = home.bundled && env["DENO_DIR"] !== undefined
    ? { DENO_DIR: `${env["DENO_DIR"]}/heap-${memory}` }
    : {};
  return new Deno.Command(Deno.execPath(), {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    clearEnv: true,
    env: { ...env, ...cache, DENO_V8_FLAGS: flags.join(","), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
    detached: true,
  }).spawn();
}
