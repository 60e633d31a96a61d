// Commands that are made of commands: `pallet config show`.
import { didYouMean } from "../engine/suggest.ts";
import type { Command, CommandEntry } from "./command.ts";
import { commandHelp, styleFor } from "./command_help.ts";
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

/** The part of a command that is named, loaded. @throws {PalletError} of kind `usage` that names the nearest one. */
export async function findPart({ name, parts = [] }: Command, asked: string): Promise<Command> {
  const part = parts.find((one) => one.name === asked);
  if (part !== undefined) return await part.load();
  const known = parts.map((one) => one.name);
  throw usageError(
    `Unknown command "${name} ${asked}".${didYouMean(asked, known)}`,
    known.length === 0 ? undefined : `Usage: pallet ${name} ${known.join("|")}`,
  );
}

/** Makes a command whose first argument names one of its parts, each of which is loaded when it is called. */
export function defineParts({ name, description, parts, examples }: PartsDefinition): Command {
  const command: Command = {
    name,
    usage: parts.map((part) => part.name).join("|"),
    description,
    options: commonOptions,
    heeds: [],
    parts,
    ownHelp: true,
    examples,
    async execute(argv, terminal) {
      const at = placeOf(argv);
      const help = asksForHelp(argv);
      if (at === undefined) {
        const output = help ? terminal.out : terminal.err;
        output.write(commandHelp(command, styleFor(output)));
        return help ? 0 : 2;
      }
      const chosen = await findPart(command, argv[at] ?? "");
      if (!help) return await chosen.execute(argv.toSpliced(at, 1), terminal);
      terminal.out.write(commandHelp(chosen, styleFor(terminal.out)));
      return 0;
    },
  };
  return command;
}
