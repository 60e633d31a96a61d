// Help for one command: what it takes, from its own tables.
import type { Command } from "./command.ts";
import { commonOptions, shownNames } from "./options.ts";
import type { Option, Options } from "./parse.ts";
import type { Paint } from "./terminal.ts";

function optionHead(name: string, option: Option): string {
  const short = option.short === undefined ? "    " : `-${option.short}, `;
  return `${short}--${name}${option.kind === "flag" ? "" : ` ${option.value}`}`;
}

/** Options that help shows, by name. */
export type Shown = readonly (readonly [string, Option])[];

function optionLines(options: Shown, columns: number): readonly string[] {
  return options.map(([name, option]) => `  ${optionHead(name, option).padEnd(columns)}  ${option.summary}`);
}

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
export function commandHelp(command: Command, paint: Paint): string {
  const { own, common } = shownOptions(command);
  const columns = Math.max(...[...own, ...common].map(([name, option]) => optionHead(name, option).length));
  const usage = command.usage === "" ? "" : ` ${command.usage}`;
  return [
    `${paint.bold("Usage:")} pallet ${command.name}${usage} [options]`,
    "",
    command.description,
    ...(own.length > 0 ? ["", paint.bold("Options:"), ...optionLines(own, columns)] : []),
    "",
    paint.bold("Common options:"),
    ...optionLines(common, columns),
    ...(command.examples.length > 0
      ? ["", paint.bold("Examples:"), ...command.examples.map((example) => `  ${example}`)]
      : []),
    "",
  ].join("\n");
}
