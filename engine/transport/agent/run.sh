# shellcheck shell=bash disable=SC2034,SC2154 # a part: its variables are shared with the others
# Running a script: claim, launch, stream.

join() { # PID: goes into the scope that it is in, which outlives the session; false as long as there is none
  local controllers path root
  while IFS=: read -r _ controllers path; do
    [[ (-z $controllers || $controllers == name=systemd) && $path == */system.slice/*.scope ]] || continue
    for root in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
      printf '%s\n' "$BASHPID" >"$root$path/cgroup.procs" && return
    done
  done <"/proc/$1/cgroup"
  return 1
}

cap() { # PID OUTPUT DIRECTORY: frees the middle of an output that grows too long, while its script runs
  local key position=0 from=$kept freed=$kept known='' free=0 block=0 alone=$launcher
  # What secrets may be in is told and removed: there is no use in keeping it whole.
  [[ -z $values ]] || known=yes
  while
    read -r -t 0.1 -u "$idle"
    kill -0 "$1"
  do
    [[ $alone != scope ]] || ! join "$1" || alone=
    read -r key position </proc/self/fdinfo/1
    if [[ $key != pos: ]] || ((position - kept - freed <= 1048576)); then
      continue
    fi
    if [[ -z $known ]]; then
      known=yes
      # At most 2 GiB, and a tenth of what is free there.
      read -r free block < <(stat -f -c '%a %S' -- "$2")
      ((from = free * block / 10, from = from > 2147483648 ? 2147483648 : from < kept ? kept : from, freed = from))
      continue
    fi
    printf '%s %s\n' "$from" "$((position - kept))" >"$3/freed"
    if ! fallocate -p -o "$freed" -l "$((position - kept - freed))" -- "$2"; then
      printf '%s %s\n' "$from" "$freed" >"$3/freed"
      return
    fi
    freed=$((position - kept))
  done
}

goes_on() { # DIRECTORY: whether its script has neither said that it ends nor gone
  [[ $(tail -n 1 -- "$1/records") != script-finished* ]] && held "$1"
}

forget() { # [PATH]: removes output of scripts with secrets: of the one that was read, or those of other runs
  local path output left=
  [[ -s $state/forget ]] || return 0
  while read -r path output; do
    if [[ $path == "$run"/* && $path != "$1" ]] || goes_on "$state/scripts/$path"; then
      left+="$path $output"$'\n'
    else
      rm -f -- "$output"
    fi
  done <"$state/forget"
  printf %s "$left" >"$state/forget"
}

launch() { # DIRECTORY OUTPUT WORK; descriptor 8 holds the script's lock; sets script to its process
  local dir=$1 output=$2 work=$3 command=(setsid)
  [[ $launcher != scope ]] || command+=(systemd-run --scope --quiet --collect --slice=system.slice --)
  (
    pid=$BASHPID
    exec </dev/null >>"$output" 2>&1 9>>"$dir/records" 3>&- 4>&-
    printf '%s\n' "$pid" >"$dir/pid"
    (exec 8>&- 9>&- && cap "$pid" "$output" "$dir") 2>/dev/null &
    exec {idle}>&-
    # shellcheck disable=SC2086 # a line each, by a pipe: neither a file nor a process shows them
    [[ -z $values ]] || exec 7< <(exec 8>&- 9>&- && printf '%s\n' $values)
    cd /
    umask 022
    exec env -i PATH="$PATH" HOME="$HOME" USER="${USER:-root}" LOGNAME="${USER:-root}" SHELL=/bin/bash \
      LANG="$locale" LC_ALL="$locale" TERM=dumb "${command[@]}" bash "$dir/script" "$dir" "$state" "$work"
  ) &
  script=$!
  exec 8>&-
}

run() { # PATH LENGTH SHA256, then so many bytes
  local dir=$state/scripts/$1 new sum run2='' work values=$secrets
  secrets=
  if ! fresh && ! take 0; then
    head -c "$2"
    say "@busy $other"
    return
  fi
  if [[ -d $dir ]]; then
    head -c "$2"
    answer_known "$1"
    return
  fi
  new=$dir.$token
  mkdir -p -- "$new" ${memory:+"$memory/scripts/${1%/*}"}
  [[ -d $new ]] || fail state "$new cannot be made"
  head -c "$2" >"$new/script" || fail disk "the script could not be written to $new"
  sum=$(sha256sum <"$new/script")
  if [[ ${sum%% *} != "$3" ]]; then
    rm -rf -- "$new"
    say '@damaged'
    return
  fi
  printf '%s\n' "$era" >"$new/era"
  : >"$new/records"
  exec 8>"$new/lock"
  flock -n 8
  # A directory takes the place of one that has something in it never: this is the claim, and it appears whole.
  if ! mv -T -- "$new" "$dir"; then
    exec 8>&-
    rm -rf -- "$new"
    [[ -d $dir ]] || fail state "$dir cannot be made"
    answer_known "$1"
    return
  fi
  output=$dir/output work=$dir/output
  if [[ -n $memory && -d $memory/scripts/${1%/*} ]]; then
    work=$memory/scripts/$1
  fi
  # Output is kept on the disk, for there may be much of it; no value of a secret gets there.
  [[ -z $values ]] || output=$work
  : >"$output" || fail disk "$output cannot be written"
  [[ -z $values ]] || printf '%s %s\n' "$1" "$output" >>"$state/forget"
  printf '%s %s %s\n' "$run" "$holder" "$1" >"$state/running"
  # Said that it runs, then looked whose the lease is: whoever takes it over does so the other way round.
  read -r run2 _ <"$state/lease"
  if [[ $run2 != "$run" ]]; then
    exec 8>&-
    rm -rf -- "$dir" "$output"
    leased || other="$run $holder 0"
    say "@busy $other"
    return
  fi
  launch "$dir" "$output" "$work"
  say '@started'
  start_follower "$1" "$output" "$script" 0 0
}
