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
