// What the crate commands share: the project that they work on.
import { dirname, join, resolve } from "node:path";
import type { Configuration } from "../engine/config/config.ts";
import { resolvePath } from "../engine/paths.ts";
import type { CommonValues } from "./command.ts";
import { withWholeOrigin } from "./errors.ts";
import { showFetching } from "./fetching.ts";
import { fetchOptions, loadProject } from "./project.ts";
import { translation } from "./yaml_project.ts";
import type { Terminal } from "./terminal.ts";

type Crates = Awaited<ReturnType<typeof import("../engine/run.ts")["crates"]>>;
type CratesOptions = Parameters<Crates["listCrates"]>[0];

/** Where the plugins come from that share the project's lock; those by a name of the import map are in that. */
function pluginsIn(configuration: Configuration, folder: string): readonly string[] {
  return Object.values(configuration.plugins).filter(({ baseDir }) => baseDir === folder).flatMap((
    { from },
  ) =>
    /^(?:https?|jsr):/.test(from)
      ? [from]
      : /^[./~]|\.[cm]?[jt]s$/.test(from)
      ? [resolvePath(from, folder)]
      : []
  );
}

/** Works on the crates of the project that options tell of. */
export async function withCrates<T>(
  options: CommonValues,
  terminal: Terminal,
  work: (crates: Crates, options: CratesOptions) => Promise<T>,
): Promise<T> {
  const configuration = await loadProject(options, terminal);
  const infra = options.infra === undefined
    ? configuration.infra ?? configuration.groups?.file ?? join(terminal.cwd, "infra.ts")
    : resolve(terminal.cwd, options.infra);
  const { crates } = await import("../engine/run.ts");
  const progress = showFetching(terminal, options.quiet);
  try {
    return await work(await crates(), {
      infra,
      ...translation(infra),
      plugins: pluginsIn(configuration, dirname(infra)),
      ...fetchOptions(options, configuration, terminal),
      env: terminal.env,
      onFetch: progress.onFetch,
    });
  } catch (thrown) {
    throw withWholeOrigin(thrown, dirname(infra));
  } finally {
    progress.end();
  }
}

/** What a command about crates says where there are none. */
export const NO_CRATES = "The project has no crates from the web.";
