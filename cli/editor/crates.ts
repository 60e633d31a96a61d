import { basename, dirname, join } from "node:path";
import type { Configuration } from "../../engine/config/config.ts";
import type { CommonValues } from "../command.ts";
import { fetchOptions } from "../project.ts";
import type { Terminal } from "../terminal.ts";
import { escapeLine } from "../text.ts";
import type { Crates } from "./settings.ts";

/** What editors are told of crates from the web, and of what there is nothing to tell. */
export interface FoundCrates extends Crates {
  readonly missing: readonly { readonly url: string; readonly reason: string }[];
}

/** The sources of the crates that an infra file and its import map name. */
export async function findCrates(
  infra: string,
  options: CommonValues,
  configuration: Configuration,
  terminal: Terminal,
): Promise<FoundCrates> {
  // Loaded here, as it brings all that reads modules.
  const { crateSources } = await import("../../engine/modules/editor/crate_sources.ts");
  const folder = await Deno.realPath(dirname(infra));
  return await crateSources(folder, join(folder, basename(infra)), {
    ...fetchOptions(options, configuration, terminal),
    env: terminal.env,
    onFetch: (url, count) => {
      if (count === 1 && !options.quiet) {
        terminal.err.write(`Fetching crates from ${escapeLine(new URL(url).host)}\n`);
      }
    },
  });
}

/** Tells of what is missing. */
export function tellMissing({ missing }: FoundCrates, terminal: Terminal): void {
  const { err } = terminal;
  for (const { url, reason } of missing) {
    err.write(`${err.paint.yellow("warn:")} No types for ${escapeLine(url)}: ${escapeLine(reason)}\n`);
  }
}
