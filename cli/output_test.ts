import assert from "node:assert/strict";
import { linePrinter } from "./output.ts";
import { pairs, tableLines } from "./table.ts";
import { paintFor, wantsColor } from "./terminal.ts";

function sink(terminal: boolean) {
  let text = "";
  const output = {
    terminal,
    paint: paintFor(false),
    write: (piece: string) => void (text += piece),
    size: () => ({ columns: 80, rows: 24 }),
  };
  return { output, text: () => text };
}

Deno.test("linePrinter() keeps lines of nodes apart, however they come", () => {
  const { output, text } = sink(false);
  const printer = linePrinter(output);
  printer.add("a", "one\ntw");
  printer.add("b", "B");
  printer.add("a", "o\n\n");
  printer.end("b");
  printer.end("a");
  assert.equal(text(), "a | one\na | two\na | \nb | B\n");
});

Deno.test("linePrinter() makes output safe for a terminal, and leaves it alone for a pipe", () => {
  const line = "\x1b[31mred\x1b[2J\n";
  const [shown, piped] = [sink(true), sink(false)];
  linePrinter(shown.output).add("a", line);
  linePrinter(piped.output).add("a", line);
  assert.equal(shown.text(), "a | red\\x1b[2J\n");
  assert.equal(piped.text(), `a | ${line}`);
});

Deno.test("linePrinter() does not keep an endless line", () => {
  const { output, text } = sink(false);
  const printer = linePrinter(output);
  for (let index = 0; index < 20; index++) printer.add("a", "x".repeat(10000));
  assert.ok(text().length > 100000);
});

Deno.test("tableLines() is as wide as its cells, and safe", () => {
  const rows = [{ name: "web-1", size: 2 }, { name: "日本\x1b[2J", size: undefined }];
  assert.deepEqual(
    tableLines(rows, [{ title: "NAME", of: (row) => row.name }, { title: "SIZE", of: (row) => row.size }]),
    ["NAME         SIZE", "web-1        2", "日本\\x1b[2J  -"],
  );
});

Deno.test("pairs() reads as key=value", () => {
  assert.equal(pairs({ a: "x", b: 2 }), "a=x, b=2");
  assert.equal(pairs({}), undefined);
});

Deno.test("wantsColor() wants a terminal that knows colour, and nobody against it", () => {
  const env = (values: Readonly<Record<string, string>>) => (name: string) => values[name];
  assert.equal(wantsColor(true, false, env({ TERM: "xterm" })), true);
  assert.equal(wantsColor(true, false, env({ NO_COLOR: "" })), true);
  assert.equal(wantsColor(true, false, env({ NO_COLOR: "1" })), false);
  assert.equal(wantsColor(true, false, env({ TERM: "dumb" })), false);
  assert.equal(wantsColor(true, true, env({})), false);
  assert.equal(wantsColor(false, false, env({})), false);
});
