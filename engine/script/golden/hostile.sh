#!/usr/bin/env bash
# Pallet: phase configure of group web, for debian 12; changes are made.
# shellcheck disable=SC2317,SC2329 # actions are called by name
# shellcheck disable=SC2016 # a text that holds $ is a text

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

# --- Running actions ---

pallet_pending() { # INDEX...; sets pallet_because: which of them would change something or cannot be known
  local index
  pallet_because=
  for index in "$@"; do
    case ${pallet_results[index]-} in
      would-change | cannot-know) pallet_because+=${pallet_because:+,}$index ;;
    esac
  done
}

pallet_begin() { # COUNT: the first record, and the promise of a last one
  local boot=
  pallet_count=$1
  read -r boot </proc/sys/kernel/random/boot_id
  pallet_now
  pallet_record script-started "$pallet_time" "$boot"
  trap pallet_end EXIT
  trap 'pallet_signal=TERM' TERM
  trap 'pallet_signal=INT' INT
  trap 'pallet_signal=HUP' HUP
}

pallet_end() { # the last record, however the script ends
  local result=failed
  trap '' TERM INT HUP
  if [[ -n $pallet_signal ]]; then
    pallet_stopped="ended by SIG$pallet_signal"
  elif ((${#pallet_results[@]} < pallet_count)); then
    pallet_stopped='the script ended before its last action'
  fi
  [[ -n $pallet_stopped ]] || result=ok
  pallet_where
  pallet_encode "$pallet_stopped"
  pallet_record script-finished "$result" "$pallet_time" "$pallet_offset" 0 "$pallet_text"
  [[ ! -e $pallet_work && ! -e $pallet_tmp ]] || rm -rf -- "$pallet_work" "$pallet_tmp"
  # In a trap, exit alone would take the status from before.
  [[ $result == ok ]] && exit 0
  exit 1
}

pallet_finish() { # RESULT EXIT BECAUSE MESSAGE: how the current action ended
  pallet_results[pallet_index]=$1
  pallet_encode "$4"
  pallet_where
  pallet_record action-finished "$pallet_index" "$1" "$2" "$pallet_time" "$pallet_offset" "$3" "$pallet_text"
}

pallet_room() { # whether something can be written beside the output; else sets pallet_text to why not
  pallet_text=$({ printf '%8192s' '' >"$pallet_tmp/.room"; } 2>&1) || pallet_text=${pallet_text##*: }
  [[ -z $pallet_text ]]
}

pallet_collect() { # EXIT [NEEDED INDEX...]: turns what the current action left behind into records
  local exit=$1 result=ok message='' text
  shift
  pallet_because=
  if [[ -e $pallet_report.changes ]]; then
    result=changed
    ((!pallet_check)) || result=would-change
    while IFS= read -r -d '' text; do
      pallet_encode "$text"
      pallet_record change "$pallet_index" "$pallet_text"
    done <"$pallet_report.changes"
  fi
  for text in diff captured; do
    if [[ -e $pallet_report.$text ]]; then
      pallet_read "$pallet_report.$text" message
      pallet_encode "$message"
      pallet_record "$text" "$pallet_index" "$pallet_text"
      message=
    fi
  done
  if [[ -e $pallet_report.failed || $exit != 0 || -n $pallet_signal ]]; then
    result=failed
    [[ $exit != 0 ]] || exit=1
    if [[ -e $pallet_report.failed ]]; then
      pallet_read "$pallet_report.failed" message
    elif [[ -n $pallet_signal ]]; then
      message="ended by SIG$pallet_signal"
    fi
    pallet_room || message+="${message:+; }what it printed last may be missing: $pallet_text"
    pallet_pending "$@"
    if [[ -n $pallet_because && -z $pallet_signal ]]; then
      result=cannot-know
    fi
  elif [[ -e $pallet_report.skipped && $result == ok ]]; then
    result=skipped
    pallet_read "$pallet_report.skipped" message
  fi
  pallet_finish "$result" "$exit" "$pallet_because" "$message"
}

pallet_tidy() { # empties the temporary directory; no process when it is empty
  local left
  shopt -s nullglob dotglob
  left=("$pallet_tmp"/*)
  shopt -u nullglob dotglob
  ((${#left[@]} == 0)) || rm -rf -- "${left[@]}"
  [[ -d $pallet_tmp ]] || mkdir -m 700 -- "$pallet_tmp"
}

pallet_run() { # INDEX [NEEDED INDEX...]: one action in its turn
  pallet_index=$1
  pallet_report=$pallet_work/$1
  shift
  pallet_where
  pallet_record action-started "$pallet_index" "$pallet_time" "$pallet_offset"
  if [[ -n $pallet_signal && -z $pallet_stopped ]]; then
    pallet_stopped="ended by SIG$pallet_signal"
  fi
  if [[ -n $pallet_stopped ]]; then
    pallet_finish skipped 0 '' "$pallet_stopped"
    return
  fi
  if ((${#pallet_triggers[@]})); then
    pallet_due || return 0
  fi
  if pallet_proved; then
    pallet_finish ok 0 '' ''
  else
    pallet_do "$@"
  fi
  case ${pallet_results[pallet_index]} in
    failed) pallet_stopped="action $((pallet_index + 1)) failed" ;;
    ok | changed | skipped)
      if ((${#pallet_laid[@]})); then
        rm -f -- "${pallet_laid[@]}" || pallet_stopped="a marker in $pallet_state/pending could not be removed"
      fi
      ;;
  esac
}

pallet_proved() { # whether a proof says that the current action has nothing to do
  [[ -z $pallet_blind ]] && declare -F "pallet_proof_$pallet_index" >/dev/null && "pallet_proof_$pallet_index"
}

pallet_do() { # [NEEDED INDEX...]: the current action, in a shell of its own
  if [[ ! -d $pallet_work ]] && ! mkdir -m 700 -- "$pallet_work" "$pallet_tmp"; then
    pallet_finish failed 1 '' "the directory $pallet_work could not be made"
    return
  fi
  (
    exec 8>&- 9>&- </dev/null
    set -euo pipefail
    "pallet_action_$pallet_index"
  )
  pallet_collect "$?" "$@"
  pallet_tidy
  if declare -F pallet_void >/dev/null; then
    pallet_doubt
  fi
}

pallet_doubt() { # after an action that ran: whether what was seen before it still holds
  case ${pallet_results[pallet_index]} in
    changed) pallet_blind=yes ;;
    ok) pallet_blind= ;;
  esac
  # Of an action that has a proof is known that it changes nothing without saying so.
  if [[ -e $pallet_report.changes || -e $pallet_report.anything ]] ||
    ! declare -F "pallet_proof_$pallet_index" >/dev/null; then
    pallet_void
  fi
}

pallet_take() { # INDEX VARIABLE: what an action captured, if it did
  [[ ! -e $pallet_work/$1.captured ]] || pallet_read "$pallet_work/$1.captured" "$2"
}

# --- Reactions: a marker on the node stands for each that is still to run ---

pallet_reactions=() # reaction, trigger, marker and its content: four lists of one length
pallet_triggers=()
pallet_markers=()
pallet_contents=()

pallet_react() { # REACTION TRIGGER MARKER CONTENT: actions by index, the marker by name
  pallet_reactions+=("$1")
  pallet_triggers+=("$2")
  pallet_markers+=("$3")
  pallet_contents+=("$4")
}

pallet_mark() { # before the first change of a trigger, so that nothing between it and the reaction can lose it
  local at marker
  for ((at = 0; at < ${#pallet_triggers[@]}; at++)); do
    marker=$pallet_state/pending/${pallet_markers[at]}
    [[ ${pallet_triggers[at]} == "$pallet_index" && ! -e $marker ]] || continue
    mkdir -p -- "$pallet_state/pending" || pallet_fail "Cannot make the directory $pallet_state/pending"
    printf '%s\n' "${pallet_contents[at]}" >"$marker" || pallet_fail "Cannot write the marker $marker"
  done
}

pallet_due() { # whether the current action is to run; sets pallet_laid to the markers that ask for it
  local at waits=0
  pallet_laid=()
  for ((at = 0; at < ${#pallet_reactions[@]}; at++)); do
    [[ ${pallet_reactions[at]} == "$pallet_index" ]] || continue
    waits=1
    if [[ -e $pallet_state/pending/${pallet_markers[at]} ]]; then
      pallet_laid+=("$pallet_state/pending/${pallet_markers[at]}")
    fi
  done
  ((waits)) || return 0
  if ((!pallet_check)); then
    ((${#pallet_laid[@]})) || pallet_finish skipped 0 '' 'nothing that it reacts to has changed'
    ((${#pallet_laid[@]}))
    return
  fi
  pallet_foresee
  return 1
}

pallet_foresee() { # a reaction in check mode: answered from its triggers, never run
  local at result=skipped triggers=()
  for ((at = 0; at < ${#pallet_reactions[@]}; at++)); do
    [[ ${pallet_reactions[at]} == "$pallet_index" ]] || continue
    triggers+=("${pallet_triggers[at]}")
    case ${pallet_results[pallet_triggers[at]]-} in
      would-change) result=would-change ;;
      cannot-know) [[ $result == would-change ]] || result=cannot-know ;;
    esac
  done
  ((${#pallet_laid[@]} == 0)) || result=would-change
  pallet_pending "${triggers[@]}"
  case $result in
    skipped) pallet_finish skipped 0 '' 'nothing that it reacts to would change' ;;
    would-change)
      pallet_record change "$pallet_index" 'react to a change'
      pallet_finish would-change 0 "$pallet_because" ''
      ;;
    *) pallet_finish cannot-know 0 "$pallet_because" '' ;;
  esac
}

pallet_check=0
pallet_begin 2

# action 1/2 file /a\u{a}touch x\u{2028}\u{202e} $(touch x) '  (infra.ts:1:5)
pallet_action_0() {
  LC_ALL=$LANG
  true
}

# action 2/2 about <the captured value "version">  (infra.ts:2:5)
pallet_action_1() {
  LC_ALL=$LANG
  true
}

pallet_react 1 0 63f88fb2cc60ead9bcfe315d093309b0 '{"group":"web","phase":"configure","trigger":"it'\''s $(touch x)\n`touch x` #","reaction":"bash:1"}'
pallet_run 0
pallet_run 1
