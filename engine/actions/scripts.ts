// Bash that users write, carried into a script so that nothing in it can change what the rest of the script means.
import { hasDeferred, replaceDeferred } from "../plan/deferred.ts";
import { rawScript, type Script, sh } from "../script/sh.ts";

/** Values that user's bash refers to, by the name of the variable that stands for each. */
class Values {
  readonly #names = new Map<string, string>();

  /** The text with every token replaced by a variable of the user's own bash. */
  withVariables(text: string): string {
    return replaceDeferred(text, (_source, token) => {
      const name = this.#names.get(token) ?? `pallet_text_${this.#names.size + 1}`;
      this.#names.set(token, name);
      return `\${${name}}`;
    });
  }

  /** Bash that hands the values over. */
  script(): Script {
    return rawScript(
      [...this.#names].map(([token, name]) => sh`pallet_value ${name} ${token}`.text).join("\n"),
    );
  }
}

/** A line that does not occur in a text. */
function delimiter(text: string): string {
  const lines = new Set(text.split("\n"));
  let line = "END_OF_SCRIPT";
  while (lines.has(line)) line += "_";
  return line;
}

/** Pieces of bash, one after the other; empty ones are left out. */
export function joinScripts(...scripts: readonly Script[]): Script {
  return rawScript(scripts.map(({ text }) => text).filter((text) => text !== "").join("\n"));
}

/**
 * Bash that writes users' bash to files, by name, with the values that it refers to. Those files are run by a bash of
 * their own: a wrong quote in one is that one's failure, and values come by variable, never as source text.
 */
export function carryScripts(scripts: Readonly<Record<string, string | undefined>>): Script {
  const values = new Values();
  const files = Object.entries(scripts).flatMap(([name, text]) => {
    if (text === undefined) return [];
    const body = values.withVariables(text);
    const end = delimiter(body);
    return [rawScript(`pallet_script ${name} <<'${end}'\n${body}\n${end}`)];
  });
  return joinScripts(values.script(), ...files);
}

/** Whether a text can be carried for an interpreter that knows no variables of bash. */
export function isLiteral(text: string): boolean {
  return !hasDeferred(text);
}

/** Functions for users' bash. */
export const scriptsLibrary: string = sh`
pallet_value() { # NAME VALUE: a variable of the user's bash
  printf '%s=%q\n' "$1" "$2" >>"$pallet_report.values"
}

pallet_environment() { # NAME VALUE: the same for the programs that it starts
  printf 'export %s=%q\n' "$1" "$2" >>"$pallet_report.values"
}

pallet_print() { # FILE: prints its content, a text, without a process
  local text
  pallet_read "$1" text
  printf %s "$text"
}

pallet_script() { # NAME: keeps the text that comes on standard input
  local text
  text=$(</dev/fd/0)
  printf '%s\n' "$text" >"$pallet_report.$1"
}

pallet_bash() { # NAME DIRECTORY USER SECONDS INTERPRETER: runs a kept script, as a user, for so long at most
  local name=$1 directory=$2 user=$3 seconds=$4 home command=() status=0
  pallet_anything
  cd -- "$directory" || pallet_fail "Cannot change to directory $directory"
  {
    printf 'unset BASH_ENV\n'
    [[ ! -e $pallet_report.values ]] || pallet_print "$pallet_report.values"
    [[ ! -e $pallet_report.$name.before ]] || pallet_print "$pallet_report.$name.before"
  } >"$pallet_report.before"
  if [[ -n $seconds ]]; then
    command+=(timeout -k 10 "$seconds")
  fi
  if [[ -n $user && $user != "$(id -un)" ]]; then
    home=$(getent passwd "$user") || pallet_fail "There is no user $user"
    home=\${home%:*}
    command+=(runuser -u "$user" -- env HOME="\${home##*:}" USER="$user" LOGNAME="$user")
  fi
  if [[ $5 == bash ]]; then
    command+=(bash)
  else
    # shellcheck disable=SC2016 # for the other bash, which sets the environment first
    command+=(bash -c 'exec "$0" "$@"' "$5")
  fi
  # By descriptor: another user may read the files, and may not enter the directory that they are in.
  BASH_ENV=/dev/fd/6 "\${command[@]}" /dev/fd/7 6<"$pallet_report.before" 7<"$pallet_report.$name" &
  # timeout has a process group of its own: a signal to this one must reach it.
  trap 'kill -TERM "$pallet_child" 2>/dev/null' TERM
  pallet_child=$!
  wait "$pallet_child" || status=$?
  if ((status > 128)) && kill -0 "$pallet_child" 2>/dev/null; then
    status=0 # a signal ended the wait, and not yet the child
    wait "$pallet_child" || status=$?
  fi
  trap - TERM
  cd /
  return "$status"
}

pallet_guard() { # NAME: whether a guard, which is a script, says yes
  local status=0
  pallet_bash "$1" "$pallet_directory" "$pallet_user" '' bash || status=$?
  return "$status"
}

pallet_failed() { # STATUS MESSAGE: ends the action with the status of what failed
  (pallet_fail "$2") || exit "$1"
}

pallet_ended() { # STATUS SECONDS; prints how a command ended, in words
  if [[ $1 == 124 && -n $2 ]]; then
    printf 'it took longer than %s seconds' "$2"
  elif (($1 > 128)) && kill -l "$(($1 - 128))" >/dev/null 2>&1; then
    printf 'it was ended by SIG%s' "$(kill -l "$(($1 - 128))")"
  else
    printf 'it ended with exit status %s' "$1"
  fi
}
`.text;
