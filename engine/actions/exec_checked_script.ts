import { type Script, sh } from "../script/sh.ts";
import { object, v } from "../schema.ts";
import type { Action } from "./action.ts";
import { makeAction } from "./define.ts";
import type { ActionDefinition } from "./definition.ts";
import {
  execEntries,
  execLibrary,
  execNeeds,
  type ExecOptions,
  execProof,
  execProvides,
  execSetup,
  execWords,
} from "./exec.ts";
import { line, script } from "./fields.ts";

const schema = object({
  name: v.pipe(line, v.nonEmpty("must not be empty")),
  script,
  ...execEntries,
});

type Args = v.InferOutput<typeof schema>;

/** Options of {@linkcode execCheckedScript}. */
export interface ExecCheckedScriptOptions extends ExecOptions {}

/** How an {@linkcode execCheckedScript} action becomes bash. */
export const execCheckedScriptAction: ActionDefinition<Args> = {
  kind: "execCheckedScript",
  schema,
  subject: (args) => args.name,
  describe: (args) => args.name,
  provides: execProvides,
  needs: execNeeds,
  proof: execProof,
  script: (args) =>
    sh`
      ${execSetup(args)}
      pallet_checked ${args.name}
      pallet_exec ${execWords(args)} bash
    `,
  library: [
    ...execLibrary,
    sh`
pallet_checked() { # NAME: the kept script ends at its first command that fails, and says which
  : >"$pallet_report.where"
  exec 5>>"$pallet_report.where"
  pallet_name=$1
  {
    declare -p pallet_name
    declare -f pallet_trap pallet_strict
    printf 'pallet_strict\n'
  } >"$pallet_report.script.before"
}

pallet_trap() { # STATUS LINE COMMAND; the first report counts, callers of what failed follow
  [[ -z \${pallet_reported-} ]] || return 0
  pallet_reported=yes
  printf '%s: line %s: %s (exit status %s)' "$pallet_name" "$2" "\${3%%$'\n'*}" "$1" >&5
}

pallet_strict() { # in the user's bash
  set -Eeuo pipefail
  shopt -s inherit_errexit 2>/dev/null || true # bash 4.4
  trap 'pallet_trap "$?" "$LINENO" "$BASH_COMMAND"' ERR
}
`.text,
  ],
};

/**
 * Bash that the user wrote, run strictly: the first command that fails, also within a pipeline, ends it, and the failure
 * names that command and its line. A variable that is not set is a failure too.
 *
 * @param name What it does, for titles and failures.
 * @throws {PalletError} for a script that is not made with `sh`, or a wrong option.
 *
 * @example
 * ```ts
 * import { execCheckedScript, sh } from "pallet";
 *
 * const version = "1.2.3";
 * execCheckedScript("install app", sh`
 *   cd /opt
 *   tar -xzf /var/cache/app-${version}.tar.gz
 *   ln -sfn /opt/app-${version} /opt/app
 * `, { creates: `/opt/app-${version}`, timeout: 60 });
 * ```
 */
export function execCheckedScript(
  name: string,
  script: Script,
  options: ExecCheckedScriptOptions = {},
): Action {
  return makeAction(execCheckedScriptAction, { name, script, ...options });
}
