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
  local lock=$state/scripts/$1/lock pid='' tries
  read -r pid <"$state/scripts/$1/pid" || return
  [[ -n $pid ]] && held "$lock" || return
  (
    exec 3>&- 4>&-
    signal TERM "$pid"
    for ((tries = 0; tries < 50; tries++)); do
      sleep 0.2
      held "$lock" || exit
    done
    signal KILL "$pid"
  ) &
}
