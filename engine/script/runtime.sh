# Run-time library. It runs as `bash SCRIPT DIRECTORY STATE_ROOT [WORK]`: descriptor 9 takes status records, descriptor
# 8 holds the lock that tells a follower that the script lives. Results of an action reach the main shell by files,
# in WORK.work: most nodes have that in memory.
# Programs start sooner without a locale: only actions to which it may matter get back the one that there was.
export LANG="${LC_ALL:-${LANG:-C}}" LC_ALL=C
umask 022
cd /
shopt -s inherit_errexit 2>/dev/null || true # since bash 4.4: `set -e` holds in $(...) too

pallet_claim=$1             # the directory of this script
pallet_state=$2             # what outlives the script: pending reactions, versions of files, blobs
pallet_work=${3:-$pallet_claim/output}.work # what actions report, a file each: INDEX.changes, INDEX.failed, ...
pallet_tmp=$pallet_claim/tmp # empty for each action, removed at the end; both are made for the first action that runs
pallet_index=               # the current action
pallet_report=              # where it reports, without the ending
pallet_results=()           # result of each action that has ended
pallet_stopped=             # why no further action runs
pallet_signal=              # signal that asked the script to end
pallet_triggers=()          # of each reaction, see there
pallet_laid=()              # markers that ask for the current action
pallet_blind=               # set once something changed, until an action finds nothing to do: no proof is tried

# --- Records: a line each, fields between tabs, written by the main shell alone ---

pallet_now() { # sets pallet_time: seconds since the epoch with fractions
  pallet_time=${EPOCHREALTIME/,/.}
  [[ -z $pallet_time ]] || return 0
  # Before bash 5: the clock once, then hundredths of a second of uptime; neither takes a process.
  local uptime
  read -r uptime _ </proc/uptime
  uptime=$((10#${uptime/./}))
  if [[ -z ${pallet_booted-} ]]; then
    printf -v pallet_booted '%(%s)T' -1
    pallet_booted=$((pallet_booted * 100 - uptime))
  fi
  pallet_time=$((pallet_booted + uptime))
  pallet_time=${pallet_time%??}.${pallet_time: -2}
}

pallet_where() { # sets pallet_time and pallet_offset: bytes of output so far
  pallet_now
  read -r _ pallet_offset </proc/self/fdinfo/1
}

pallet_encode() { # TEXT; sets pallet_text: the same on one line, without tabs
  pallet_text=$1
  [[ $1 == *[$'%\t\r\n']* ]] || return 0
  local LC_ALL=C
  pallet_text=${1//%/%25}
  pallet_text=${pallet_text//$'\t'/%09}
  pallet_text=${pallet_text//$'\r'/%0D}
  pallet_text=${pallet_text//$'\n'/%0A}
}

pallet_record() { # FIELD...
  local IFS=$'\t'
  printf '%s\n' "$*" >&9 || pallet_stopped='a status record could not be written'
}

pallet_read() { # FILE VARIABLE: its content, without a process
  IFS= read -r -d '' "$2" <"$1" || true # the end of the file, and not the NUL that it waits for
}

pallet_small() { # FILE; sets pallet_text to its content, when that is a text of 64 KiB at most
  local LC_ALL=C
  # Status 1 says that the file ended: there is no NUL in it, and no more than the limit.
  IFS= read -r -d '' -n 65536 pallet_text <"$1" || return 0
  return 1
}

# --- What an action may call ---

pallet_fail() { # MESSAGE: ends the action as failed
  printf '%s' "$1" >"$pallet_report.failed"
  printf '%s\n' "$1" >&2
  exit 1
}

pallet_skip() { # REASON: ends the action, as nothing is to be done here
  printf '%s' "$1" >"$pallet_report.skipped"
  exit 0
}

pallet_change() { # TEXT: true when the change is to be made now, false when it is only noted (check mode)
  if ((!pallet_check && ${#pallet_triggers[@]})) && [[ ! -e $pallet_report.changes ]]; then
    pallet_mark
  fi
  printf '%s\0' "$1" >>"$pallet_report.changes" || pallet_fail "Cannot note a change in $pallet_report.changes"
  ((!pallet_check))
}

pallet_capture() { # VALUE: a text for later actions
  printf '%s' "$1" >"$pallet_report.captured"
}

pallet_source() { # runs bash that others wrote, from its standard input: a mistake in it ends there
  local pallet_bash
  pallet_anything
  IFS= read -r -d '' pallet_bash || true
  eval "$pallet_bash" </dev/null
}

pallet_anything() { # tells that what the action does is not known: nothing that was seen before it still holds
  : >"$pallet_report.anything"
}

pallet_known() { # VARIABLE DESCRIPTION: a captured value is there, or the action ends
  [[ -v $1 ]] || pallet_fail "Cannot use $2: it was not captured"
}

pallet_blob() { # SHA256: prints the path of a content that was put on this node
  [[ -f $pallet_state/blobs/$1 ]] || pallet_fail "Cannot find the content $1 on this node"
  printf '%s\n' "$pallet_state/blobs/$1"
}
