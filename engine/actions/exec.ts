// What execScript and execCheckedScript have in common: guards, and how the user's bash is run.
import { isScript, type Script, sh } from "../script/sh.ts";
import { v } from "../schema.ts";
import type { ActionOptions } from "./define.ts";
import type { Proof, Thing } from "./definition.ts";
import { account, path, script, seconds, text } from "./fields.ts";
import { carryScripts, joinScripts, scriptsLibrary } from "./scripts.ts";
import { account as accountThing, parentsOf, pathsTo } from "./things.ts";

const variable = v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of a variable"));

/** Fields of both kinds. */
export const execEntries = {
  creates: v.exactOptional(path),
  onlyIf: v.exactOptional(script),
  unless: v.exactOptional(script),
  changedWhen: v.exactOptional(v.union([v.literal(false), script])),
  dir: v.exactOptional(path),
  env: v.exactOptional(v.record(variable, text)),
  user: v.exactOptional(account),
  timeout: v.exactOptional(v.pipe(seconds, v.minValue(0.001, "must be more than 0 seconds"))),
  capture: v.exactOptional(v.pipe(v.string(), v.nonEmpty("must not be empty"))),
};

/** Options of both kinds. */
export interface ExecOptions extends ActionOptions {
  /** A path; nothing is run when it exists. */
  readonly creates?: string;
  /** Nothing is run unless this ends with exit status 0. Guards run in check mode too: they must change nothing. */
  readonly onlyIf?: Script;
  /** Nothing is run when this ends with exit status 0. */
  readonly unless?: Script;
  /**
   * Whether a run counts as a change: run after the script, with its standard output in `$output`, exit status 0 means
   * yes. `false`: it never changes anything, and is run in check mode too.
   */
  readonly changedWhen?: Script | false;
  /** Directory to run in; `/` unless told. */
  readonly dir?: string;
  /** Environment variables. */
  readonly env?: Readonly<Record<string, string | { toString(): string }>>;
  /** User to run as; root unless told. */
  readonly user?: string;
  /** Seconds after which it is ended and has failed. */
  readonly timeout?: number;
  /** Keeps standard output, without the space around it, as `captured(name)` for later actions. */
  readonly capture?: string;
}

type Wide<T> = { readonly [Key in keyof T]: T[Key] };
/** Arguments of both kinds. */
export type ExecArgs = Wide<{
  script: { type: "script"; text: string };
  creates?: string;
  onlyIf?: { type: "script"; text: string };
  unless?: { type: "script"; text: string };
  changedWhen?: false | { type: "script"; text: string };
  dir?: string;
  env?: Record<string, string>;
  user?: string;
  timeout?: number;
  capture?: string;
}>;

/** A user's script may bring anything. */
export function execProvides(args: ExecArgs): readonly Thing[] {
  return args.changedWhen === false ? [] : ["*"];
}

/** What it cannot run without; commands in its text are its own business. */
export function execNeeds(args: ExecArgs): readonly Thing[] {
  return [
    ...args.dir === undefined ? [] : pathsTo(args.dir),
    ...accountThing("user", args.user),
    ...args.creates === undefined ? [] : parentsOf(args.creates),
  ];
}

/** Bash that hands over the scripts, and the environment that they run in. */
export function execSetup(args: ExecArgs): Script {
  const environment = Object.entries(args.env ?? {}).map(([name, value]) =>
    sh`pallet_environment ${name} ${value}`
  );
  const when = args.changedWhen;
  return joinScripts(
    ...environment,
    carryScripts({
      script: args.script.text,
      only_if: args.onlyIf?.text,
      unless: args.unless?.text,
      changed_when: isScript(when) ? when.text : undefined,
    }),
  );
}

/** What `creates` names is there already: nothing is run then. */
export function execProof(args: ExecArgs): Proof | undefined {
  return args.creates === undefined ? undefined : { looks: {}, bash: sh`pallet_is_there ${args.creates}` };
}

/** First words of `pallet_exec`. */
export function execWords(args: ExecArgs): readonly string[] {
  const changes = args.changedWhen === undefined ? "always" : args.changedWhen === false ? "never" : "ask";
  return [
    args.dir ?? "/",
    args.user ?? "",
    args.timeout === undefined ? "" : String(args.timeout),
    args.creates ?? "",
    changes,
    args.capture === undefined ? "" : "capture",
  ];
}

/** Functions of both kinds. */
export const execLibrary: readonly string[] = [
  scriptsLibrary,
  sh`
pallet_is_there() { # PATH
  [[ -e $1 || -L $1 ]]
}

pallet_exec() { # DIRECTORY USER SECONDS CREATES CHANGES CAPTURE INTERPRETER
  local seconds=$3 creates=$4 changes=$5 capture=$6 interpreter=$7 status=0 output text
  pallet_directory=$1 pallet_user=$2
  if [[ -n $creates ]] && [[ -e $creates || -L $creates ]]; then
    return 0
  fi
  if [[ -e $pallet_report.unless ]] && pallet_guard unless; then
    return 0
  fi
  if [[ -e $pallet_report.only_if ]] && ! pallet_guard only_if; then
    pallet_skip 'its guard onlyIf says no'
  fi
  if [[ $changes == always ]]; then
    pallet_change 'run the script' || return 0
  elif [[ $changes == ask ]] && ((pallet_check)); then
    pallet_change 'run the script' || return 0
  fi
  output=$pallet_tmp/.output # it may be large
  if [[ -n $capture || $changes == ask ]]; then
    pallet_bash script "$pallet_directory" "$pallet_user" "$seconds" "$interpreter" >"$output" || status=$?
    cat -- "$output"
  else
    pallet_bash script "$pallet_directory" "$pallet_user" "$seconds" "$interpreter" || status=$?
  fi
  if ((status)); then
    text=$(pallet_ended "$status" "$seconds")
    [[ ! -s $pallet_report.where ]] || text=$(<"$pallet_report.where")
    pallet_failed "$status" "The script failed: $text"
  fi
  if [[ -n $capture ]]; then
    pallet_exec_capture
  fi
  if [[ $changes == ask ]]; then
    pallet_value output "$(<"$output")"
    if pallet_guard changed_when && pallet_change 'run the script'; then
      :
    fi
  fi
}

pallet_exec_capture() { # keeps the output, without the space around it
  local text
  text=$(tr -d '\000' <"$pallet_tmp/.output")
  text=\${text#"\${text%%[![:space:]]*}"}
  text=\${text%"\${text##*[![:space:]]}"}
  pallet_capture "$text"
}
`.text,
];
