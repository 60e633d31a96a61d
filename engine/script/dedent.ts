/**
 * The texts of a template without what only the source needed: a first line with nothing on it, a last line with
 * nothing but blanks, and the indentation that all lines of the template's own text have in common. What is
 * interpolated between the texts is not looked at, and blank lines do not count.
 *
 * @example
 * ```ts
 * import { dedent } from "./dedent.ts";
 *
 * console.assert(dedent(["\n    if true; then\n      echo ", "\n    fi\n  "]).join("x") === "if true; then\n  echo x\nfi");
 * ```
 */
export function dedent(texts: readonly string[]): readonly string[] {
  const indents = texts.flatMap((text, at) =>
    text.split("\n").slice(1).flatMap((line, index, lines) => {
      const indent = /^[ \t]*/.exec(line)?.[0] ?? "";
      const goesOn = index === lines.length - 1 && at < texts.length - 1;
      return indent.length < line.length || goesOn ? [indent] : [];
    })
  );
  const common = indents.reduce((shortest, indent) => {
    let length = 0;
    while (length < shortest.length && shortest[length] === indent[length]) length++;
    return shortest.slice(0, length);
  }, indents[0] ?? "");
  const cut = texts.map((text) =>
    text.split("\n").map((line, index) => {
      if (index === 0) return line;
      return line.startsWith(common) ? line.slice(common.length) : line.trimStart();
    }).join("\n")
  );
  cut[0] = (cut[0] ?? "").replace(/^[ \t]*\n/, "");
  const last = cut.length - 1;
  cut[last] = (cut[last] ?? "").replace(/\n[ \t]*$/, "");
  return cut;
}
