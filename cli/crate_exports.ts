import type { Paint } from "./terminal.ts";
import { escapeLine, escapeText, pad, width } from "./text.ts";

type Crates = Awaited<ReturnType<typeof import("../engine/run.ts")["crates"]>>;
type Exported = Awaited<ReturnType<Crates["documentCrate"]>>["exports"][number];

function firstSentence(text: string): string {
  return /^[^]*?[.!?](?=\s|$)/.exec(text)?.[0].replace(/\s+/g, " ") ?? text.split("\n", 1)[0] ?? "";
}

/** A line for each key of settings: name, type, and what it is in a sentence. */
function settingsLines({ settings = [] }: Exported, indent: string): readonly string[] {
  const rows = settings.map(({ name, optional, type, documentation }) => ({
    key: `${escapeLine(name)}${optional ? "?" : ""}: ${escapeLine(type)}`,
    about: escapeLine(firstSentence(documentation)),
  }));
  const keys = Math.min(40, Math.max(0, ...rows.map(({ key }) => width(key))));
  return rows.map(({ key, about }) => `${indent}${pad(key, keys)}  ${about}`.trimEnd());
}

/** A line for each export: name, kind, and what it is in a sentence; with the keys of settings. */
export function exportLines(exports: readonly Exported[], paint: Paint): readonly string[] {
  const names = Math.max(0, ...exports.map(({ name }) => width(escapeLine(name))));
  return exports.flatMap((one) => [
    `  ${paint.bold(pad(escapeLine(one.name), names))}  ${pad(one.kind, 8)}  ${
      escapeLine(firstSentence(one.documentation))
    }`.trimEnd(),
    ...settingsLines(one, "      "),
  ]);
}

/** All that authors say of exports. */
export function documentationLines(exports: readonly Exported[], paint: Paint): readonly string[] {
  return exports.flatMap((one) => [
    "",
    paint.bold(escapeLine(one.declaration)),
    ...(one.documentation === ""
      ? []
      : escapeText(one.documentation).split("\n").map((line) => `  ${line}`.trimEnd())),
    ...settingsLines(one, "    "),
  ]);
}
