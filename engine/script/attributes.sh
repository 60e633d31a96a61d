# --- Owner, group and mode of files ---

pallet_account() { # passwd|group NAME: ends the action when there is no such account; a number needs none
  [[ $2 == *[!0-9]* ]] || return 0
  getent "$1" "$2" >/dev/null || pallet_fail "There is no ${1/passwd/user} $2"
}

pallet_mode_after() { # KIND OLD NEW; KIND: directory, or a file
  # Sets pallet_wanted to what NEW, which may be symbolic, makes of OLD, and pallet_mode to what chmod is to be told.
  local sample
  pallet_mode=$3
  if [[ $3 != *[!0-7]* ]]; then
    pallet_mode=00$3 # with fewer digits chmod leaves set-group-id of a directory as it is
    printf -v pallet_wanted '%o' "0$3"
    return
  fi
  sample=$(mktemp -d -p "$pallet_tmp")
  if [[ $1 == directory ]]; then
    mkdir -- "$sample/x"
  else
    : >"$sample/x"
  fi
  chmod -- "$2" "$sample/x"
  chmod -- "$3" "$sample/x"
  pallet_wanted=$(stat -c %a -- "$sample/x")
  rm -rf -- "$sample"
}

pallet_give() { # [USER][:GROUP] PATH
  chown -- "$1" "$2" && return
  [[ $1 == :* ]] || pallet_account passwd "${1%%:*}"
  [[ $1 != *:* ]] || pallet_account group "${1#*:}"
  pallet_fail "Cannot give $2 to $1"
}

pallet_attributes() { # PATH OWNER GROUP MODE: an empty one is left alone
  local path=$1 owner=$2 group=$3 mode=$4 status user group_is uid gid mode_is kind give=
  [[ -n $owner$group$mode ]] || return 0
  if [[ ! -e $path ]]; then
    ((pallet_check)) || pallet_fail "Cannot set owner, group or mode of $path: it is not there"
    return 0
  fi
  status=$(stat -L -c '%U %G %u %g %a %F' -- "$path")
  read -r user group_is uid gid mode_is kind <<<"$status"
  if [[ -n $owner && $owner != "$user" && $owner != "$uid" ]]; then
    ((!pallet_check)) || pallet_account passwd "$owner"
    if pallet_change "set owner of $path to $owner (was $user)"; then
      give=$owner
    fi
  fi
  if [[ -n $group && $group != "$group_is" && $group != "$gid" ]]; then
    ((!pallet_check)) || pallet_account group "$group"
    if pallet_change "set group of $path to $group (was $group_is)"; then
      give+=:$group
    fi
  fi
  [[ -z $give ]] || pallet_give "$give" "$path"
  [[ -n $mode ]] || return 0
  pallet_mode_after "$kind" "$mode_is" "$mode"
  if [[ $pallet_wanted != "$mode_is" ]]; then
    if pallet_change "set mode of $path to $mode (was $mode_is)"; then
      chmod -- "$pallet_mode" "$path"
    fi
  elif [[ -n $give ]]; then
    chmod -- "$pallet_mode" "$path" # a new owner takes set-user-id and set-group-id away
  fi
}

pallet_attributes_below() { # PATH OWNER GROUP MODE: the same for all that is in a directory
  local path=$1 owner=$2 group=$3 mode=$4 found type mode_is kind
  [[ -d $path ]] || return 0
  if [[ -n $owner ]]; then
    pallet_account passwd "$owner"
    found=$(find "$path/" -mindepth 1 ! -user "$owner" -print -quit)
    if [[ -n $found ]] && pallet_change "set owner of all in $path to $owner"; then
      find "$path/" -mindepth 1 ! -user "$owner" -exec chown -h -- "$owner" {} +
    fi
  fi
  if [[ -n $group ]]; then
    pallet_account group "$group"
    found=$(find "$path/" -mindepth 1 ! -group "$group" -print -quit)
    if [[ -n $found ]] && pallet_change "set group of all in $path to $group"; then
      find "$path/" -mindepth 1 ! -group "$group" -exec chgrp -h -- "$group" {} +
    fi
  fi
  [[ -n $mode ]] || return 0
  # Few kinds and modes stand for many files: each is tried once.
  while read -r type mode_is; do
    kind=regular
    [[ $type != d ]] || kind=directory
    pallet_mode_after "$kind" "$mode_is" "$mode"
    if [[ $pallet_wanted != "$mode_is" ]]; then
      if pallet_change "set mode of all in $path to $mode"; then
        find "$path/" -mindepth 1 ! -type l -exec chmod -- "$pallet_mode" {} +
      fi
      break
    fi
  done < <(find "$path/" -mindepth 1 ! -type l -printf '%y %m\n' | sort -u)
}
