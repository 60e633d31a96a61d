import type { Terminal } from "./terminal.ts";
import { escapeLine, truncate } from "./text.ts";

/** Shows what is fetched: on a terminal in one line that goes away, else by its beginning. */
export function showFetching(
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
