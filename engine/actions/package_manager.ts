import { rawScript, type Script, sh } from "../script/sh.ts";
import { object, v } from "../schema.ts";
import type { Action } from "./action.ts";
import { type ActionOptions, makeAction } from "./define.ts";
import type { ActionDefinition } from "./definition.ts";
import { seconds } from "./fields.ts";
import { packagerFor, packagersLibrary } from "./packagers.ts";
import { withProxy } from "./proxy.ts";

const schema = object({
  action: v.picklist(["update", "upgrade"]),
  maxAge: v.optional(seconds, 3600),
  full: v.optional(v.boolean(), false),
  lockTimeout: v.optional(seconds, 300),
});

type Args = v.InferOutput<typeof schema>;

/** Options of {@linkcode packageManager}. */
export interface PackageManagerOptions extends ActionOptions {
  /** Seconds for which lists that `update` fetched are new enough, unless sources changed since; 3600 unless told. */
  readonly maxAge?: number;
  /** `upgrade` may install and remove other packages where an upgrade needs it. */
  readonly full?: boolean;
  /** Seconds to wait for another process that holds the packager's lock; 300 unless told. */
  readonly lockTimeout?: number;
}

/** How a {@linkcode packageManager} action becomes bash. */
export const packageManagerAction: ActionDefinition<Args> = {
  kind: "packageManager",
  root: true,
  schema,
  subject: (args) => args.action,
  describe: (args) => args.full ? `${args.action} (full)` : args.action,
  provides: (args) => args.action === "upgrade" ? ["*"] : [],
  needs: () => [],
  support: (args, facts) => {
    packagerFor(`${args.action} packages`, facts);
  },
  script: (args, facts, options) => {
    const packager = packagerFor(`${args.action} packages`, facts);
    const verb: Script = rawScript(`pallet_${packager}_manager_${args.action}`);
    return withProxy(
      sh`${verb} ${args.lockTimeout} ${args.action === "update" ? args.maxAge : args.full}`,
      options,
    );
  },
  library: [
    ...packagersLibrary,
    sh`
pallet_updated() { # SECONDS FILE...: whether lists were fetched so lately, and after these files were changed
  local stamp=$pallet_state/packages-updated seconds=$1 since now file
  [[ -e $stamp ]] || return 1
  shift
  for file in "$@"; do
    [[ ! $file -nt $stamp ]] || return 1
  done
  since=$(stat -c %Y -- "$stamp")
  printf -v now '%(%s)T' -1
  ((now >= since)) && awk -v age="$((now - since))" -v most="$seconds" 'BEGIN { exit !(age < most) }'
}

pallet_apt_manager_update() { # SECONDS AGE
  local files=(/etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/sources.list.d/*)
  if compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null && pallet_updated "$2" "\${files[@]}"; then
    return 0
  fi
  if pallet_change 'update the lists of packages'; then
    pallet_apt_update "$1" -o APT::Update::Error-Mode=any
  fi
}

pallet_apt_manager_upgrade() { # SECONDS FULL
  local verb=upgrade names
  [[ $2 != true ]] || verb=dist-upgrade
  names=$(apt-get -q -s -o Debug::NoLocking=true "$verb" | sed -n 's/^Inst \([^ ]*\) .*/\1/p')
  [[ -n $names ]] || return 0
  if pallet_change "upgrade \${names//$'\n'/ }"; then
    pallet_apt "$1" "$verb" || pallet_fail "Cannot upgrade packages: $(pallet_apt_errors)"
  fi
}

pallet_dnf_manager_update() { # SECONDS AGE
  if pallet_updated "$2" /etc/yum.repos.d /etc/yum.repos.d/*; then
    return 0
  fi
  if pallet_change 'update the lists of packages'; then
    pallet_dnf_update "$1"
  fi
}

pallet_dnf_manager_upgrade() { # SECONDS FULL
  local status=0
  pallet_dnf "$1" -q check-update || status=$?
  ((status)) || return 0
  ((status == 100)) || pallet_fail "Cannot ask dnf for newer versions: $(pallet_dnf_errors)"
  if pallet_change 'upgrade packages'; then
    pallet_dnf "$1" upgrade || pallet_fail "Cannot upgrade packages: $(pallet_dnf_errors)"
  fi
}
`.text,
  ],
};

/**
 * The node's lists of packages, or all its packages: `update` fetches the lists, `upgrade` brings what is installed to
 * the newest versions that they offer.
 *
 * @throws {PalletError} for a wrong action or option.
 *
 * @example
 * ```ts
 * import { packageManager } from "pallet";
 *
 * packageManager("update", { maxAge: 86400 });
 * packageManager("upgrade");
 * ```
 */
export function packageManager(action: "update" | "upgrade", options: PackageManagerOptions = {}): Action {
  return makeAction(packageManagerAction, { action, ...options });
}
