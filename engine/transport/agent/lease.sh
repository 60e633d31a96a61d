# shellcheck shell=bash disable=SC2034,SC2154 # a part: its variables are shared with the others
# The lease: one run at a time has the node, by the node's own clock.

held() { # FILE: whether someone holds its lock
  [[ -e $1 ]] && ! flock -n -s "$1" true
}

busy() { # sets other to the run, its holder and the seconds left, when another run has the node
  local run2 holder2 era2 until2 path2
  other=
  read -r uptime _ </proc/uptime
  uptime=${uptime%.*}
  if read -r run2 holder2 era2 until2 _ <"$state/lease" && [[ $until2 =~ ^[0-9]+$ ]]; then
    if [[ $run2 != "$run" && $era2 == "$era" ]] && ((until2 > uptime)); then
      other="$run2 $holder2 $((until2 - uptime))"
      return 0
    fi
  fi
  # A run that is gone may have left a script that goes on.
  if read -r run2 holder2 path2 <"$state/running" && [[ $run2 != "$run" ]]; then
    if held "$state/scripts/$path2/lock"; then
      other="$run2 $holder2 0"
      return 0
    fi
  fi
  return 1
}

take() { # SECONDS MORE than usual: takes the lease, or makes it last longer
  local result=1
  exec 6>>"$state/lease.lock" || fail lease "$state cannot be written to"
  flock -w 10 6 || fail lease "$state/lease.lock is locked"
  if ! busy; then
    printf '%s %s %s %s %s\n' "$run" "$holder" "$era" "$((uptime + seconds + $1))" "$token" \
      >"$state/lease" || fail lease "$state/lease cannot be written"
    result=0
  fi
  exec 6>&-
  return "$result"
}

fresh() { # whether this connection took the lease, and most of it is left: nobody else can have taken it
  local token2='' until2=''
  read -r uptime _ </proc/uptime
  read -r _ _ _ until2 token2 <"$state/lease"
  [[ $token2 == "$token" ]] && ((until2 - ${uptime%.*} > seconds / 2))
}

give_back() { # unless a newer connection of this run has it
  local token2=
  exec 6>>"$state/lease.lock"
  flock -w 10 6
  read -r _ _ _ _ token2 <"$state/lease"
  [[ $token2 != "$token" ]] || : >"$state/lease"
  exec 6>&-
}

wait_for_lease() {
  local deadline='' line=
  until take 0; do
    if [[ -z $deadline ]]; then
      deadline=$((uptime + patience))
      ((patience == 0)) || say "@waiting $other"
    fi
    if ((uptime >= deadline)); then
      say "@busy $other"
      exit 0
    fi
    read -r -t 0.5 line
    (($? > 128)) || exit 0 # the other side has gone
  done
}
