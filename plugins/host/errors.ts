import type { ConfiguredPlugin } from "../../engine/config/config.ts";
import { type ErrorKind, PalletError } from "../../engine/errors.ts";
import type { PluginProblem } from "../protocol.ts";
import { grantHelp } from "./grants.ts";

/** A plugin in a sentence: its name, and where its code comes from. */
export function nameOf({ name, from }: Pick<ConfiguredPlugin, "name" | "from">, url: string = from): string {
  return `Plugin "${name}" (${url})`;
}

/** Who can mend what a plugin of this kind does wrong and does not put into words. */
export function kindOf(plugin: ConfiguredPlugin): ErrorKind {
  return plugin.kind === "provider" ? "provider" : "config";
}

/** The error for a problem that a plugin tells. */
export function problemError(plugin: ConfiguredPlugin, url: string, problem: PluginProblem): PalletError {
  const { missing } = problem;
  if (missing !== undefined) {
    const what = missing.access === undefined
      ? `${missing.permission} access`
      : `${missing.permission} access to "${missing.access}"`;
    return new PalletError(`${nameOf(plugin, url)} needs ${what}, which it is not granted`, {
      kind: "config",
      help: grantHelp(plugin, missing.permission, missing.access),
      origin: plugin.origin,
      cause: problem.message,
    });
  }
  const at = problem.at === undefined ? "" : ` (at ${problem.at})`;
  return new PalletError(`${nameOf(plugin, url)}: ${problem.message}${at}`, {
    kind: problem.kind ?? kindOf(plugin),
    help: problem.help,
  });
}
