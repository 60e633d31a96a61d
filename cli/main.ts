import { findCommand } from "./commands.ts";
import { reportError } from "./errors.ts";
import { showHelp } from "./help.ts";
import { allOptions } from "./options.ts";
import { tokens } from "./parse.ts";
import { OutputClosed, processTerminal, type Terminal } from "./terminal.ts";

/** Whether a flag stands on a command line, which may be wrong in any other way. */
function has(argv: readonly string[], ...flags: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return (end < 0 ? argv : argv.slice(0, end)).some((word) => flags.includes(word));
}

/** The place of the command's name: the first word that is neither an option nor its value. */
function commandPlace(argv: readonly string[]): number | undefined {
  // Taken one by one: what follows the name is judged by the command's own options.
  for (const token of tokens(argv, allOptions)) {
    if (token.kind === "positional") return token.at;
  }
  return undefined;
}

/** Runs a command line; what it throws is for the caller to tell. */
export async function dispatch(argv: readonly string[], terminal: Terminal): Promise<number> {
  const at = commandPlace(argv);
  if (at === undefined) {
    if (has(argv, "--version")) return await (await findCommand("version")).execute([], terminal);
    if (has(argv, "--help", "-h")) {
      await showHelp([], terminal.out);
      return 0;
    }
    await showHelp([], terminal.err);
    return 2;
  }
  const command = await findCommand(argv[at] ?? "");
  const rest = argv.toSpliced(at, 1);
  if (command.ownHelp !== true && has(rest, "--help", "-h")) {
    await showHelp([command.name], terminal.out);
    return 0;
  }
  return await command.execute(rest, terminal);
}

/**
 * Runs one command line.
 *
 * @returns the exit status: 0 done, 1 something failed, 2 nothing was done because of the command line, configuration
 * or infra file, 3 changes are pending, 4 a node was unreachable or its result is unknown, 129, 130 or 143 interrupted.
 */
export async function main(
  argv: readonly string[],
  terminal: Terminal = processTerminal(has(argv, "--no-color")),
): Promise<number> {
  try {
    return await dispatch(argv, { ...terminal, argv });
  } catch (thrown) {
    if (thrown instanceof OutputClosed) return 141;
    return reportError(thrown, terminal, {
      verbose: has(argv, "--verbose", "-v"),
      json: has(argv, "--json"),
    });
  }
}
