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
