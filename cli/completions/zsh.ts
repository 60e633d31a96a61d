import type { OptionWords, Value, Words } from "./words.ts";

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

/** Completion for zsh. */
export function zshCompletion({ common, commands }: Words): string {
  const cases = commands.map(({ name, options, argument }) => {
    const specs = [
      ...options.flatMap(optionSpecs),
      ...(argument === undefined ? [] : [quote(`1:argument:${action(argument)}`)]),
      ...(argument === "unknown" ? [quote("*:argument: ")] : []),
    ];
    return `        ${name}) _arguments $common ${specs.join(" ")} ;;`;
  });
  return `#compdef pallet
# Completion of pallet for zsh: source <(pallet completions zsh), or keep it as _pallet in a folder of $fpath.

_pallet() {
  local curcontext=$curcontext state line
  local -a common commands
  common=(
${common.flatMap(optionSpecs).map((spec) => `    ${spec}`).join("\n")}
  )
  commands=(
${commands.map(({ name, summary }) => `    ${quote(`${name}:${summary.replaceAll(":", "\\:")}`)}`).join("\n")}
  )
  _arguments -C $common '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe -t commands command commands ;;
    argument)
      case $words[1] in
${cases.join("\n")}
      esac
      ;;
  esac
}

if [[ $funcstack[1] == _pallet ]]; then
  _pallet "$@"
else
  compdef _pallet pallet
fi
`;
}
