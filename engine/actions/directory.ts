import { sh } from "../script/sh.ts";
import { object, v } from "../schema.ts";
import type { Action } from "./action.ts";
import { type ActionOptions, makeAction } from "./define.ts";
import type { ActionDefinition } from "./definition.ts";
import { mode, ownership, ownershipOf, path } from "./fields.ts";
import { owners, pathsTo } from "./things.ts";

const schema = object({
  path,
  action: v.optional(v.picklist(["create", "delete"]), "create"),
  ...ownership,
  mode: v.exactOptional(mode),
  recursive: v.optional(v.boolean(), false),
});

type Args = v.InferOutput<typeof schema>;

/** Options of {@linkcode directory}. */
export interface DirectoryOptions extends ActionOptions {
  /** `create` (with missing parents) unless told; `delete` removes it with all that is in it. */
  readonly action?: "create" | "delete";
  readonly owner?: string;
  readonly group?: string;
  /** As `0755`. */
  readonly mode?: string;
  /** Applies owner, group and mode to all that is in it as well. */
  readonly recursive?: boolean;
}

/** How a {@linkcode directory} action becomes bash. */
export const directoryAction: ActionDefinition<Args> = {
  kind: "directory",
  schema,
  subject: (args) => args.path,
  describe: (args) => args.action === "delete" ? `${args.path} (delete)` : args.path,
  settles: (args) => args.action === "delete" ? {} : ownershipOf(args),
  provides: (args) => args.action === "delete" ? [] : pathsTo(args.path),
  needs: (args) => args.action === "delete" ? [] : owners(args),
  script: (args) =>
    args.action === "delete"
      ? sh`pallet_directory_delete ${args.path}`
      : sh`pallet_directory ${args.path} ${args.owner ?? ""} ${args.group ?? ""} ${
        args.mode ?? ""
      } ${args.recursive}`,
  proof: ({ path, action, owner = "", group = "", mode = "", recursive }) =>
    action === "delete" || recursive ? undefined : {
      looks: { paths: [path] },
      bash: sh`pallet_is_directory ${path} ${owner} ${group} ${mode}`,
    },
  plain: () => true,
  library: sh`
pallet_is_directory() { # PATH OWNER GROUP MODE
  [[ -d $1 && ! -L $1 ]] && pallet_has_attributes "$@"
}

pallet_directory() { # PATH OWNER GROUP MODE RECURSIVE
  local path=$1 owner=$2 group=$3 mode=$4 recursive=$5
  if [[ ! -d $path ]]; then
    [[ ! -e $path && ! -L $path ]] || pallet_fail "Cannot make directory $path: something else is there"
    pallet_change "create directory $path" || return 0
    if [[ -n $mode && $mode != *[!0-7]* ]]; then
      install -d \${owner:+-o "$owner"} \${group:+-g "$group"} -m "$mode" -- "$path" ||
        pallet_fail "Cannot make directory $path\${owner:+ of user $owner}\${group:+ of group $group}"
      return 0
    fi
    mkdir -p -- "$path"
  fi
  pallet_attributes "$path" "$owner" "$group" "$mode"
  if [[ $recursive == true ]]; then
    pallet_attributes_below "$path" "$owner" "$group" "$mode"
  fi
}

pallet_directory_delete() { # PATH
  if [[ -e $1 || -L $1 ]]; then
    [[ -d $1 && ! -L $1 ]] || pallet_fail "Cannot delete directory $1: it is not a directory"
    if pallet_change "delete directory $1"; then
      rm -rf --one-file-system -- "$1"
    fi
  fi
}
`.text,
};

/**
 * A directory with its missing parents, or its removal.
 *
 * @throws {PalletError} for a path that is not absolute, or a wrong option.
 *
 * @example
 * ```ts
 * import { directory } from "pallet";
 *
 * directory("/srv/app", { owner: "www-data", mode: "0750" });
 * ```
 */
export function directory(path: string, options: DirectoryOptions = {}): Action {
  return makeAction(directoryAction, { path, ...options });
}
