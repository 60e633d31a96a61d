import { sh } from "../script/sh.ts";
import { object, v } from "../schema.ts";
import type { Action } from "./action.ts";
import { type ActionOptions, makeAction } from "./define.ts";
import type { ActionDefinition } from "./definition.ts";
import { count, newAccount } from "./fields.ts";

const schema = object({
  name: newAccount,
  action: v.optional(v.picklist(["create", "remove"]), "create"),
  gid: v.exactOptional(count),
  system: v.optional(v.boolean(), false),
});

type Args = v.InferOutput<typeof schema>;

/** Options of {@linkcode group}. */
export interface GroupOptions extends ActionOptions {
  /** `create` unless told. */
  readonly action?: "create" | "remove";
  /** Its number; a group that has another one gets this one. */
  readonly gid?: number;
  /** Takes the number of a new group from those for the system's own. */
  readonly system?: boolean;
}

/** How a {@linkcode group} action becomes bash. */
export const groupAction: ActionDefinition<Args> = {
  kind: "group",
  root: true,
  schema,
  subject: (args) => args.name,
  describe: (args) => args.action === "remove" ? `${args.name} (remove)` : args.name,
  settles: (args) => args.action === "remove" ? {} : { gid: args.gid },
  provides: (args) => args.action === "remove" ? [] : [`group:${args.name}`],
  needs: () => [],
  script: (args) =>
    args.action === "remove"
      ? sh`pallet_group_remove ${args.name}`
      : sh`pallet_group ${args.name} ${args.gid ?? ""} ${args.system}`,
  proof: ({ name, action, gid }) =>
    action === "remove" ? undefined : {
      looks: { groups: [name] },
      bash: sh`pallet_is_group ${name} ${gid ?? ""}`,
    },
  plain: () => true,
  library: sh`
pallet_is_group() { # NAME GID
  pallet_look groups
  [[ \${pallet_entries[group:$1]-} == *:*:\${2:-*}:* ]]
}

pallet_group() { # NAME GID SYSTEM
  local name=$1 gid=$2 system=$3 entry command=(groupadd)
  if ! entry=$(getent group "$name"); then
    if pallet_change "create group $name"; then
      [[ -z $gid ]] || command+=(-g "$gid")
      [[ $system != true ]] || command+=(-r)
      "\${command[@]}" -- "$name" || pallet_fail "Cannot create group $name"
    fi
    return 0
  fi
  entry=\${entry#*:*:}
  entry=\${entry%%:*}
  if [[ -n $gid && $entry != "$gid" ]]; then
    if pallet_change "set gid of group $name to $gid (was $entry)"; then
      groupmod -g "$gid" -- "$name" || pallet_fail "Cannot change group $name"
    fi
  fi
}

pallet_group_remove() { # NAME
  if getent group "$1" >/dev/null; then
    if pallet_change "remove group $1"; then
      groupdel -- "$1" || pallet_fail "Cannot remove group $1"
    fi
  fi
}
`.text,
};

/**
 * A group of users, or its removal.
 *
 * @throws {PalletError} for a name that no group can have, or a wrong option.
 *
 * @example
 * ```ts
 * import { group } from "pallet";
 *
 * group("deploy", { gid: 1500 });
 * ```
 */
export function group(name: string, options: GroupOptions = {}): Action {
  return makeAction(groupAction, { name, ...options });
}
