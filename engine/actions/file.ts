import { sh } from "../script/sh.ts";
import { object, v } from "../schema.ts";
import type { Action } from "./action.ts";
import { type ActionOptions, makeAction } from "./define.ts";
import type { ActionDefinition } from "./definition.ts";
import { mode, ownership, path } from "./fields.ts";
import { owners, parentsOf } from "./things.ts";

const schema = object({
  path,
  action: v.optional(v.picklist(["create", "touch", "delete"]), "create"),
  ...ownership,
  mode: v.exactOptional(mode),
});

type Args = v.InferOutput<typeof schema>;

/** Options of {@linkcode file}. */
export interface FileOptions extends ActionOptions {
  /**
   * `create` unless told: an empty file where there is none, the content of one that is there stays. `touch` sets its
   * times as well, at every run. `delete` removes a file or a symbolic link.
   */
  readonly action?: "create" | "touch" | "delete";
  readonly owner?: string;
  readonly group?: string;
  /** As `0644`. */
  readonly mode?: string;
}

/** How a {@linkcode file} action becomes bash. */
export const fileAction: ActionDefinition<Args> = {
  kind: "file",
  schema,
  subject: (args) => args.path,
  describe: (args) => args.action === "create" ? args.path : `${args.path} (${args.action})`,
  provides: (args) => args.action === "delete" ? [] : [`path:${args.path}`],
  needs: (args) => args.action === "delete" ? [] : [...parentsOf(args.path), ...owners(args)],
  script: (args) =>
    args.action === "delete"
      ? sh`pallet_file_delete ${args.path}`
      : sh`pallet_file ${args.path} ${args.owner ?? ""} ${args.group ?? ""} ${
        args.mode ?? ""
      } ${args.action}`,
  proof: ({ path, action, owner = "", group = "", mode = "" }) =>
    action !== "create" ? undefined : {
      looks: { paths: [path] },
      bash: sh`pallet_is_file ${path} ${owner} ${group} ${mode}`,
    },
  plain: () => true,
  library: sh`
pallet_is_file() { # PATH OWNER GROUP MODE
  [[ -e $1 && ! -d $1 && ! -L $1 ]] && pallet_has_attributes "$@"
}

pallet_file() { # PATH OWNER GROUP MODE create|touch
  local path=$1
  if [[ -d $path ]]; then
    pallet_fail "Cannot make file $path: a directory is there"
  elif [[ ! -e $path ]]; then
    if pallet_change "create file $path"; then
      # Never with more rights than it is to have in the end.
      (umask 077 && : >>"$path") || pallet_fail "Cannot make file $path"
      chmod "\${4:-0644}" -- "$path"
    fi
  elif [[ $5 == touch ]]; then
    if pallet_change "touch $path"; then
      touch -- "$path"
    fi
  fi
  pallet_attributes "$path" "$2" "$3" "$4"
}

pallet_file_delete() { # PATH
  if [[ -L $1 || -e $1 ]]; then
    [[ -L $1 || ! -d $1 ]] || pallet_fail "Cannot delete file $1: it is a directory"
    if pallet_change "delete $1"; then
      rm -f -- "$1"
    fi
  fi
}
`.text,
};

/**
 * A file that exists, with owner, group and mode, or does not. What is in it is {@linkcode remoteFile}'s business.
 *
 * @throws {PalletError} for a path that is not absolute, or a wrong option.
 *
 * @example
 * ```ts
 * import { file } from "pallet";
 *
 * file("/var/log/app.log", { owner: "www-data", mode: "0640" });
 * file("/etc/nginx/sites-enabled/default", { action: "delete" });
 * ```
 */
export function file(path: string, options: FileOptions = {}): Action {
  return makeAction(fileAction, { path, ...options });
}
