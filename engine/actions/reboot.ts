import { sh } from "../script/sh.ts";
import { object, v } from "../schema.ts";
import type { Action } from "./action.ts";
import { type ActionOptions, makeAction } from "./define.ts";
import type { ActionDefinition } from "./definition.ts";
import { limit } from "./fields.ts";

const schema = object({
  when: v.optional(v.picklist(["needed", "always"]), "needed"),
  within: v.optional(limit, 600),
});

type Args = v.InferOutput<typeof schema>;

/** Options of {@linkcode reboot}. */
export interface RebootOptions extends ActionOptions {
  /**
   * `needed`, unless told: only when the system says that it must start again, by `/run/reboot-required` (Debian) or
   * `needs-restarting -r` (Red Hat). `always`: every time that its turn comes, as in a reaction.
   */
  readonly when?: "needed" | "always";
  /** Seconds in which the node must be back: 600, unless told. */
  readonly within?: number;
}

/** How a {@linkcode reboot} action becomes bash. */
export const rebootAction: ActionDefinition<Args> = {
  kind: "reboot",
  root: true,
  schema,
  subject: (args) => args.when,
  describe: (args) => args.when === "always" ? "the node" : "the node, if it needs to",
  // Who knows what is there after it.
  provides: () => ["*"],
  needs: () => [],
  script: (args) => sh`pallet_reboot ${args.when}`,
  library: sh`
pallet_reboot_needed() { # whether the system says so
  local status=0
  if [[ -e /run/reboot-required || -e /var/run/reboot-required ]]; then
    return 0
  fi
  if type -P needs-restarting >/dev/null; then
    needs-restarting -r >/dev/null 2>&1 || status=$?
  fi
  ((status == 1))
}

pallet_reboot() { # WHEN: the node goes down once this script has told how it ended
  if [[ $1 == needed ]] && ! pallet_reboot_needed; then
    return 0
  fi
  if [[ ! -d /run/systemd/system ]] && ! type -P reboot >/dev/null && ! type -P shutdown >/dev/null; then
    pallet_fail 'Cannot restart the node: it has no command for that'
  fi
  if pallet_change 'restart the node'; then
    sync
    # The script holds the lock until its end. The second after it is for those who read its output, which may be memory.
    setsid bash -c '
      flock -s "$1" true
      sleep 1
      if [[ -d /run/systemd/system ]]; then
        systemctl reboot && exit
      fi
      reboot || shutdown -r now || reboot -f
    ' reboot "$pallet_claim/lock" </dev/null >/dev/null 2>&1 &
  fi
}
`.text,
};

/**
 * Starts the node again. The run waits until it is back, and goes on with what stands behind it in the phase; values that
 * were captured before are known after. A node that is this workstation is not restarted: the phase fails.
 *
 * @throws {PalletError} for a wrong option.
 *
 * @example
 * ```ts
 * import { lineInFile, onChange, packageManager, reboot } from "pallet";
 *
 * const options = lineInFile("/etc/default/grub", 'GRUB_CMDLINE_LINUX="quiet"', { match: "^GRUB_CMDLINE_LINUX=" });
 * const upgraded = [packageManager("upgrade"), reboot()];
 * const changed = [options, onChange(options, reboot({ when: "always", within: 300 }))];
 * ```
 */
export function reboot(options: RebootOptions = {}): Action {
  return makeAction(rebootAction, { ...options });
}
