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

# --- Owner, group and mode of files ---

pallet_account() { # passwd|group NAME: ends the action when there is no such account; a number needs none
  [[ $2 == *[!0-9]* ]] || return 0
  getent "$1" "$2" >/dev/null || pallet_fail "There is no ${1/passwd/user} $2"
}

pallet_mode_after() { # KIND OLD NEW; KIND: directory, or a file
  # Sets pallet_wanted to what NEW, which may be symbolic, makes of OLD, and pallet_mode to what chmod is to be told.
  local sample
  pallet_mode=$3
  if [[ $3 != *[!0-7]* ]]; then
    pallet_mode=00$3 # with fewer digits chmod leaves set-group-id of a directory as it is
    printf -v pallet_wanted '%o' "0$3"
    return
  fi
  sample=$(mktemp -d -p "$pallet_tmp")
  if [[ $1 == directory ]]; then
    mkdir -- "$sample/x"
  else
    : >"$sample/x"
  fi
  chmod -- "$2" "$sample/x"
  chmod -- "$3" "$sample/x"
  pallet_wanted=$(stat -c %a -- "$sample/x")
  rm -rf -- "$sample"
}

pallet_give() { # [USER][:GROUP] PATH
  chown -- "$1" "$2" && return
  [[ $1 == :* ]] || pallet_account passwd "${1%%:*}"
  [[ $1 != *:* ]] || pallet_account group "${1#*:}"
  pallet_fail "Cannot give $2 to $1"
}

pallet_attributes() { # PATH OWNER GROUP MODE: an empty one is left alone
  local path=$1 owner=$2 group=$3 mode=$4 status user group_is uid gid mode_is kind give=
  [[ -n $owner$group$mode ]] || return 0
  if [[ ! -e $path ]]; then
    ((pallet_check)) || pallet_fail "Cannot set owner, group or mode of $path: it is not there"
    return 0
  fi
  status=$(stat -L -c '%U %G %u %g %a %F' -- "$path")
  read -r user group_is uid gid mode_is kind <<<"$status"
  if [[ -n $owner && $owner != "$user" && $owner != "$uid" ]]; then
    ((!pallet_check)) || pallet_account passwd "$owner"
    if pallet_change "set owner of $path to $owner (was $user)"; then
      give=$owner
    fi
  fi
  if [[ -n $group && $group != "$group_is" && $group != "$gid" ]]; then
    ((!pallet_check)) || pallet_account group "$group"
    if pallet_change "set group of $path to $group (was $group_is)"; then
      give+=:$group
    fi
  fi
  [[ -z $give ]] || pallet_give "$give" "$path"
  [[ -n $mode ]] || return 0
  pallet_mode_after "$kind" "$mode_is" "$mode"
  if [[ $pallet_wanted != "$mode_is" ]]; then
    if pallet_change "set mode of $path to $mode (was $mode_is)"; then
      chmod -- "$pallet_mode" "$path"
    fi
  elif [[ -n $give ]]; then
    chmod -- "$pallet_mode" "$path" # a new owner takes set-user-id and set-group-id away
  fi
}

pallet_attributes_below() { # PATH OWNER GROUP MODE: the same for all that is in a directory
  local path=$1 owner=$2 group=$3 mode=$4 found type mode_is kind
  [[ -d $path ]] || return 0
  if [[ -n $owner ]]; then
    pallet_account passwd "$owner"
    found=$(find "$path/" -mindepth 1 ! -user "$owner" -print -quit)
    if [[ -n $found ]] && pallet_change "set owner of all in $path to $owner"; then
      find "$path/" -mindepth 1 ! -user "$owner" -exec chown -h -- "$owner" {} +
    fi
  fi
  if [[ -n $group ]]; then
    pallet_account group "$group"
    found=$(find "$path/" -mindepth 1 ! -group "$group" -print -quit)
    if [[ -n $found ]] && pallet_change "set group of all in $path to $group"; then
      find "$path/" -mindepth 1 ! -group "$group" -exec chgrp -h -- "$group" {} +
    fi
  fi
  [[ -n $mode ]] || return 0
  # Few kinds and modes stand for many files: each is tried once.
  while read -r type mode_is; do
    kind=regular
    [[ $type != d ]] || kind=directory
    pallet_mode_after "$kind" "$mode_is" "$mode"
    if [[ $pallet_wanted != "$mode_is" ]]; then
      if pallet_change "set mode of all in $path to $mode"; then
        find "$path/" -mindepth 1 ! -type l -exec chmod -- "$pallet_mode" {} +
      fi
      break
    fi
  done < <(find "$path/" -mindepth 1 ! -type l -printf '%y %m\n' | sort -u)
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

# --- Differences of contents ---

pallet_diff() { # OLD NEW LABEL: records how two files differ, up to a limit; OLD may be missing
  local old=$1 new=$2 label=$3 limit=65536 text pallet_text LC_ALL=C
  if [[ -e $pallet_state/files${old//\/@/\/@@}/@secret ]]; then
    printf '(no diff of %s: it holds secrets)\n' "$label" >>"$pallet_report.diff"
    return 0
  fi
  [[ -e $old ]] || old=/dev/null
  [[ -e $new ]] || new=/dev/null
  if pallet_diff_lines; then
    return 0
  fi
  if ! command -v diff >/dev/null; then
    printf '%s\n' "(no diff of $label: the command diff is not on this node)" >>"$pallet_report.diff"
    return 0
  fi
  diff -u --label "$label" --label "$label" -- "$old" "$new" >"$pallet_tmp/.diff" || [[ $? == 1 ]]
  IFS= read -r -N "$((limit + 1))" text <"$pallet_tmp/.diff" || true # less is there
  printf %s "${text:0:limit}" >>"$pallet_report.diff"
  if ((${#text} > limit)); then
    printf '\n(%s more bytes)\n' "$(($(stat -c %s -- "$pallet_tmp/.diff") - limit))" >>"$pallet_report.diff"
  fi
}

pallet_diff_lines() { # the same, without a process, for small texts that differ in one place; with the caller's variables
  local top=0 before after from context lines=() was=() now=()
  pallet_diff_read "$old" || return 1
  was=(${pallet_lines[@]+"${pallet_lines[@]}"})
  pallet_diff_read "$new" || return 1
  now=(${pallet_lines[@]+"${pallet_lines[@]}"})
  before=${#was[@]} after=${#now[@]}
  while ((top < before && top < after)) && [[ ${was[top]} == "${now[top]}" ]]; do
    ((++top))
  done
  while ((before > top && after > top)) && [[ ${was[before - 1]} == "${now[after - 1]}" ]]; do
    ((--before, --after))
  done
  ((before > top || after > top)) || return 0
  # Where lines stand for others, some of them may be the same.
  ((before == top || after == top || before - top == 1 && after - top == 1)) || return 1
  from=$((top > 3 ? top - 3 : 0))
  context=$((${#was[@]} - before > 3 ? 3 : ${#was[@]} - before))
  pallet_diff_range "$from" "$((before + context - from))"
  lines=("--- $label" "+++ $label" "@@ -$pallet_range")
  pallet_diff_range "$from" "$((after + context - from))"
  lines[2]+=" +$pallet_range @@"
  pallet_diff_take ' ' "$((top - from))" ${was[@]+"${was[@]:from}"}
  pallet_diff_take - "$((before - top))" ${was[@]+"${was[@]:top}"}
  pallet_diff_take + "$((after - top))" ${now[@]+"${now[@]:top}"}
  pallet_diff_take ' ' "$context" ${was[@]+"${was[@]:before}"}
  printf '%s\n' "${lines[@]}" >>"$pallet_report.diff"
}

pallet_diff_read() { # FILE; sets pallet_lines to those of a small text
  pallet_lines=()
  pallet_small "$1" || return 1
  [[ -n $pallet_text ]] || return 0
  mapfile -t pallet_lines <"$1"
  [[ $pallet_text == *$'\n' ]] || pallet_lines[-1]+=$'\n\\ No newline at end of file'
}

pallet_diff_range() { # FROM COUNT; sets pallet_range: where lines stand, as a difference says it
  pallet_range=$(($1 + ($2 > 0)))
  (($2 == 1)) || pallet_range+=,$2
}

pallet_diff_take() { # MARK COUNT LINE...; appends so many of them to the caller's lines
  local mark=$1 count=$2 line
  shift 2
  for line in "${@:1:count}"; do
    lines+=("$mark$line")
  done
}

pallet_check=0
pallet_begin 5

# action 1/5 execScript version  (infra.ts:1:5)
pallet_action_0() {
  LC_ALL=$LANG
  pallet_capture 1.2
}

# action 2/5 remoteFile /etc/x  (infra.ts:2:5)
pallet_action_1() {
  LC_ALL=$LANG
  pallet_known pallet_value_1 'the captured value "version"'
if pallet_change "write"; then
  echo "${pallet_value_1}" >/etc/x
fi
}

# action 3/5 file /etc/x  (infra.ts:3:5)
pallet_action_2() {
  LC_ALL=$LANG
  pallet_attributes /etc/x root '' 0644
}

# action 4/5 crate/own  (infra.ts:4:5)
pallet_action_3() {
  LC_ALL=$LANG
pallet_source <<'END_OF_ACTION_4'
echo 'a crate wrote this'

END_OF_ACTION_4
}

# action 5/5 service x  (infra.ts:5:5)
pallet_action_4() {
  LC_ALL=$LANG
  pallet_diff a b c
}

declare pallet_value_1
pallet_react 4 1 e3f2f6717c38a59ae8a60614c73d908a '{"group":"web","phase":"configure","trigger":"conf","reaction":"restart"}'
pallet_react 4 2 9d6b538a51853cabf8406c9b97152a0b '{"group":"web","phase":"configure","trigger":"modes","reaction":"restart"}'
pallet_run 0
pallet_take 0 pallet_value_1
pallet_run 1 0
pallet_run 2 1
pallet_run 3
pallet_run 4
