import { dirname, resolve } from "node:path";
import type { Directories, Source } from "../operate/options.ts";
import { mergeEnvironments } from "../plan/environment.ts";
import { inProcessSandbox } from "../sandbox/in_process.ts";
import { timeLimits } from "../sandbox/limits.ts";
import { openSandbox } from "../sandbox/open.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Environment } from "../spec/types.ts";
import { folders, type Say } from "./common.ts";

/** A sandbox, the folder of its project, and the hash of its modules once they are loaded. */
export interface OpenSource {
  readonly sandbox: Sandbox;
  readonly folder: string;
  readonly name: string;
  readonly graphHash: () => string | undefined;
}

/** What is evaluated, and with what. */
export interface SourceOptions {
  readonly source: Source;
  readonly environment?: readonly Environment[];
  readonly directories?: Directories;
}

/** Opens what plans are evaluated in: a child for a file, this process for specs of a program. */
export function openSource(
  options: SourceOptions,
  say: Say = () => {},
  fixed: { readonly clock?: number; readonly seed?: number } = {},
): OpenSource {
  const { source, environment = [] } = options;
  if ("specs" in source) {
    const folder = resolve(source.folder ?? ".");
    const exports = { specs: source.specs };
    return {
      sandbox: inProcessSandbox(exports, folder),
      folder,
      name: "specs of a program",
      graphHash: () => undefined,
    };
  }
  const { cache } = folders(options);
  const { proxy } = mergeEnvironments(environment);
  const sandbox = openSandbox({
    infra: source.infra,
    ...(source.ahead === undefined ? {} : { ahead: source.ahead }),
    cacheDir: `${cache}/modules`,
    ...(source.translate === undefined ? {} : { translate: source.translate }),
    ...(source.evaluateTimeout === undefined ? {} : { limits: timeLimits(source.evaluateTimeout) }),
    crates: {
      ...(proxy === undefined ? {} : { proxy }),
      ...source.crates,
      cacheDir: `${cache}/crates`,
      onFetch: (url, count) => {
        source.crates?.onFetch?.(url, count);
        if (count === 1) say("info", `Fetching crates from ${new URL(url).host}`);
      },
      say: (text) => say("info", text),
    },
    onConsole: ({ level, text }) => say(level, text),
    ...fixed,
  });
  return {
    sandbox,
    folder: dirname(resolve(source.infra)),
    name: source.infra,
    graphHash: () => sandbox.graphHash,
  };
}
