# shellcheck shell=bash disable=SC2034,SC2154 # a part: its variables are shared with the others
# Ending a script before its time.

signal() { # NAME SESSION: every process of a script's session
  local file line fields
  set +f
  for file in /proc/[0-9]*/stat; do
    read -r line <"$file" || continue
    read -r -a fields <<<"${line##*) }"
    [[ ${fields[3]} != "$2" ]] || kill -s "$1" "${line%% *}"
  done
  set -f
}

cancel() { # PATH: asks the script to end, then makes it
  local dir=$state/scripts/$1 pid='' tries
  read -r pid <"$dir/pid" || return
  [[ -n $pid ]] && held "$dir" || return
  (
    exec 3>&- 4>&-
    signal TERM "$pid"
    for ((tries = 0; tries < 50; tries++)); do
      sleep 0.2
      held "$dir" || exit
    done
    signal KILL "$pid"
  ) &
}
