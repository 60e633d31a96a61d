// What the crate commands share: the project that they work on, and how they show that they fetch.
import { dirname, join, resolve } from "node:path";
import type { CommonValues } from "./command.ts";
import { withWholeOrigin } from "./errors.ts";
import { loadProject } from "./project.ts";
import type { Terminal } from "./terminal.ts";
import { escapeLine, truncate } from "./text.ts";

type Crates = Awaited<ReturnType<typeof import("../engine/run.ts")["crates"]>>;
type CratesOptions = Parameters<Crates["listCrates"]>[0];

/** Shows what is fetched: on a terminal in one line that goes away, else by its beginning. */
function progressOn(
  terminal: Terminal,
  quiet: boolean,
): { onFetch(url: string, count: number): void; end(): void } {
  const { err } = terminal;
  let shown = false;
  return {
    onFetch(url, count) {
      if (quiet) return;
      if (err.terminal) {
        shown = true;
        err.write(`\r\x1b[K${truncate(`Fetching ${count}: ${escapeLine(url)}`, err.size().columns - 1)}`);
      } else if (count === 1) err.write(`Fetching crates from ${escapeLine(new URL(url).host)}\n`);
    },
    end() {
      if (shown) err.write("\r\x1b[K");
      shown = false;
    },
  };
}

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
  const progress = progressOn(terminal, options.quiet);
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
