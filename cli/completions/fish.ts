import type { CommandWords, OptionWords, Value, Words } from "./words.ts";

function quote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
}

function valueOptions(value: Value): string {
  if (typeof value === "object") return ` -x -a ${quote(value.words.join(" "))}`;
  return value === "file" ? " -r -F" : value === "folder" ? " -x -a '(__fish_complete_directories)'" : " -x";
}

function optionLine({ name, short, summary, value }: OptionWords, condition: string): string {
  const brief = short === undefined ? "" : ` -s ${short}`;
  const takes = value === undefined ? "" : valueOptions(value);
  return `complete -c pallet${condition}${brief} -l ${name}${takes} -d ${quote(summary)}`;
}

/** Lines for commands, of which none was named yet where `open` holds. */
function commandLines(commands: readonly CommandWords[], open: string, before = ""): readonly string[] {
  return commands.flatMap(({ name, summary, options, parts, argument = "unknown" }) => {
    const named = `${before}__fish_seen_subcommand_from ${name}`;
    const condition = ` -n ${quote(named)}`;
    const names = parts.map((part) => part.name).join(" ");
    return [
      `complete -c pallet -n ${quote(open)} -a ${name} -d ${quote(summary)}`,
      ...options.map((option) => optionLine(option, condition)),
      ...(parts.length === 0
        ? argument === "unknown" ? [] : [`complete -c pallet${condition}${valueOptions(argument)}`]
        : commandLines(parts, `${named}; and not __fish_seen_subcommand_from ${names}`, `${named}; and `)),
    ];
  });
}

/** Completion for fish. */
export function fishCompletion({ common, commands }: Words): string {
  return [
    "# Completion of pallet for fish: pallet completions fish > ~/.config/fish/completions/pallet.fish",
    "complete -c pallet -f",
    ...common.map((option) => optionLine(option, " -n __fish_use_subcommand")),
    ...commandLines(commands, "__fish_use_subcommand"),
    "",
  ].join("\n");
}
