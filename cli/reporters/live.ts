// A region at the bottom of the terminal that is redrawn in place; lines printed meanwhile stay above it.
import type { Output } from "../terminal.ts";
import { width } from "../text.ts";
import type { Line } from "./view.ts";

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const BEGIN_UPDATE = "\x1b[?2026h";
const END_UPDATE = "\x1b[?2026l";
const ERASE_BELOW = "\x1b[J";
const ERASE_LINE_END = "\x1b[K";

/** The region; between calls the cursor stands at the beginning of the line below it. */
export interface LiveRegion {
  draw(lines: readonly Line[]): void;
  /** Text that stays, where the region was; it ends with a line break, and the next draw follows it. */
  print(text: string, output?: Output): void;
  /** Takes the region away and shows the cursor; the next draw brings it back. */
  clear(): void;
}

/** Makes a region on a terminal. */
export function liveRegion(output: Output): LiveRegion {
  /** Widths of the lines on the screen. */
  let drawn: readonly number[] = [];
  let frame = "";
  let hidden = false;

  /** Moves to the region's first line: a narrower terminal has wrapped its lines onto more rows. */
  const home = () => {
    const { columns, rows } = output.size();
    const height = drawn.reduce((sum, cells) => sum + Math.max(1, Math.ceil(cells / columns)), 0);
    const up = Math.min(height, rows - 1);
    return up > 0 ? `\r\x1b[${up}A` : "\r";
  };
  const styled = (line: Line) =>
    line.map(({ text, style }) => style === undefined ? text : output.paint[style](text)).join("");

  return {
    draw(lines) {
      const next = lines.map((line) => `${styled(line)}${ERASE_LINE_END}\n`).join("");
      if (next === frame && drawn.length > 0) return;
      const cursor = hidden ? "" : HIDE_CURSOR;
      output.write(
        `${BEGIN_UPDATE}${cursor}${drawn.length > 0 ? home() : ""}${next}${ERASE_BELOW}${END_UPDATE}`,
      );
      hidden = true;
      frame = next;
      drawn = lines.map((line) => line.reduce((sum, { text }) => sum + width(text), 0));
    },
    print(text, to = output) {
      if (drawn.length > 0) output.write(`${home()}${ERASE_BELOW}`);
      drawn = [];
      to.write(text);
    },
    clear() {
      if (drawn.length > 0) output.write(`${home()}${ERASE_BELOW}`);
      if (hidden) output.write(SHOW_CURSOR);
      [drawn, frame, hidden] = [[], "", false];
    },
  };
}
