// A terminal for tests: enough of one to see what a live view leaves on the screen.
import { type Output, paintFor, type Terminal } from "../../cli/terminal.ts";

/** What a screen shows, and how to change its size. */
export interface Screen {
  readonly output: Output;
  /** Lines of the scrollback and the screen, without trailing spaces and empty lines at the end. */
  lines(): readonly string[];
  cursorShown(): boolean;
  /** Everything written, control sequences included. */
  written(): string;
  resize(columns: number, rows: number): void;
}

/** Makes a screen; lines longer than it is wide wrap, and wrap anew when it becomes narrower. */
export function makeScreen(columns: number, rows: number): Screen {
  let size = { columns, rows };
  // One entry a row; `wrapped` rows continue the one before.
  let cells: string[] = [""];
  let [x, y] = [0, 0];
  let shown = true;
  let log = "";

  const put = (character: string) => {
    if (x >= size.columns) [x, y] = [0, y + 1];
    while (cells.length <= y) cells.push("");
    const row = (cells[y] ?? "").padEnd(x);
    cells[y] = row.slice(0, x) + character + row.slice(x + 1);
    x += 1;
  };
  const control = (parameters: string, final: string) => {
    if (final === "A") y = Math.max(Math.max(0, cells.length - size.rows), y - Number(parameters || 1));
    else if (final === "K") cells[y] = (cells[y] ?? "").slice(0, x);
    else if (final === "J") cells = [...cells.slice(0, y), (cells[y] ?? "").slice(0, x)];
    else if (parameters === "?25") shown = final === "h";
    else if (final !== "m" && parameters !== "?2026") {
      throw new Error(`unknown sequence [${parameters}${final}`);
    }
  };
  const write = (text: string) => {
    log += text;
    // deno-lint-ignore no-control-regex
    for (const match of text.matchAll(/\x1b\[([?\d;]*)([A-Za-z])|[\s\S]/gu)) {
      const [piece, parameters, final] = match;
      if (final !== undefined) control(parameters ?? "", final);
      else if (piece === "\r") x = 0;
      else if (piece === "\n") {
        [x, y] = [0, y + 1];
        while (cells.length <= y) cells.push("");
      } else put(piece);
    }
  };
  return {
    output: { terminal: true, paint: paintFor(false), write, size: () => size },
    lines: () => cells.map((row) => row.trimEnd()).join("\n").replace(/\n+$/, "").split("\n"),
    cursorShown: () => shown,
    written: () => log,
    resize(newColumns, newRows) {
      const below = cells.slice(0, y + 1).length;
      const reflowed = cells.slice(0, below).flatMap((row) =>
        row.length <= newColumns ? [row] : row.match(new RegExp(`.{1,${newColumns}}`, "gu")) ?? [""]
      );
      cells = reflowed;
      y = reflowed.length - 1;
      size = { columns: newColumns, rows: newRows };
    },
  };
}

/** A {@linkcode Terminal} whose standard error is a screen, and whose input is given. */
export function screenTerminal(screen: Screen, answers: readonly string[] = []): Terminal {
  const left = [...answers];
  return {
    out: screen.output,
    err: screen.output,
    cwd: "/project",
    interactive: true,
    env: () => undefined,
    readLine: () => Promise.resolve(left.shift()),
    onSignal: () => () => {},
  };
}
