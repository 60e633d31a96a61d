# The loop that runs on a node, on the one channel of a connection. It tells the node's facts, takes the lease of a
# run, then takes commands, one a line, until it is told "bye" or its input ends.
#
# Standard output carries lines of this loop, which begin with "@", and status records of the script that is followed;
# standard error carries that script's output alone, so output cannot pass for a record. While a script is followed its
# follower alone writes, and commands that may come meanwhile (renew, cancel) are not answered.
#
# Arguments: state root, directory in memory (or nothing), run, holder, seconds of the lease, seconds to wait for it,
# mark that ends the output of a script.
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
set -f
umask 077
exec 3>&1 4>&2 >/dev/null 2>&1
state=$1 memory=$2 run=$3 holder=$4 seconds=$5 patience=$6 mark=$7
kept=4194304 # bytes of output kept at the head, and as many at the tail
token=$$.$RANDOM$RANDOM$RANDOM
follower=

say() {
  printf '%s\n' "$*" >&3
}

fail() { # WHAT MESSAGE: something that this loop cannot go on after
  say "@failed $1 ${2//$'\n'/ }"
  exit 1
}

# --- What the node is ---

era() { # sets era: the same until the node, or the container that is the node, starts again
  local line fields
  read -r boot </proc/sys/kernel/random/boot_id
  read -r line </proc/1/stat
  read -r -a fields <<<"${line##*) }"
  era=$boot.${fields[19]}
}

release() { # reads what the system calls itself
  local file key value
  for file in /etc/os-release /usr/lib/os-release; do
    [[ -r $file ]] || continue
    while IFS='=' read -r key value; do
      value=${value#[\"\']}
      value=${value%[\"\']}
      case $key in
        ID | ID_LIKE | VERSION_ID | VERSION_CODENAME) printf '@fact %s %s\n' "$key" "$value" ;;
      esac
    done <"$file"
    return
  done
}

addresses() { # without loopback and link-local ones, and without a program that the node may lack
  local one two three address='' seen=' ' count=0
  if [[ -r /proc/net/fib_trie ]]; then
    while read -r one two three; do
      ((++count < 20000)) || break
      if [[ $one == '|--' ]]; then
        address=$two
      elif [[ "$one $two $three" == '/32 host LOCAL' && $address != 127.* && $seen != *" $address "* ]]; then
        seen+="$address "
        printf '@fact ADDRESS %s\n' "$address"
      fi
    done </proc/net/fib_trie
  fi
  if [[ -r /proc/net/if_inet6 ]]; then
    while read -r address _ _ three _; do
      [[ $three != 00 ]] || printf '@fact ADDRESS %s\n' "$address"
    done </proc/net/if_inet6
  fi
}

tags() { # a file each, for providers that keep tags on the node itself
  local file value
  set +f
  for file in "$state"/tags/*; do
    [[ -f $file ]] || continue
    value=$(<"$file")
    value=${value//%/%25}
    printf '@fact TAG %s %s\n' "${file##*/}" "${value//$'\n'/%0A}"
  done
  set -f
}

facts() {
  local name='' one=''
  release
  printf '@fact ARCH %s\n' "$(uname -m)"
  if type -P apt-get; then
    name=apt
  elif type -P dnf; then
    name=dnf
  fi >/dev/null
  printf '@fact PACKAGER %s\n' "${name:-unknown}"
  read -r one </proc/1/comm
  if [[ -d /run/systemd/system ]]; then
    name=systemd
  elif [[ $one == runit* || -d /run/runit ]]; then
    name=runit
  elif [[ $one == init ]]; then
    name=sysvinit
  else
    name=none
  fi
  printf '@fact INIT %s\n' "$name"
  read -r name </proc/sys/kernel/hostname
  printf '@fact HOSTNAME %s\n' "$name"
  printf '@fact BOOT %s\n' "$boot"
  printf '@fact BASH %s\n' "$BASH_VERSION"
  addresses
  tags
}

# --- The lease: one run at a time, by the node's own clock ---

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

take() { # [SECONDS MORE]: takes the lease, or makes it last longer
  local result=1
  exec 6>>"$state/lease.lock" || fail lease "$state cannot be written to"
  flock -w 10 6 || fail lease "$state/lease.lock is locked"
  if ! busy; then
    printf '%s %s %s %s %s\n' "$run" "$holder" "$era" "$((uptime + seconds + ${1:-0}))" "$token" \
      >"$state/lease" || fail lease "$state/lease cannot be written"
    result=0
  fi
  exec 6>&-
  return "$result"
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
  until take; do
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

# --- Following a script ---

follow() { # DIRECTORY OUTPUT, then bytes of records and of output that the other side has
  local dir=$1 output=$2 size rest skip=$4
  tail -s 0.01 --pid="$guard" -c "+$(($3 + 1))" -f -- "$dir/records" >&3 &
  if ((skip < kept)) && [[ -f $output ]]; then
    tail -s 0.01 --pid="$guard" -c "+$((skip + 1))" -f -- "$output" |
      dd bs=64K iflag=count_bytes count="$((kept - skip))" >&4 &
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

# --- Running a script ---

prepare() { # once, before the first script: where output goes, and what outlives the connection
  local kind free size line path=
  [[ -z $launcher ]] || return 0
  launcher=setsid
  locale=C
  if [[ -d /usr/lib/locale/C.utf8 || -d /usr/lib/locale/C.UTF-8 ]]; then
    locale=C.UTF-8
  fi
  ((EUID)) || HOME=~root
  if [[ -n $memory ]]; then
    read -r kind free size < <(stat -f -c '%T %a %S' -- "${memory%/*}")
    if [[ $kind != tmpfs && $kind != ramfs ]] || ((free * size < 16 * kept)); then
      memory=
    fi
  fi
  # Where systemd ends what a session leaves behind, a script gets a scope of its own.
  [[ -S /run/systemd/private ]] && type -P systemd-run || return 0
  while IFS=: read -r _ line path; do
    [[ -z $line || $line == name=systemd ]] && break
  done </proc/self/cgroup
  case $path in
    / | */ssh.service | */sshd.service) ;;
    */session-*.scope) ! kills_sessions || launcher=scope ;;
    *) launcher=scope ;;
  esac
}

kills_sessions() { # logind's setting; a comment shows the default that was built in
  local file line answer=yes built=yes
  set +f
  for file in /usr/lib/systemd/logind.conf /etc/systemd/logind.conf \
    /usr/lib/systemd/logind.conf.d/*.conf /run/systemd/logind.conf.d/*.conf /etc/systemd/logind.conf.d/*.conf; do
    [[ -r $file ]] || continue
    while read -r line; do
      case $line in
        '#KillUserProcesses='*) built=${line#*=} ;;
        KillUserProcesses=*) answer=${line#*=} ;;
      esac
    done <"$file"
    [[ $file != /etc/systemd/logind.conf || $answer != yes ]] || answer=$built
  done
  set -f
  [[ $answer == [yY1tT]* || $answer == on ]]
}

cap() { # PID OUTPUT: frees the middle of an output that grows too long, while its script runs
  local key position=0 freed=$kept
  exec 5<> <(:)
  while kill -0 "$1"; do
    read -r -t 0.1 -u 5
    read -r key position </proc/self/fdinfo/1
    if [[ $key == pos: ]] && ((position - kept - freed > 1048576)); then
      fallocate -p -o "$freed" -l "$((position - kept - freed))" -- "$2" || return
      freed=$((position - kept))
    fi
  done
}

launch() { # DIRECTORY OUTPUT; descriptor 8 holds the script's lock
  local dir=$1 output=$2 command=(setsid)
  [[ $launcher != scope ]] || command+=(systemd-run --scope --quiet --collect --slice=system.slice --)
  (
    pid=$BASHPID
    exec </dev/null >>"$output" 2>&1 9>>"$dir/records" 3>&- 4>&-
    printf '%s\n' "$pid" >"$dir/pid"
    (exec 8>&- 9>&- && cap "$pid" "$output") 2>/dev/null &
    cd /
    umask 022
    exec env -i PATH="$PATH" HOME="$HOME" USER="${USER:-root}" LOGNAME="${USER:-root}" SHELL=/bin/bash \
      LANG="$locale" LC_ALL="$locale" TERM=dumb "${command[@]}" bash "$dir/script" "$dir" "$state"
  ) &
  exec 8>&-
}

run() { # PATH LENGTH SHA256, then so many bytes
  local dir=$state/scripts/$1 new sum
  if ! take; then
    head -c "$2"
    say "@busy $other"
    return
  fi
  if [[ -d $dir ]]; then
    head -c "$2"
    answer_known "$1"
    return
  fi
  prepare
  new=$dir.$token
  mkdir -p -- "$new" || fail state "$new cannot be made"
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
  output=$dir/output
  if [[ -n $memory ]] && mkdir -p -- "$memory/scripts/${1%/*}"; then
    output=$memory/scripts/$1
  fi
  : >"$output" || fail disk "$output cannot be written"
  printf '%s %s %s\n' "$run" "$holder" "$1" >"$state/running"
  launch "$dir" "$output"
  say '@started'
  start_follower "$1" 0 0
}

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

# --- Contents ---

have() { # SHA256...: which of them are not here
  local sum lacks=() here=()
  for sum in "$@"; do
    if [[ -f $state/blobs/$sum ]]; then
      here+=("$state/blobs/$sum")
    else
      lacks+=("$sum")
    fi
  done
  ((${#here[@]} == 0)) || touch -c -- "${here[@]}" # so that they are not cleaned away
  say "@lacks ${lacks[*]}"
}

put() { # SHA256 LENGTH, then so many bytes
  local new=$state/blobs/.$1.$token sum
  take "$(($2 / 65536))" # nothing renews it meanwhile
  head -c "$2" >"$new" || fail disk "a content could not be written to $state/blobs"
  sum=$(sha256sum <"$new")
  if [[ ${sum%% *} == "$1" ]] && mv -T -- "$new" "$state/blobs/$1"; then
    say "@put $1"
  else
    rm -f -- "$new"
    say '@damaged'
  fi
}

# --- What earlier runs left ---

runs_on() { # RUN: whether one of its scripts runs
  local lock
  set +f
  for lock in "$1"/*/lock; do
    held "$lock" && return
  done
  return 1
}

tidy() { # keeps what runs, this run, and of the others the last 20 of the last seven days
  local now time name count=0
  printf -v now '%(%s)T' -1
  set +f
  cd "$state/scripts" || return
  stat -c '%Y %n' -- * | sort -rn | while read -r time name; do
    if ((++count > 20 || now - time > 604800)) && [[ $name != "$run" ]] && ! runs_on "$name"; then
      rm -rf -- "${state:?}/scripts/$name"
      [[ -z $memory ]] || rm -rf -- "$memory/scripts/$name"
    fi
  done
  shopt -s dotglob nullglob
  cd "$state/blobs" || return
  stat -c '%Y %n' -- * | while read -r time name; do
    ((now - time < 604800)) || rm -f -- "$name"
  done
}

# --- The loop ---

mkdir -p -- "$state/scripts" "$state/blobs" || fail state "$state cannot be made"
era
launcher=
say '@pallet 1'
printf '%s' "$mark" >&4 # what shells said before is no output of a script
facts >&3
wait_for_lease
say "@ready $kept"
(exec 3>&- 4>&- && tidy) &
while read -r verb one two three; do
  case $verb in
    renew)
      take
      continue
      ;;
    cancel)
      cancel "$one"
      continue
      ;;
  esac
  end_follower
  case $verb in
    run) run "$one" "$two" "$three" ;;
    follow)
      if [[ -d $state/scripts/$one ]]; then
        answer_known "$one" "$two" "$three"
      else
        say '@unknown'
      fi
      ;;
    stop) ;; # following ends, the script does not
    have)
      read -r -a sums <<<"$one $two $three"
      have "${sums[@]}"
      ;;
    put) put "$one" "$two" ;;
    bye)
      give_back
      say '@bye'
      break
      ;;
    *) fail protocol "$verb is no command" ;;
  esac
done
end_follower
