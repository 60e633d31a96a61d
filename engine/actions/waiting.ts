// What the actions that wait have in common.
import { sh } from "../script/sh.ts";
import { v } from "../schema.ts";
import type { ActionOptions } from "./define.ts";
import { count, line, seconds } from "./fields.ts";

/** Fields of all of them. */
export const waitEntries = {
  maxRetries: v.optional(v.pipe(count, v.minValue(1, "must be at least 1")), 5),
  standoff: v.optional(seconds, 2),
  serviceName: v.exactOptional(line),
};

/** Options of all of them. In check mode they look once and never fail. */
export interface WaitOptions extends ActionOptions {
  /** How often to look before giving up; 5 unless told. */
  readonly maxRetries?: number;
  /** Seconds between two looks; 2 unless told. */
  readonly standoff?: number;
  /** What is waited for, for the failure's message. */
  readonly serviceName?: string;
}

/** Arguments of all of them. */
export interface WaitArgs {
  readonly maxRetries: number;
  readonly standoff: number;
  readonly serviceName?: string;
}

/** First words of `pallet_wait`. */
export function waitWords(args: WaitArgs): readonly string[] {
  return [String(args.maxRetries), String(args.standoff), args.serviceName ?? ""];
}

/** Bash of all of them. */
export const waitLibrary: string = sh`
pallet_wait() { # TIMES SECONDS NAME WHAT PROBE...: until the probe, which sets pallet_seen, says yes
  local times=$1 seconds=$2 name=$3 what=$4 time
  shift 4
  for ((time = 1; time <= times; time++)); do
    pallet_seen=
    if "$@"; then
      return 0
    fi
    if ((pallet_check)); then
      pallet_skip "$what: not so now, and would be waited for"
    fi
    if ((time < times)); then
      sleep "$seconds"
    fi
  done
  pallet_fail "Gave up waiting until $what\${name:+ (for $name)} after $times times, $seconds seconds apart\${pallet_seen:+: $pallet_seen}"
}
`.text;
