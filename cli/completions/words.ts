// What shells complete, from the tables of the command line itself.
import type { Command } from "../command.ts";
import type { CommandEntry } from "../commands.ts";
import { commonOptions } from "../options.ts";
import type { Option, Options } from "../parse.ts";

/** What stands for a value: one of several words, a path, or what no table knows. */
export type Value = { readonly words: readonly string[] } | "file" | "folder" | "unknown";

/** An option as shells are told of it. */
export interface OptionWords {
  readonly name: string;
  readonly short?: string;
  readonly summary: string;
  /** Absent for a flag. */
  readonly value?: Value;
  /** How the value is called: `FILE`. */
  readonly title?: string;
  readonly repeated: boolean;
}

/** A command as shells are told of it. */
export interface CommandWords {
  readonly name: string;
  readonly summary: string;
  /** Its own options, without the common ones. */
  readonly options: readonly OptionWords[];
  /** Its first argument; absent when it takes none. */
  readonly argument?: Value;
}

/** All that shells are told. */
export interface Words {
  readonly common: readonly OptionWords[];
  readonly commands: readonly CommandWords[];
}

function optionWords(name: string, option: Option): OptionWords {
  const { summary, short } = option;
  const head = { name, summary, ...(short === undefined ? {} : { short }) };
  if (option.kind === "flag") return { ...head, repeated: false };
  const value = option.choices !== undefined
    ? { words: option.choices }
    : option.value === "FILE"
    ? "file"
    : option.value === "DIR"
    ? "folder"
    : "unknown";
  return { ...head, value, title: option.value, repeated: option.kind === "list" };
}

function optionsOf(options: Options): readonly OptionWords[] {
  return Object.entries(options).filter(([, option]) => !option.hidden)
    .map(([name, option]) => optionWords(name, option));
}

/** What the first argument of a usage line is: `add|list` are words, `[DIR]` is a folder. */
function argumentOf(usage: string): Value | undefined {
  const [first = ""] = usage.split(" ");
  if (first === "") return undefined;
  const bare = first.replace(/^[[(]+|[\])]+$/g, "");
  if (/^[a-z][\w-]*(?:\|[a-z][\w-]*)*$/.test(bare)) return { words: bare.split("|") };
  return bare === "FILE" ? "file" : bare === "DIR" ? "folder" : "unknown";
}

/** What shells are told of commands. */
export async function wordsOf(entries: readonly CommandEntry[]): Promise<Words> {
  const names = entries.map(({ name }) => name);
  const loaded: readonly (readonly [CommandEntry, Command])[] = await Promise.all(
    entries.map(async (entry) => [entry, await entry.load()] as const),
  );
  return {
    common: optionsOf(commonOptions),
    commands: loaded.map(([{ name, summary }, { options, usage }]) => {
      const argument = name === "help" ? { words: names } : argumentOf(usage);
      const own = optionsOf(options).filter((option) => !Object.hasOwn(commonOptions, option.name));
      return { name, summary, options: own, ...(argument === undefined ? {} : { argument }) };
    }),
  };
}
