import type { Json } from "../engine/json.ts";
import type { Terminal } from "./terminal.ts";
import { escapeLine, pad, width } from "./text.ts";

/** A column: its heading, and its text in a row. */
export interface Column<R> {
  readonly title: string;
  readonly of: (row: R) => string | number | undefined;
}

/** Rows as lines under a heading; columns are as wide as they need. */
export function tableLines<R>(rows: readonly R[], columns: readonly Column<R>[]): readonly string[] {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ of }) => escapeLine(String(of(row) ?? "-")))),
  ];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => width(line[at] ?? ""))));
  return cells.map((line) => line.map((cell, at) => pad(cell, widths[at] ?? 0)).join("  ").trimEnd());
}

/** Shows a listing: JSON when asked for, else a table, or a sentence when there is nothing to list. */
export function showTable<R>(
  rows: readonly R[],
  columns: readonly Column<R>[],
  { json, terminal, none }: { readonly json: boolean; readonly terminal: Terminal; readonly none: string },
): void {
  if (json) return terminal.out.write(`${JSON.stringify(rows, null, 2)}\n`);
  if (rows.length === 0) return terminal.err.write(`${none}\n`);
  const [head = "", ...lines] = tableLines(rows, columns);
  terminal.out.write(`${[terminal.out.paint.bold(head), ...lines].join("\n")}\n`);
}

/** Key-value pairs of a record as one text: `a=1, b=x`. */
export function pairs(record: Readonly<Record<string, Json>>): string | undefined {
  const entries = Object.entries(record);
  if (entries.length === 0) return undefined;
  return entries.map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}
