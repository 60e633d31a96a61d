// What shells complete, from the tables of the command line itself.
import type { CommandEntry } from "../command.ts";
import { type Shown, shownOptions } from "../command_help.ts";
import { commonOptions } from "../options.ts";
import type { Option } from "../parse.ts";

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
  /** Its own options, and the common ones that it heeds. */
  readonly options: readonly OptionWords[];
  /** Its first argument; absent when it takes none. */
  readonly argument?: Value;
  /** Commands that it is made of; the first argument names one. */
  readonly parts: readonly CommandWords[];
}

/** All that shells are told. */
export interface Words {
  /** Options that may stand before the command. */
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

function optionsOf(shown: Shown): readonly OptionWords[] {
  return shown.map(([name, option]) => optionWords(name, option));
}

/** What the first argument of a usage line is: `add|list` are words, `[DIR]` is a folder. */
function argumentOf(usage: string): Value | undefined {
  const [first = ""] = usage.split(" ");
  if (first === "") return undefined;
  const bare = first.replace(/^[[(]+|[\])]+$/g, "");
  if (/^[a-z][\w-]*(?:\|[a-z][\w-]*)*$/.test(bare)) return { words: bare.split("|") };
  return bare === "FILE" ? "file" : bare === "DIR" ? "folder" : "unknown";
}

async function commandsOf(entries: readonly CommandEntry[]): Promise<readonly CommandWords[]> {
  const names = entries.map(({ name }) => name);
  return await Promise.all(entries.map(async ({ name, summary, load }) => {
    const command = await load();
    const { usage, parts = [] } = command;
    const argument = name === "help" ? { words: names } : argumentOf(usage);
    const { own, common } = shownOptions(command);
    return {
      name,
      summary,
      options: optionsOf([...own, ...common]),
      parts: await commandsOf(parts),
      ...(argument === undefined ? {} : { argument }),
    };
  }));
}

/** What shells are told of commands. */
export async function wordsOf(entries: readonly CommandEntry[]): Promise<Words> {
  const common = Object.entries<Option>(commonOptions).filter(([, { hidden }]) => !hidden);
  return { common: optionsOf(common), commands: await commandsOf(entries) };
}
