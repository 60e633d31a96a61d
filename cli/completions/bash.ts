import type { CommandWords, OptionWords, Value, Words } from "./words.ts";

function flags({ name, short }: OptionWords): readonly string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
}

/** Bash that offers what may stand for a value. */
function offer(value: Value): string {
  if (typeof value === "object") return `_pallet_words '${value.words.join(" ")}' "$current"`;
  return value === "file" ? "_pallet_paths -f" : value === "folder" ? "_pallet_paths -d" : "";
}

/** Options by what may stand for their value, each name once. */
function byValue(options: readonly OptionWords[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const seen = new Set<string>();
  for (const option of options) {
    if (option.value === undefined || seen.has(option.name)) continue;
    seen.add(option.name);
    const code = offer(option.value);
    found.set(code, [...found.get(code) ?? [], ...flags(option)]);
  }
  return found;
}

/** Commands with their parts, by all words of their names. */
function byPath(
  commands: readonly CommandWords[],
  before = "",
): readonly (readonly [string, CommandWords])[] {
  return commands.flatMap((command) => {
    const path = `${before}${command.name}`;
    return [[path, command] as const, ...byPath(command.parts, `${path} `)];
  });
}

function pattern(path: string): string {
  return path.includes(" ") ? `'${path}'` : path;
}

/** Completion for bash, of 3.2 as well. */
export function bashCompletion({ common, commands }: Words): string {
  const paths = byPath(commands);
  const wholes = paths.filter(([, { parts }]) => parts.length > 0).map(([path]) => pattern(path));
  const all = [...common, ...paths.flatMap(([, { options }]) => options)];
  const values = byValue(all);
  const withValue = [...values.values()].flat();
  return `# Completion of pallet for bash: source <(pallet completions bash)

_pallet_words() { # WORDS BEGINNING
  local word
  while IFS= read -r word; do
    COMPREPLY+=("$word")
  done < <(compgen -W "$1" -- "$2")
}

_pallet_paths() { # -f for files, -d for folders
  local path
  compopt -o filenames 2>/dev/null
  while IFS= read -r path; do
    COMPREPLY+=("$path")
  done < <(compgen "$1" -- "$current")
}

_pallet() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local command='' place=0 at word
  COMPREPLY=()
  # Bash takes --option=value for three words.
  if [[ $current == '=' ]]; then
    current=''
  elif [[ $previous == '=' ]]; then
    previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    case $word in
      ${withValue.join(" | ")})
        at=$((at + 1))
        [[ \${COMP_WORDS[at]} == '=' ]] && at=$((at + 1))
        ;;
      -*) ;;
      *)
        case $command in
          '') command=$word ;;${
    wholes.length === 0 ? "" : `\n          ${wholes.join(" | ")}) command="$command $word" ;;`
  }
          *) place=$((place + 1)) ;;
        esac
        ;;
    esac
  done
  case $previous in
${
    [...values].map(([code, names]) =>
      `    ${names.join(" | ")})\n${code === "" ? "" : `      ${code}\n`}      return\n      ;;`
    )
      .join("\n")
  }
  esac
  if [[ $current == -* ]]; then
    case $command in
${
    paths.map(([path, { options }]) =>
      `      ${pattern(path)}) word='${options.flatMap(flags).join(" ")}' ;;`
    )
      .join("\n")
  }
      *) word='${common.flatMap(flags).join(" ")}' ;;
    esac
    _pallet_words "$word" "$current"
  elif [[ -z $command ]]; then
    _pallet_words '${commands.map(({ name }) => name).join(" ")}' "$current"
  elif ((place == 0)); then
    case $command in
${
    paths.flatMap(([path, { argument = "unknown" }]) =>
      argument === "unknown" ? [] : [`      ${pattern(path)}) ${offer(argument)} ;;`]
    ).join("\n")
  }
    esac
  fi
}

complete -F _pallet pallet
`;
}
