// What the crate commands share: the project that they work on.
import { dirname, join, resolve } from "node:path";
import type { CommonValues } from "./command.ts";
import { withWholeOrigin } from "./errors.ts";
import { showFetching } from "./fetching.ts";
import { loadProject } from "./project.ts";
import type { Terminal } from "./terminal.ts";

type Crates = Awaited<ReturnType<typeof import("../engine/run.ts")["crates"]>>;
type CratesOptions = Parameters<Crates["listCrates"]>[0];

/** Works on the crates of the project that options tell of. */
export async function withCrates<T>(
  options: CommonValues,
  terminal: Terminal,
  work: (crates: Crates, options: CratesOptions) => Promise<T>,
): Promise<T> {
  const configuration = await loadProject(options, terminal);
  const infra = options.infra === undefined
    ? configuration.infra ?? join(terminal.cwd, "infra.ts")
    : resolve(terminal.cwd, options.infra);
  const map = options["import-map"];
  const { crates } = await import("../engine/run.ts");
  const progress = showFetching(terminal, options.quiet);
  try {
    return await work(await crates(), {
      infra,
      ...(map === undefined ? {} : { importMap: resolve(terminal.cwd, map) }),
      frozen: options.frozen,
      offline: options.offline,
      env: terminal.env,
      onFetch: progress.onFetch,
    });
  } catch (thrown) {
    throw withWholeOrigin(thrown, dirname(infra));
  } finally {
    progress.end();
  }
}
