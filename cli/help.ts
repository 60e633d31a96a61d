import { didYouMean } from "../engine/suggest.ts";
import { type Command, defineCommand } from "./command.ts";
import { commands, sections } from "./commands.ts";
import { commonOptions, shownNames } from "./options.ts";
import { type Option, type Options, usageError } from "./parse.ts";
import type { Output, Paint } from "./terminal.ts";

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

/** What there is at all. */
export function overview(paint: Paint): string {
  const columns = Math.max(...commands.map(({ name }) => name.length));
  return [
    `${paint.bold("Usage:")} pallet COMMAND [arguments] [options]`,
    "",
    "Provisions machines and runs configuration and administration on them.",
    ...sections.flatMap((section) => [
      "",
      paint.bold(`${section.title}:`),
      ...section.commands.map(({ name, summary }) => `  ${paint.cyan(name.padEnd(columns))}  ${summary}`),
    ]),
    "",
    "`pallet help COMMAND` tells more of each.",
    "",
  ].join("\n");
}

/**
 * The command of a name, loaded.
 *
 * @throws {PalletError} of kind `usage` that names the nearest one.
 */
export async function findCommand(name: string): Promise<Command> {
  const entry = commands.find((candidate) => candidate.name === name);
  if (entry !== undefined) return await entry.load();
  throw usageError(
    `Unknown command "${name}".${didYouMean(name, commands.map((candidate) => candidate.name))}`,
    "`pallet help` lists all commands.",
  );
}

/** Shows the help of a command, or of all. */
export async function showHelp(name: string | undefined, output: Output): Promise<void> {
  output.write(
    name === undefined ? overview(output.paint) : commandHelp(await findCommand(name), output.paint),
  );
}

export const command: Command = defineCommand({
  name: "help",
  usage: "[COMMAND]",
  description: "Shows all commands, or one with its options.",
  arguments: [0, 1],
  examples: ["pallet help converge"],
  heeds: [],
  async run({ args, terminal }) {
    await showHelp(args[0], terminal.out);
    return 0;
  },
});
