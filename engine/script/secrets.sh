# --- Secrets: values come by descriptor 7, and stay in variables that no program sees ---

pallet_secret_variables=()

pallet_secrets() { # VARIABLE NAME...: takes the values, a line each: NAME=VALUE, the value as `printf %b` reads it
  local line
  local -A values=()
  if [[ -e /proc/self/fd/7 ]]; then
    while IFS= read -r line; do
      values[${line%%=*}]=${line#*=}
    done <&7
    exec 7<&-
  fi
  while (($#)); do
    if [[ -n ${values[$2]+here} ]]; then
      printf -v "$1" %b "${values[$2]}"
      pallet_secret_variables+=("$1")
    else
      pallet_stopped="secret $2 did not come with the script"
    fi
    shift 2
  done
  # What actions leave behind until they are over is kept in memory: beside the output, where that is.
  if [[ $pallet_work == "$pallet_claim"/* ]]; then
    [[ $(stat -f -c %T /dev/shm) == tmpfs ]] || return 0
    # Nobody can know it before, and what is there is never used.
    pallet_work=/dev/shm/.pallet.$$.$RANDOM$RANDOM$RANDOM.work
  fi
  pallet_tmp=${pallet_work%.work}.tmp
}

pallet_hide() { # the current action uses secrets: what it writes is neither compared, hashed nor kept
  TMPDIR=$pallet_tmp # for here-documents of an older bash
  pallet_diff() {
    printf '(no diff of %s: it holds secrets)\n' "$3" >>"$pallet_report.diff"
  }
  pallet_keep() {
    :
  }
  pallet_remember() {
    pallet_beside files "$1"
    [[ -d $pallet_place ]] || mkdir -p -- "$pallet_place"
    : >"$pallet_place/@secret"
    rm -f -- "$pallet_place/@sha256"
  }
}

pallet_holds_secret() { # TEXT: whether a value is in it
  local variable
  for variable in "${pallet_secret_variables[@]}"; do
    variable=${!variable}
    if ((${#variable} >= 4)) && [[ $1 == *"$variable"* ]]; then
      return 0
    fi
  done
  return 1
}

pallet_capture() { # VALUE: a text for later actions, which is kept with the run
  ! pallet_holds_secret "$1" || pallet_fail 'Cannot capture this output: a secret is in it, and it would be kept with the run'
  printf '%s' "$1" >"$pallet_report.captured"
}

pallet_encode() { # TEXT; sets pallet_text: the same on one line, without tabs and secrets: records stay on this node
  local variable LC_ALL=C
  pallet_text=$1
  for variable in "${pallet_secret_variables[@]}"; do
    variable=${!variable}
    ((${#variable} < 4)) || pallet_text=${pallet_text//"$variable"/***}
  done
  pallet_text=${pallet_text//%/%25}
  pallet_text=${pallet_text//$'\t'/%09}
  pallet_text=${pallet_text//$'\r'/%0D}
  pallet_text=${pallet_text//$'\n'/%0A}
}
