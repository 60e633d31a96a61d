# shellcheck shell=bash disable=SC2034,SC2154 # a part: its variables are shared with the others
# Following a script: its records and output, from any offset to the end.

follow() { # DIRECTORY OUTPUT, then bytes of records and of output that the other side has
  local dir=$1 output=$2 size rest skip=$4 limit=(head)
  ! type -P stdbuf || limit=(stdbuf -o0 head) # without it, output comes later
  tail -s 0.01 --pid="$guard" -c "+$(($3 + 1))" -f -- "$dir/records" >&3 &
  if ((skip < kept)) && [[ -f $output ]]; then
    tail -s 0.01 --pid="$guard" -c "+$((skip + 1))" -f -- "$output" |
      "${limit[@]}" -c "$((kept - skip))" >&4 &
    skip=$kept
  fi
  wait
  if [[ -f $output ]]; then
    size=$(stat -c %s -- "$output")
    if ((size > skip)); then
      rest=$((size - kept > skip ? size - kept : skip))
      printf '\n@rest %s\n' "$rest" >&3
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

start_follower() { # PATH RECORDS OUTPUT
  find_output "$1"
  exec 7<"$state/scripts/$1/lock"
  flock -s 7 & # the guard: ends when the script does, however it does
  guard=$!
  exec 7<&-
  follow "$state/scripts/$1" "$output" "$2" "$3" &
  follower=$!
}

end_follower() { # when its guard is gone, it sends what is there and says that it ends
  local line fields
  [[ -n $follower ]] || return 0
  # Only a child of ours: its number may be another process' by now.
  if read -r line <"/proc/$guard/stat"; then
    read -r -a fields <<<"${line##*) }"
    [[ ${fields[1]} != "$$" ]] || kill "$guard"
  fi
  wait "$follower"
  follower=
}

answer_known() { # PATH [RECORDS OUTPUT]: a script that was claimed before
  local era2=
  read -r era2 <"$state/scripts/$1/era"
  if [[ $era2 == "$era" ]]; then
    say '@known same'
  else
    say '@known other'
  fi
  start_follower "$1" "${2:-0}" "${3:-0}"
}
