# shellcheck shell=bash disable=SC2034,SC2154 # a part: its variables are shared with the others
# The lease: one run at a time has the node, by the node's own clock.

held() { # DIRECTORY of a script: whether its lock is held: by who sends the script, then by the script itself
  local pid=
  [[ -e $1/lock ]] || return 1
  read -r pid <"$1/pid"
  # Most scripts are over, and their process is no longer there.
  [[ -z $pid || -d /proc/$pid ]] && ! flock -n -s 8 8<"$1/lock"
}

read_lease() { # sets run2, holder2, era2, until2 and token2 to what the lease says; fails when it was given back
  local line
  run2=
  {
    read -r run2 holder2 era2 until2 token2 _ || return 1
    while read -r line; do
      [[ $line != "back $token2" ]] || return 1
    done
    return 0
  } <"$state/lease"
}

leased() { # sets other to the run, its holder and the seconds left, when another run has the lease
  local run2 holder2 era2 until2 token2
  read -r uptime _ </proc/uptime
  uptime=${uptime%.*}
  if read_lease && [[ $until2 =~ ^[0-9]+$ ]]; then
    # Nobody will give back what a run has that is gone.
    if [[ $run2 != "$run" && $run2 != "$gone" && $era2 == "$era" ]] && ((until2 > uptime)); then
      other="$run2 $holder2 $((until2 - uptime))"
      return 0
    fi
  fi
  return 1
}

script_goes_on() { # sets other, when another run, be it gone, has left a script that goes on
  local run2 holder2 path2
  if read -r run2 holder2 path2 <"$state/running" && [[ $run2 != "$run" ]]; then
    if held "$state/scripts/$path2"; then
      other="$run2 $holder2 0"
      return 0
    fi
  fi
  # What it changed may yet be undone there, by the node itself.
  if read -r run2 holder2 _ <"$state/guard/owner" && [[ $run2 != "$run" ]] && held "$state/guard"; then
    other="$run2 $holder2 0"
    return 0
  fi
  return 1
}

take() { # SECONDS MORE than usual: takes the lease, or makes it last longer
  local result=1 line run2 holder2 era2 until2 token2
  exec 6>>"$state/lease.lock" || fail lease "$state cannot be written to"
  flock -w 10 6 || fail lease "$state/lease.lock is locked"
  if ! leased && ! script_goes_on; then
    line="$run $holder $era $((uptime + seconds + $1)) $token"
    read_lease
    if [[ $run2 == "$run" ]]; then
      # Over what was there: other connections of this run may read it at any moment.
      printf '%s\n' "$line" 1<>"$state/lease"
    else
      printf '%s\n' "$line" >"$state/lease"
    fi || fail lease "$state/lease cannot be written"
    result=0
    # What is gone may have sent a script that was about to start: it looks at the lease, then starts.
    if [[ -n $gone ]] && script_goes_on; then
      : >"$state/lease"
      result=1
    fi
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

give_back() { # says so behind the lease, which takes no lock: below a newer lease it says nothing
  printf 'back %s\n' "$token" >>"$state/lease" && return
  # What a full disk has no room for can still be taken away.
  local run2 holder2 era2 until2 token2
  exec 6>>"$state/lease.lock"
  flock -w 10 6
  ! read_lease || [[ $token2 != "$token" ]] || : >"$state/lease"
  exec 6>&-
}

wait_for_lease() {
  local deadline='' verb='' name='' pause=10
  until take 0; do
    if [[ -z $deadline ]]; then
      deadline=$((uptime + patience))
      say "@waiting $other" # the other side knows whether that one is gone, and says so
    elif ((uptime >= deadline)); then
      say "@busy $other"
      exit 0
    fi
    read -r -t "$pause" verb name || (($? > 128)) || exit 0 # the other side has left
    pause=0.5
    [[ $verb != gone ]] || gone=$name
  done
}
