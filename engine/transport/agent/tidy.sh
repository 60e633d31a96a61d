# shellcheck shell=bash disable=SC2034,SC2154 # a part: its variables are shared with the others
# What earlier runs left behind.

runs_on() { # RUN: whether one of its scripts runs
  local lock
  set +f
  for lock in "$1"/*/lock; do
    held "${lock%/lock}" && return
  done
  return 1
}

due() { # whether there is something to tidy, or nobody has looked for a day; takes no process
  local now last=0 entries
  printf -v now '%(%s)T' -1
  set +f
  entries=("$state"/scripts/*)
  set -f
  read -r last <"$state/tidied"
  ((${#entries[@]} > 40 || now - last > 86400)) || return 1
  printf '%s\n' "$now" >"$state/tidied"
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
