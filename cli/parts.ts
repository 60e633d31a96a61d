// Commands that are made of commands: `pallet config show`.
import { didYouMean } from "../engine/suggest.ts";
import type { Command, CommandEntry } from "./command.ts";
import { commandHelp } from "./command_help.ts";
import { allOptions, commonOptions } from "./options.ts";
import { tokens, usageError } from "./parse.ts";

/** How a command of several parts is defined. */
export interface PartsDefinition {
  readonly name: string;
  readonly description: string;
  readonly parts: readonly CommandEntry[];
  readonly examples: readonly string[];
}

/** The place of the part's name: the first word that is neither an option nor its value. */
function placeOf(argv: readonly string[]): number | undefined {
  for (const token of tokens(argv, allOptions)) if (token.kind === "positional") return token.at;
  return undefined;
}

/** Whether help is asked for; what stands behind `--` is of another command. */
function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return (end < 0 ? argv : argv.slice(0, end)).some((word) => word === "--help" || word === "-h");
}

/** Makes a command whose first argument names one of its parts, each of which is loaded when it is called. */
export function defineParts({ name, description, parts, examples }: PartsDefinition): Command {
  const known = parts.map((part) => part.name);
  const columns = Math.max(...known.map((one) => one.length));
  const command: Command = {
    name,
    usage: known.join("|"),
    description: [
      description,
      "",
      ...parts.map((part) => `  ${part.name.padEnd(columns)}  ${part.summary}`),
      "",
      `\`pallet ${name} COMMAND --help\` tells more of each.`,
    ].join("\n"),
    options: commonOptions,
    heeds: [],
    parts,
    ownHelp: true,
    examples,
    async execute(argv, terminal) {
      const at = placeOf(argv);
      const help = asksForHelp(argv);
      if (at === undefined && help) {
        terminal.out.write(commandHelp(command, terminal.out.paint));
        return 0;
      }
      const asked = at === undefined ? undefined : argv[at];
      const part = parts.find((one) => one.name === asked);
      if (at === undefined || part === undefined) {
        throw usageError(
          asked === undefined
            ? `Command "${name}" needs to be told what to do.`
            : `Unknown command "${name} ${asked}".${didYouMean(asked, known)}`,
          `Usage: pallet ${name} ${known.join("|")}`,
        );
      }
      const chosen = await part.load();
      if (!help) return await chosen.execute(argv.toSpliced(at, 1), terminal);
      terminal.out.write(commandHelp(chosen, terminal.out.paint));
      return 0;
    },
  };
  return command;
}
