import type { CommandWords, OptionWords, Value, Words } from "./words.ts";

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A text within a description of `_arguments`, where brackets and colons mean something. */
function described(text: string): string {
  return text.replaceAll(/[\\[\]:]/g, "\\$&");
}

function action(value: Value): string {
  if (typeof value === "object") return `(${value.words.join(" ")})`;
  return value === "file" ? "_files" : value === "folder" ? "_files -/" : " ";
}

function optionSpecs({ name, short, summary, value, title = "", repeated }: OptionWords): readonly string[] {
  const tail = `[${described(summary)}]${value === undefined ? "" : `:${described(title)}:${action(value)}`}`;
  const long = `--${name}${value === undefined ? "" : "="}`;
  const brief = short === undefined ? undefined : `-${short}${value === undefined ? "" : "+"}`;
  if (repeated) return [long, brief].flatMap((flag) => flag === undefined ? [] : [quote(`*${flag}${tail}`)]);
  if (brief === undefined) return [quote(`${long}${tail}`)];
  const excluded = `(-${short} --${name})`;
  return [quote(`${excluded}${long}${tail}`), quote(`${excluded}${brief}${tail}`)];
}

/** What follows a command's name. */
function afterName(command: CommandWords, path: string): string {
  const { options, argument, parts } = command;
  if (parts.length > 0) return path;
  const specs = [
    ...options.flatMap(optionSpecs),
    ...(argument === undefined ? [] : [quote(`1:argument:${action(argument)}`)]),
    ...(argument === "unknown" ? [quote("*:argument: ")] : []),
  ];
  return `_arguments ${specs.join(" ")}`;
}

/** A function that completes one of some commands, and what follows its name; and those of their parts. */
function functions(name: string, commands: readonly CommandWords[], options: readonly string[]): string {
  const own = `${name}() {
  local curcontext=$curcontext state line
  local -a commands
  commands=(
${commands.map((one) => `    ${quote(`${one.name}:${one.summary.replaceAll(":", "\\:")}`)}`).join("\n")}
  )
  _arguments -C ${options.join(" ")} '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe -t commands command commands ;;
    argument)
      case $words[1] in
${commands.map((one) => `        ${one.name}) ${afterName(one, `${name}_${one.name}`)} ;;`).join("\n")}
      esac
      ;;
  esac
}
`;
  const parts = commands.filter((one) => one.parts.length > 0)
    .map((one) => functions(`${name}_${one.name}`, one.parts, one.options.flatMap(optionSpecs)));
  return [own, ...parts].join("\n");
}

/** Completion for zsh. */
export function zshCompletion({ common, commands }: Words): string {
  return `#compdef pallet
# Completion of pallet for zsh: source <(pallet completions zsh), or keep it as _pallet in a folder of $fpath.

${functions("_pallet", commands, common.flatMap(optionSpecs))}
if [[ $funcstack[1] == _pallet ]]; then
  _pallet "$@"
else
  compdef _pallet pallet
fi
`;
}
