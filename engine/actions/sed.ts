import { sh } from "../script/sh.ts";
import { object, v } from "../schema.ts";
import type { Action } from "./action.ts";
import { filesLibrary } from "./bash_files.ts";
import { type ActionOptions, makeAction } from "./define.ts";
import type { ActionDefinition } from "./definition.ts";
import { line, path, text } from "./fields.ts";
import { parentsOf } from "./things.ts";

const pattern = v.pipe(line, v.nonEmpty("must not be empty"));

const schema = object({
  path,
  replacements: v.pipe(
    v.unknown(),
    v.transform((given) =>
      typeof given === "object" && given !== null && !Array.isArray(given) ? Object.entries(given) : given
    ),
    v.array(v.tuple([pattern, text])),
    v.nonEmpty("must hold a pattern and its replacement"),
  ),
  literal: v.optional(v.boolean(), false),
  firstOnly: v.optional(v.boolean(), false),
  restriction: v.exactOptional(pattern),
});

type Args = v.InferOutput<typeof schema>;

/** Options of {@linkcode sed}. */
export interface SedOptions extends ActionOptions {
  /** Patterns and replacements are plain texts: no character of theirs means anything. */
  readonly literal?: boolean;
  /** Replaces the first match of each line alone. */
  readonly firstOnly?: boolean;
  /** Lines to look at, as sed addresses them: `/^\[mysqld\]/,/^\[/` or `1,10`. */
  readonly restriction?: string;
}

/** How a {@linkcode sed} action becomes bash. */
export const sedAction: ActionDefinition<Args> = {
  kind: "sed",
  schema,
  subject: (args) => `${args.path} ${args.replacements[0]?.[0]}`,
  describe: (args) => `${args.path} ${args.replacements.map(([from, to]) => `${from} -> ${to}`).join(", ")}`,
  provides: () => [],
  needs: (args) => [`path:${args.path}`, ...parentsOf(args.path)],
  script: (args) =>
    sh`pallet_sed ${args.path} ${args.literal} ${args.firstOnly ? "" : "g"} ${
      args.restriction ?? ""
    } ${args.replacements.flat()}`,
  library: [
    filesLibrary,
    sh`
pallet_sed() { # PATH LITERAL FLAGS RESTRICTION [PATTERN REPLACEMENT]...
  local path=$1 literal=$2 flags=$3 restriction=$4 pattern replacement mark=$'\x01' program=
  shift 4
  [[ -f $path ]] || pallet_fail "Cannot edit $path: there is no such file"
  while (($#)); do
    pattern=$1 replacement=$2
    shift 2
    [[ $pattern$replacement != *"$mark"* ]] || pallet_fail "Cannot edit $path: a pattern holds the byte 1"
    if [[ $literal == true ]]; then
      pallet_sed_literal
    fi
    replacement=\${replacement//$'\n'/$'\\\n'}
    program+="\${restriction:+$restriction }s$mark$pattern$mark$replacement$mark$flags"$'\n'
  done
  printf %s "$program" >"$pallet_tmp/program"
  sed -E --sandbox -f "$pallet_tmp/program" -- "$path" >"$pallet_tmp/edited" ||
    pallet_fail "Cannot edit $path: sed does not take a pattern"
  pallet_edit "$path" "$pallet_tmp/edited" "edit $path"
}

pallet_sed_literal() { # takes the meaning of their characters from pattern and replacement of its caller
  pallet_sed_escape "$pattern" '][\.*^$+?(){}|'
  pattern=$pallet_escaped
  pallet_sed_escape "$replacement" '\&'
  replacement=$pallet_escaped
}

pallet_sed_escape() { # TEXT CHARACTERS; sets pallet_escaped: the text with a backslash before each of these characters
  local at character
  pallet_escaped=
  for ((at = 0; at < \${#1}; at++)); do
    character=\${1:at:1}
    [[ $2 != *"$character"* ]] || pallet_escaped+=\\
    pallet_escaped+=$character
  done
}
`.text,
  ],
};

/**
 * Edits a file that is there: every match of a pattern, an extended regular expression, becomes its replacement, in
 * which `&` stands for the match and `\1` for its first group. The action reports a change only when the text changes,
 * and {@linkcode remoteFile} does not take the edit for somebody else's.
 *
 * @throws {PalletError} for a path that is not absolute, no pattern, or a pattern of several lines.
 *
 * @example
 * ```ts
 * import { sed } from "pallet";
 *
 * sed("/etc/ssh/sshd_config", { "^#?PermitRootLogin .*": "PermitRootLogin no" });
 * sed("/etc/app.conf", [["http://old/", "https://new/"]], { literal: true });
 * ```
 */
export function sed(
  path: string,
  replacements: Readonly<Record<string, string>> | readonly (readonly [string, string])[],
  options: SedOptions = {},
): Action {
  return makeAction(sedAction, { path, replacements, ...options });
}
