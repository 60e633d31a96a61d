import type { Output } from "./terminal.ts";
import { escapeLine, escapeText } from "./text.ts";

/** Prints output of many nodes line by line, each line behind the name of its node. */
export interface LinePrinter {
  /** Adds a piece of a node's output, which may end in the middle of a line. */
  add(node: string, text: string): void;
  /** Prints what is left of a node's last line. */
  end(node: string): void;
}

/** A longest line that is kept back; what is longer is printed in pieces. */
const LONGEST = 65536;

/** Makes a {@linkcode LinePrinter}; what goes to a terminal is made safe for it. */
export function linePrinter(output: Output): LinePrinter {
  const begun = new Map<string, string>();
  const line = (node: string, text: string) => {
    const shown = output.terminal ? escapeText(text) : text;
    output.write(`${output.paint.bold(escapeLine(node))} | ${shown}\n`);
  };
  const end = (node: string) => {
    const left = begun.get(node) ?? "";
    begun.delete(node);
    if (left !== "") line(node, left);
  };
  return {
    add(node, text) {
      const lines = `${begun.get(node) ?? ""}${text}`.split("\n");
      begun.set(node, lines.pop() ?? "");
      for (const each of lines) line(node, each);
      if ((begun.get(node) ?? "").length > LONGEST) end(node);
    },
    end,
  };
}
