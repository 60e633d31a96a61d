import { type Options, parse, type Parsed, usageError, type Values } from "./parse.ts";
import { type CommonName, commonOptions } from "./options.ts";
import type { Terminal } from "./terminal.ts";
import type { Ahead } from "../engine/sandbox/ahead.ts";

/** Values of the options that every command takes. */
export type CommonValues = Values<typeof commonOptions>;

/** What a command is given. */
export interface Invocation<O extends Options> {
  readonly options: Values<O & typeof commonOptions>;
  readonly args: readonly string[];
  /** What stands behind `--`, for commands that pass it on. */
  readonly rest: readonly string[];
  readonly terminal: Terminal;
  /** The sandbox's process, for commands that evaluate an infra file. */
  readonly ahead?: Ahead;
}

/** A command of the command line. */
export interface Command {
  readonly name: string;
  /** Arguments as in a usage line: `[GROUP[=N]...]`. */
  readonly usage: string;
  readonly description: string;
  readonly options: Options;
  /** Common options that mean something to it; all unless told. It takes the others as well, and does nothing with them. */
  readonly heeds?: readonly CommonName[];
  readonly examples: readonly string[];
  /** Whether it shows help by itself, as one of several parts. */
  readonly ownHelp?: boolean;
  /** Commands that it is made of; the first argument names one. */
  readonly parts?: readonly CommandEntry[];
  /** Runs it with what follows its name; resolves with the exit status. */
  execute(argv: readonly string[], terminal: Terminal): Promise<number>;
}

/** A command in the list: known without loading it. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

/** How a {@linkcode Command} is defined. */
export interface CommandDefinition<O extends Options> {
  readonly name: string;
  readonly usage?: string;
  readonly description: string;
  readonly options?: O;
  /** As {@linkcode Command.heeds}. */
  readonly heeds?: readonly CommonName[];
  readonly examples?: readonly string[];
  /** How many arguments it takes: at least, at most; none unless told. */
  readonly arguments?: readonly [number, number];
  /** Whether what stands behind `--` is passed on; it is more arguments otherwise. */
  readonly passesRest?: boolean;
  /** Whether it evaluates the infra file: the process for that is started before the engine is loaded. */
  readonly evaluates?: boolean;
  run(invocation: Invocation<O>): Promise<number> | number;
}

function checkArguments(
  command: string,
  usage: string,
  args: readonly string[],
  [least, most]: readonly [number, number],
) {
  const help = `Usage: pallet ${command}${usage === "" ? "" : ` ${usage}`}`;
  const needed = usage.split(" ").slice(0, least).join(" ").replaceAll("...", "");
  if (args.length < least) throw usageError(`Command "${command}" needs ${needed}.`, help);
  const extra = args[most];
  if (extra === undefined) return;
  throw usageError(
    most === 0
      ? `Command "${command}" takes no arguments, but "${extra}" was given.`
      : `Command "${command}" takes no more than ${most} argument${
        most === 1 ? "" : "s"
      }: "${extra}" is too many.`,
    help,
  );
}

/** Makes a command: its options are the common ones and its own. */
export function defineCommand<const O extends Options>(definition: CommandDefinition<O>): Command {
  const { name, usage = "" } = definition;
  const options = { ...commonOptions, ...definition.options };
  return {
    name,
    usage,
    description: definition.description,
    options,
    ...(definition.heeds === undefined ? {} : { heeds: definition.heeds }),
    examples: definition.examples ?? [],
    async execute(argv, terminal) {
      // The union of both tables; an absent `options` is an empty `O`.
      const parsed = parse(argv, options) as unknown as Parsed<O & typeof commonOptions>;
      const passes = definition.passesRest === true;
      const args = passes ? parsed.positionals : [...parsed.positionals, ...(parsed.rest ?? [])];
      checkArguments(name, usage, args, definition.arguments ?? [0, 0]);
      const ahead = definition.evaluates === true
        ? (await import("../engine/sandbox/ahead.ts")).startAhead()
        : undefined;
      return await definition.run({
        options: parsed.values,
        args,
        rest: passes ? parsed.rest ?? [] : [],
        terminal,
        ...(ahead === undefined ? {} : { ahead }),
      });
    },
  };
}
