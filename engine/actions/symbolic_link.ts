import { sh } from "../script/sh.ts";
import { object, v } from "../schema.ts";
import type { Action } from "./action.ts";
import { type ActionOptions, makeAction } from "./define.ts";
import type { ActionDefinition } from "./definition.ts";
import { ownership, ownershipOf, path, text } from "./fields.ts";
import { owners, parentsOf } from "./things.ts";

const schema = object({
  from: v.pipe(text, v.nonEmpty("must not be empty")),
  path,
  action: v.optional(v.picklist(["create", "delete"]), "create"),
  force: v.optional(v.boolean(), false),
  ...ownership,
});

type Args = v.InferOutput<typeof schema>;

/** Options of {@linkcode symbolicLink}. */
export interface SymbolicLinkOptions extends ActionOptions {
  /** `create` unless told. `delete` removes a link, wherever it leads, and never anything else. */
  readonly action?: "create" | "delete";
  /** Replaces a file that is in the way; a directory never. */
  readonly force?: boolean;
  /** Owner of the link itself. */
  readonly owner?: string;
  /** Group of the link itself. */
  readonly group?: string;
}

/** How a {@linkcode symbolicLink} action becomes bash. */
export const symbolicLinkAction: ActionDefinition<Args> = {
  kind: "symbolicLink",
  schema,
  subject: (args) => args.path,
  describe: (args) => args.action === "delete" ? `${args.path} (delete)` : `${args.path} -> ${args.from}`,
  settles: (args) => args.action === "delete" ? {} : { from: args.from, ...ownershipOf(args) },
  provides: (args) => args.action === "delete" ? [] : [`path:${args.path}`],
  needs: (args) => args.action === "delete" ? [] : [...parentsOf(args.path), ...owners(args)],
  script: (args) =>
    args.action === "delete"
      ? sh`pallet_link_delete ${args.path}`
      : sh`pallet_link ${args.from} ${args.path} ${args.force} ${args.owner ?? ""} ${args.group ?? ""}`,
  proof: ({ path, from, action, owner = "", group = "" }) =>
    action === "delete" ? undefined : {
      looks: { paths: [path] },
      bash: sh`pallet_is_link ${path} ${owner} ${group} ${from}`,
    },
  plain: () => true,
  library: sh`
pallet_is_link() { # PATH OWNER GROUP FROM
  [[ -L $1 ]] || return 1
  pallet_look paths
  [[ \${pallet_targets[$1]-} == "$4" ]] && pallet_has_attributes "$1" "$2" "$3" ''
}

pallet_link() { # FROM PATH FORCE OWNER GROUP
  local from=$1 path=$2 force=$3 owner=$4 group=$5 target=''
  if [[ -L $path ]]; then
    IFS= read -r -d '' target < <(readlink -z -- "$path") || pallet_fail "Cannot read the symbolic link $path"
  elif [[ -d $path ]]; then
    pallet_fail "Cannot make symbolic link $path: a directory is there"
  elif [[ -e $path && $force != true ]]; then
    pallet_fail "Cannot make symbolic link $path: a file is there, and force is not set"
  fi
  if [[ ! -L $path || $target != "$from" ]]; then
    if pallet_change "link $path to $from\${target:+ (was $target)}"; then
      if [[ ! -e $path && ! -L $path ]]; then
        ln -sT -- "$from" "$path"
      else
        pallet_link_over
      fi
    fi
  fi
  if [[ -n $owner$group && -L $path ]]; then
    pallet_link_owner "$path" "$owner" "$group"
  fi
}

pallet_link_over() { # made beside and moved over, so that there is a link at every moment; with the caller's variables
  local place
  place=$(mktemp -d -p "\${path%/*}/" .pallet.XXXXXXXX && printf x)
  place=\${place%x} place=\${place%$'\n'}
  pallet_staged=$place
  trap 'rm -rf -- "$pallet_staged"' EXIT
  ln -s -- "$from" "$place/link"
  mv -fT -- "$place/link" "$path"
}

pallet_link_owner() { # PATH OWNER GROUP: of the link itself
  local user uid group gid
  read -r user uid group gid <<<"$(stat -c '%U %u %G %g' -- "$1")"
  if [[ -n $2 && $2 != "$user" && $2 != "$uid" ]] && pallet_change "set owner of $1 to $2 (was $user)"; then
    chown -h -- "$2" "$1"
  fi
  if [[ -n $3 && $3 != "$group" && $3 != "$gid" ]] && pallet_change "set group of $1 to $3 (was $group)"; then
    chgrp -h -- "$3" "$1"
  fi
}

pallet_link_delete() { # PATH
  if [[ -L $1 ]]; then
    if pallet_change "delete symbolic link $1"; then
      rm -f -- "$1"
    fi
  elif [[ -e $1 ]]; then
    pallet_fail "Cannot delete symbolic link $1: it is not a symbolic link"
  fi
}
`.text,
};

/**
 * A symbolic link at `path` that leads to `from`, whether or not that exists, or its removal.
 *
 * @throws {PalletError} for a path that is not absolute, or a wrong option.
 *
 * @example
 * ```ts
 * import { symbolicLink } from "pallet";
 *
 * symbolicLink("/etc/nginx/sites-available/app", "/etc/nginx/sites-enabled/app");
 * ```
 */
export function symbolicLink(from: string, path: string, options: SymbolicLinkOptions = {}): Action {
  return makeAction(symbolicLinkAction, { from, path, ...options });
}
