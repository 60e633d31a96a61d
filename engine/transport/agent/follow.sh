# shellcheck shell=bash disable=SC2034,SC2154 # a part: its variables are shared with the others
# Following a script: its records and output, from any offset to the end.

ended() { # SECONDS: whether the records end before so much time is over
  read -r -t "$1" -u 7
  (($? == 1)) # more than 128 when the time is over
}

count_lost() { # PATH BYTES that are not sent; sets lost: how many of them the node does not keep either
  local path from=0 to=0
  read -r from to <"$state/scripts/$1/freed"
  lost=$((to - from))
  while read -r path _; do
    [[ $path != "$1" ]] || lost=$2
  done <"$state/forget"
}

follow() { # OUTPUT, then bytes of it that the other side has; descriptor 7 ends with the records
  local output=$1 skip=$2 size rest lost=0 limit=(head)
  # Most scripts say nothing: what carries their output begins when there is some.
  until [[ -s $output ]] || ended 0.1; do :; done
  if [[ -s $output ]]; then
    if ((skip < kept)); then
      ! type -P stdbuf || limit=(stdbuf -o0 head) # without it, output comes later
      tail -s 0.01 --pid="$guard" -c "+$((skip + 1))" -f -- "$output" |
        "${limit[@]}" -c "$((kept - skip))" >&4
      skip=$kept
    fi
    until ended 60; do :; done
    size=$(exec stat -c %s -- "$output")
    if ((size > skip)); then
      rest=$((size - kept > skip ? size - kept : skip))
      ((rest == skip)) || count_lost "$followed" "$((rest - skip))"
      printf '\n@rest %s %s %s\n' "$rest" "$lost" "$output" >&3
      tail -c "+$((rest + 1))" -- "$output" | head -c "$((size - rest))" >&4
    fi
  fi
  # What the script wrote last may lack its newline.
  printf '\n@end\n' >&3
  printf '%s' "$mark" >&4
}

find_output() { # PATH of a script; sets output
  output=$state/scripts/$1/output
  if [[ -n $memory && -e $memory/scripts/$1 ]]; then
    output=$memory/scripts/$1
  fi
}

start_follower() { # PATH OUTPUT PROCESS, which lives as long as the script, then bytes of records and of output to skip
  # The guard sends the records, and ends when the script does, however it does.
  exec 7< <(
    printf '%s\n' "$BASHPID"
    exec tail -s 0.01 --pid="$3" -c "+$(($4 + 1))" -f -- "$state/scripts/$1/records" </dev/null 2>&1 >&3
  )
  followed=$1
  read -r -u 7 guard
  follow "$2" "$5" &
  follower=$!
  exec 7<&-
}

end_follower() { # when its guard is gone, it sends what is there and says that it ends
  local line fields process
  [[ -n $follower ]] || return 0
  for process in "$guard" $watcher; do
    # Only a child of ours: its number may be another process' by now.
    if read -r line <"/proc/$process/stat"; then
      read -r -a fields <<<"${line##*) }"
      [[ ${fields[1]} != "$$" ]] || kill "$process"
    fi
  done
  wait "$follower"
  follower='' watcher=''
}

answer_known() { # PATH [RECORDS OUTPUT]: a script that was claimed before
  local era2=
  read -r era2 <"$state/scripts/$1/era"
  if [[ $era2 == "$era" ]]; then
    say '@known same'
  else
    say '@known other'
  fi
  find_output "$1"
  exec 8<"$state/scripts/$1/lock"
  flock -s 8 &
  watcher=$!
  exec 8<&-
  start_follower "$1" "$output" "$watcher" "${2:-0}" "${3:-0}"
}
