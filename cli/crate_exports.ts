import type { Paint } from "./terminal.ts";
import { escapeLine, escapeText, pad, width } from "./text.ts";

type Crates = Awaited<ReturnType<typeof import("../engine/run.ts")["crates"]>>;
type Exported = Awaited<ReturnType<Crates["documentCrate"]>>["exports"][number];

function firstSentence(text: string): string {
  return /^[^]*?[.!?](?=\s|$)/.exec(text)?.[0].replace(/\s+/g, " ") ?? text.split("\n", 1)[0] ?? "";
}

/** A line for each export: name, kind, and what it is in a sentence. */
export function exportLines(exports: readonly Exported[], paint: Paint): readonly string[] {
  const names = Math.max(0, ...exports.map(({ name }) => width(escapeLine(name))));
  return exports.map(({ name, kind, documentation }) =>
    `  ${paint.bold(pad(escapeLine(name), names))}  ${pad(kind, 8)}  ${
      escapeLine(firstSentence(documentation))
    }`.trimEnd()
  );
}

/** All that authors say of exports. */
export function documentationLines(exports: readonly Exported[], paint: Paint): readonly string[] {
  return exports.flatMap(({ declaration, documentation }) => [
    "",
    paint.bold(escapeLine(declaration)),
    ...(documentation === ""
      ? []
      : escapeText(documentation).split("\n").map((line) => `  ${line}`.trimEnd())),
  ]);
}
