import type { Terminal } from "./terminal.ts";
import { escapeLine, truncate } from "./text.ts";

/** Shows what is fetched: on a terminal in one line that goes away, else by its beginning. */
export function showFetching(
  terminal: Terminal,
  quiet: boolean,
): { onFetch(url: string, count: number): void; end(): void } {
  const { err } = terminal;
  let shown = false;
  const told = new Set<string>();
  return {
    onFetch(url, count) {
      if (quiet) return;
      if (err.terminal) {
        shown = true;
        err.write(`\r\x1b[K${truncate(`Fetching ${count}: ${escapeLine(url)}`, err.size().columns - 1)}`);
        return;
      }
      const { host } = new URL(url);
      // Each host once, also where a command asks for crates more than once.
      if (count === 1 && !told.has(host)) err.write(`Fetching crates from ${escapeLine(host)}\n`);
      told.add(host);
    },
    end() {
      if (shown) err.write("\r\x1b[K");
      shown = false;
    },
  };
}
