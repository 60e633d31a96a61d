import { sh } from "../script/sh.ts";
import { object, v } from "../schema.ts";
import type { Action } from "./action.ts";
import { filesLibrary } from "./bash_files.ts";
import { type ActionOptions, makeAction } from "./define.ts";
import type { ActionDefinition } from "./definition.ts";
import { line, path } from "./fields.ts";
import { parentsOf } from "./things.ts";

const pattern = v.pipe(line, v.nonEmpty("must not be empty"));

const fields = object({
  path,
  line,
  action: v.optional(v.picklist(["present", "absent"]), "present"),
  match: v.exactOptional(pattern),
  after: v.exactOptional(pattern),
  before: v.exactOptional(pattern),
  create: v.optional(v.boolean(), false),
});

const schema = v.pipe(
  fields,
  v.check((args) => args.after === undefined || args.before === undefined, "takes one of after and before"),
  v.check(
    (args) => args.action === "present" || (args.after ?? args.before) === undefined && !args.create,
    "with action absent takes match alone",
  ),
);

type Args = v.InferOutput<typeof fields>;

/** Options of {@linkcode lineInFile}. Patterns are extended regular expressions. */
export interface LineInFileOptions extends ActionOptions {
  /** `present` unless told. */
  readonly action?: "present" | "absent";
  /**
   * `present`: the line stands for all lines that match or are equal to it, at the place of the first. `absent`: lines that match go as well.
   */
  readonly match?: string;
  /** A new line comes after the last line that matches; at the end when none does. */
  readonly after?: string;
  /** A new line comes before the first line that matches; at the end when none does. */
  readonly before?: string;
  /** Makes a file that is not there; otherwise that is a failure. */
  readonly create?: boolean;
}

/** How a {@linkcode lineInFile} action becomes bash. */
export const lineInFileAction: ActionDefinition<Args> = {
  kind: "lineInFile",
  schema,
  subject: (args) => `${args.path} ${args.match ?? args.line}`,
  describe: (args) => `${args.path} ${args.line}${args.action === "absent" ? " (absent)" : ""}`,
  provides: (args) => args.create ? [`path:${args.path}`] : [],
  needs: (args) => [...args.create ? [] : [`path:${args.path}` as const], ...parentsOf(args.path)],
  script: (args) =>
    args.action === "absent"
      ? sh`pallet_line_absent ${args.path} ${args.line} ${args.match ?? ""}`
      : sh`pallet_line ${args.path} ${args.line} ${args.match ?? ""} ${args.after ?? ""} ${
        args.before ?? ""
      } ${args.create}`,
  proof: ({ path, line, action, match = "" }) =>
    action === "absent" ? undefined : { looks: {}, bash: sh`pallet_is_line ${path} ${line} ${match}` },
  plain: ({ match, after, before }) => (match ?? after ?? before) === undefined,
  library: [
    filesLibrary,
    sh`
pallet_is_line() { # PATH LINE MATCH: the line is there, and with MATCH once, and no other that matches
  local lines at found=0 status
  [[ -z $3 ]] || local LC_ALL=$LANG
  [[ -f $1 ]] && mapfile -t lines 2>/dev/null <"$1" || return 1
  for ((at = 0; at < \${#lines[@]}; at++)); do
    if [[ \${lines[at]} == "$2" ]]; then
      ((++found))
      [[ -n $3 ]] || return 0
    elif [[ -n $3 ]]; then
      status=0
      # shellcheck disable=SC2319 # the condition's own status tells a wrong expression from one that does not match
      [[ \${lines[at]} =~ $3 ]] || status=$?
      ((status == 1)) || return 1
    fi
  done
  ((found == 1))
}

pallet_matches() { # TEXT REGEX: whether it matches; a regular expression that is none ends the action
  local status=0
  # shellcheck disable=SC2319 # the condition's own status tells a wrong expression from one that does not match
  [[ $1 =~ $2 ]] || status=$?
  ((status < 2)) || pallet_fail "Cannot use the regular expression $2"
  return "$status"
}

pallet_line() { # PATH LINE MATCH AFTER BEFORE CREATE
  local path=$1 line=$2 match=$3 after=$4 before=$5 old=() new=() at place=-1 found=
  if [[ ! -e $path ]]; then
    [[ $6 == true ]] || pallet_fail "Cannot edit $path: there is no such file"
    printf '%s\n' "$line" >"$pallet_report.edited"
    pallet_diff /dev/null "$pallet_report.edited" "$path"
    if pallet_change "create $path with $line"; then
      pallet_install "$pallet_report.edited" "$path" '' '' '' ''
    fi
    return 0
  fi
  [[ -f $path ]] || pallet_fail "Cannot edit $path: it is not a file"
  mapfile -t old <"$path"
  for ((at = 0; at < \${#old[@]}; at++)); do
    if [[ -n $match ]] && { [[ \${old[at]} == "$line" ]] || pallet_matches "\${old[at]}" "$match"; }; then
      [[ -n $found ]] || new+=("$line")
      found=yes
    else
      new+=("\${old[at]}")
    fi
  done
  if [[ -z $found ]]; then
    for ((at = 0; at < \${#old[@]}; at++)); do
      [[ \${old[at]} != "$line" ]] || return 0
      if [[ -n $after ]] && pallet_matches "\${old[at]}" "$after"; then
        place=$((at + 1))
      elif [[ -n $before ]] && ((place < 0)) && pallet_matches "\${old[at]}" "$before"; then
        place=$at
      fi
    done
    ((place >= 0)) || place=\${#old[@]}
    new=("$line")
    if ((\${#old[@]})); then
      new=("\${old[@]:0:place}" "$line" "\${old[@]:place}")
    fi
  fi
  pallet_lines "$path" "set $line in $path"
}

pallet_line_absent() { # PATH LINE MATCH
  local path=$1 line=$2 match=$3 old=() new=() at
  [[ -e $path ]] || return 0
  [[ -f $path ]] || pallet_fail "Cannot edit $path: it is not a file"
  mapfile -t old <"$path"
  for ((at = 0; at < \${#old[@]}; at++)); do
    if [[ \${old[at]} == "$line" ]] || { [[ -n $match ]] && pallet_matches "\${old[at]}" "$match"; }; then
      continue
    fi
    new+=("\${old[at]}")
  done
  pallet_lines "$path" "remove $line from $path"
}

pallet_lines() { # PATH TEXT: puts the caller's list new in place of old when they differ
  local at same=yes
  ((\${#old[@]} == \${#new[@]})) || same=
  for ((at = 0; at < \${#new[@]} && \${#same}; at++)); do
    [[ \${old[at]} == "\${new[at]}" ]] || same=
  done
  [[ -z $same ]] || return 0
  # A read up to a NUL succeeds when there is one.
  if IFS= read -r -d '' _ <"$1"; then
    pallet_fail "Cannot edit $1: it holds NUL bytes"
  fi
  if ((\${#new[@]})); then
    printf '%s\n' "\${new[@]}" >"$pallet_report.edited"
  else
    : >"$pallet_report.edited"
  fi
  pallet_edit "$1" "$pallet_report.edited" "$2" differs
}
`.text,
  ],
};

/**
 * A line that is in a file, or is not. A file that has it already is not touched.
 *
 * @throws {PalletError} for a path that is not absolute, a text of several lines, or a wrong option.
 *
 * @example
 * ```ts
 * import { lineInFile } from "pallet";
 *
 * lineInFile("/etc/hosts", "10.0.0.5 db");
 * lineInFile("/etc/ssh/sshd_config", "PermitRootLogin no", { match: "^#?PermitRootLogin " });
 * lineInFile("/etc/hosts", "10.0.0.4 db", { action: "absent" });
 * ```
 */
export function lineInFile(path: string, line: string, options: LineInFileOptions = {}): Action {
  return makeAction(lineInFileAction, { path, line, ...options });
}
