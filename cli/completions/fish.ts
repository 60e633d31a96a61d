import type { OptionWords, Value, Words } from "./words.ts";

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

/** Completion for fish. */
export function fishCompletion({ common, commands }: Words): string {
  const lines = commands.flatMap(({ name, summary, options, argument = "unknown" }) => {
    const condition = ` -n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c pallet -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
      ...options.map((option) => optionLine(option, condition)),
      ...(argument === "unknown" ? [] : [`complete -c pallet${condition}${valueOptions(argument)}`]),
    ];
  });
  return [
    "# Completion of pallet for fish: pallet completions fish > ~/.config/fish/completions/pallet.fish",
    "complete -c pallet -f",
    ...common.map((option) => optionLine(option, "")),
    ...lines,
    "",
  ].join("\n");
}
