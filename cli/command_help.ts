// Help for one command: what it takes, from its own tables.
import type { Command } from "./command.ts";
import { commonOptions, shownNames } from "./options.ts";
import type { Option, Options } from "./parse.ts";
import type { Output, Paint } from "./terminal.ts";
import { fold, pad, width } from "./text.ts";

/** How help is set: its colours, and the columns that it may take. */
export interface HelpStyle {
  readonly paint: Paint;
  readonly columns: number;
}

/** Columns beyond which lines are hard to read. */
const WIDEST = 110;

/** Help as an output shows it best. */
export function styleFor(output: Output): HelpStyle {
  return { paint: output.paint, columns: Math.min(output.size().columns, WIDEST) };
}

/** Names and what they mean, in two columns. */
export function entryLines(
  entries: readonly (readonly [string, string])[],
  { paint, columns }: HelpStyle,
  names = Math.max(0, ...entries.map(([name]) => width(name))),
): readonly string[] {
  const indent = names + 4;
  // A terminal too narrow for two columns wraps by itself.
  const room = Math.max(20, columns - indent);
  return entries.map(([name, text]) => `  ${paint.cyan(pad(name, names))}  ${fold(text, room, indent)}`);
}

function optionHead(name: string, option: Option): string {
  const short = option.short === undefined ? "    " : `-${option.short}, `;
  return `${short}--${name}${option.kind === "flag" ? "" : ` ${option.value}`}`;
}

/** Options that help shows, by name. */
export type Shown = readonly (readonly [string, Option])[];

/** A command's own options, and the common ones that it heeds. */
export function shownOptions({ options, heeds }: Command): { readonly own: Shown; readonly common: Shown } {
  const heeded: readonly string[] = heeds === undefined
    ? Object.keys(commonOptions)
    : [...heeds, ...shownNames];
  const shown = (table: Options, holds: (name: string) => boolean) =>
    Object.entries(table).filter(([name, option]) => !option.hidden && holds(name));
  return {
    own: shown(options, (name) => !Object.hasOwn(commonOptions, name)),
    common: shown(commonOptions, (name) => heeded.includes(name)),
  };
}

/** Help for one command. */
export function commandHelp(command: Command, style: HelpStyle): string {
  const { paint, columns } = style;
  const { own, common } = shownOptions(command);
  const heads = (options: Shown) =>
    options.map(([name, option]) => [optionHead(name, option), option.summary] as const);
  const names = Math.max(...heads([...own, ...common]).map(([head]) => head.length));
  const usage = command.usage === "" ? "" : ` ${command.usage}`;
  const parts = command.parts?.map(({ name, summary }) => [name, summary] as const) ?? [];
  return [
    `${paint.bold("Usage:")} pallet ${command.name}${usage} [options]`,
    "",
    fold(command.description, columns),
    ...(parts.length > 0
      ? ["", ...entryLines(parts, style), "", `\`pallet ${command.name} COMMAND --help\` tells more of each.`]
      : []),
    ...(own.length > 0 ? ["", paint.bold("Options:"), ...entryLines(heads(own), style, names)] : []),
    "",
    paint.bold("Common options:"),
    ...entryLines(heads(common), style, names),
    ...(command.examples.length > 0
      ? ["", paint.bold("Examples:"), ...command.examples.map((example) => `  ${example}`)]
      : []),
    "",
  ].join("\n");
}
