import { type Script, sh } from "../script/sh.ts";
import { object, v } from "../schema.ts";
import type { Action } from "./action.ts";
import { makeAction } from "./define.ts";
import type { ActionDefinition, Thing } from "./definition.ts";
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
import { script } from "./fields.ts";
import { isLiteral } from "./scripts.ts";
import { firstLine } from "./words.ts";

const fields = object({
  script,
  interpreter: v.exactOptional(v.pipe(v.string(), v.nonEmpty("must not be empty"))),
  ...execEntries,
});

const schema = v.pipe(
  fields,
  v.check(
    (args) => args.interpreter === undefined || isLiteral(args.script.text),
    "a script for another interpreter must not hold a value that is known only later: pass it by env",
  ),
);

type Args = v.InferOutput<typeof fields>;

/** Options of {@linkcode execScript}. */
export interface ExecScriptOptions extends ExecOptions {
  /** Runs the script in place of bash: `python3`. Make such a script with `rawScript`. */
  readonly interpreter?: string;
}

/** How an {@linkcode execScript} action becomes bash. */
export const execScriptAction: ActionDefinition<Args> = {
  kind: "execScript",
  schema,
  subject: (args) => firstLine(args.script.text),
  describe: (args) => firstLine(args.script.text),
  provides: execProvides,
  needs: (args): readonly Thing[] => [
    ...execNeeds(args),
    ...args.interpreter === undefined ? [] : [`command:${args.interpreter}` as const],
  ],
  proof: execProof,
  script: (args) =>
    sh`
      ${execSetup(args)}
      pallet_exec ${execWords(args)} ${args.interpreter ?? "bash"}
    `,
  library: execLibrary,
};

/**
 * Bash that the user wrote, run as it stands: a command that fails does not end it, its last exit status does count. It
 * has no way to tell whether anything is to do, so it is run, and counts as a change, unless a guard says otherwise:
 * `creates`, `unless` and `onlyIf`. In check mode it is not run.
 *
 * @throws {PalletError} for a script that is not made with `sh`, or a wrong option.
 *
 * @example
 * ```ts
 * import { captured, execScript, remoteFile, sh } from "pallet";
 *
 * const site = "my site";
 * execScript(sh`a2ensite ${site}`, { creates: `/etc/apache2/sites-enabled/${site}.conf` });
 * execScript(sh`hostname -f`, { capture: "fqdn", changedWhen: false });
 * remoteFile("/etc/mailname", { content: `${captured("fqdn")}\n` });
 * ```
 */
export function execScript(script: Script, options: ExecScriptOptions = {}): Action {
  return makeAction(execScriptAction, { script, ...options });
}
