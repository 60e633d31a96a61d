import { sh } from "../script/sh.ts";

/**
 * Bash that actions which write files share: replacing a file in one step, remembering what was written, so that an
 * edit by somebody else is noticed, and keeping older versions.
 */
export const filesLibrary: string = sh`
pallet_files=() # those that the script looks at
pallet_staged=  # a new content, beside the file whose place it is to take

pallet_follow() { # PATH; sets pallet_path: where it leads when it is a symbolic link, so that the link stays
  pallet_path=$1
  if [[ -L $1 ]]; then
    pallet_path=$(readlink -fn -- "$1" && printf x) || pallet_fail "Cannot follow the symbolic link $1"
    pallet_path=\${pallet_path%x}
  fi
}

pallet_hashes() { # FILE FILE; sets pallet_old and pallet_new: their SHA-256
  local both
  both=$(sha256sum -- "$1" "$2")
  pallet_old=\${both%%$'\n'*} pallet_new=\${both##*$'\n'}
  pallet_old=\${pallet_old#\\} pallet_new=\${pallet_new#\\} # a backslash marks a name with odd characters
  pallet_old=\${pallet_old%% *} pallet_new=\${pallet_new%% *}
}

pallet_hash() { # FILE; sets pallet_old: its SHA-256
  pallet_old=$(sha256sum -- "$1")
  pallet_old=\${pallet_old#\\} pallet_old=\${pallet_old%% *}
}

pallet_beside() { # KIND PATH; sets pallet_place: the directory of the state root that belongs to PATH
  case $2/ in
    */./* | */../*) pallet_fail "Cannot use path $2: it has . or .. in it" ;;
  esac
  pallet_place=$pallet_state/$1\${2//\/@/\/@@}
}

pallet_edited() { # PATH SHA256: whether PATH was written by Pallet and is no longer what Pallet left there
  local hash
  pallet_beside files "$1"
  [[ -s $pallet_place/@sha256 ]] || return 1 # empty: a run ended while it was written
  while read -r hash; do
    [[ $hash != "$2" ]] || return 1
  done <"$pallet_place/@sha256"
}

pallet_remember() { # PATH SHA256...: what may be found at PATH without anybody else having edited it
  pallet_beside files "$1"
  shift
  [[ -d $pallet_place ]] || pallet_places
  if [[ -e $pallet_place/@secret ]]; then # what is there holds secrets, until something else has taken its place
    (($# == 1)) || return 0
    rm -f -- "$pallet_place/@secret"
  fi
  printf '%s\n' "$@" >"$pallet_place/@sha256"
}

pallet_places() { # makes the directory pallet_place, and, while at it, those of the script's other files
  local place=$pallet_place path places=("$pallet_place")
  for path in \${pallet_files[@]+"\${pallet_files[@]}"}; do
    pallet_beside files "$path"
    [[ -d $pallet_place ]] || places+=("$pallet_place")
  done
  pallet_place=$place
  mkdir -p -- "\${places[@]}"
}

pallet_forget() { # PATH
  pallet_beside files "$1"
  rm -f -- "$pallet_place/@sha256" "$pallet_place/@secret"
}

pallet_keep() { # PATH COUNT: a copy of what is at PATH; of the copies the latest COUNT stay
  local at kept number=0 time
  pallet_beside files "$1"
  [[ ! -e $pallet_place/@secret ]] || return 0
  pallet_beside versions "$1"
  shopt -s nullglob
  kept=("$pallet_place"/@[0-9]*)
  shopt -u nullglob
  if (($2 > 0)); then
    if ((\${#kept[@]})); then
      number=\${kept[-1]##*/@}
      number=$((10#\${number%%-*} + 1))
    fi
    mkdir -p -- "$pallet_place"
    TZ=UTC printf -v time '%(%Y%m%dT%H%M%SZ)T' -1
    printf -v number '%08d' "$number"
    cp -p -- "$1" "$pallet_place/@$number-$time"
    kept+=("$pallet_place/@$number-$time")
  fi
  for ((at = 0; at < \${#kept[@]} - $2; at++)); do
    rm -f -- "\${kept[at]}"
  done
}

pallet_stage() { # DIRECTORY; sets pallet_staged: a new file in it, for root alone
  local tries
  umask 077
  set -C # nothing that is there already, a link least of all, is written to
  for ((tries = 0; tries < 10; tries++)); do
    pallet_staged=$1/.pallet.$BASHPID.$RANDOM$RANDOM
    if { : >"$pallet_staged"; } 2>/dev/null; then
      break
    fi
  done
  set +C
  umask 022
  ((tries < 10)) || : >>"$pallet_staged" || pallet_fail "Cannot make a file in \${1:-/}"
}

pallet_in_directory() { # PATH: the directory in which it is to be is there
  [[ -d \${1%/*}/ ]] || pallet_fail "Cannot write $1: there is no directory \${1%/*}"
}

pallet_install() { # NEW PATH OWNER GROUP MODE VERIFY: NEW takes the place of PATH at once, or not at all
  local new=$1 path=$2 owner=$3 group=$4 mode=$5 verify=$6 file give=()
  pallet_in_directory "$path"
  if [[ $new != "$pallet_staged" && ! -e $path && $mode != *[!0-7]* ]]; then
    file=\${path%/*}/.pallet.$BASHPID.$RANDOM$RANDOM # install takes away what has that name, and makes a new file
    pallet_staged=$file
    trap 'rm -f -- "$pallet_staged"' EXIT
    give=(\${owner:+-o "$owner"} \${group:+-g "$group"})
    install \${give[@]+"\${give[@]}"} -m "\${mode:-0644}" -T -- "$new" "$file" ||
      pallet_fail "Cannot write $path\${owner:+ for user $owner}\${group:+ for group $group}"
  else
    [[ $new == "$pallet_staged" ]] || pallet_stage "\${path%/*}"
    file=$pallet_staged
    trap 'rm -f -- "$pallet_staged"' EXIT
    pallet_fill
  fi
  if [[ -n $verify ]]; then
    file=$file bash -c "$verify" verify || pallet_fail "Cannot install $path: its verify command failed: $verify"
  fi
  mv -fT -- "$file" "$path"
  trap - EXIT
}

pallet_fill() { # a staged file with what is new, and with the attributes of what it replaces; with the caller's variables
  local user_group=$owner\${group:+:$group} to
  exec {to}>>"$file" # while it may be written to
  [[ ! -e $path ]] || cp --attributes-only --preserve=all -- "$path" "$file"
  if [[ -n $user_group ]]; then
    chown -- "$user_group" "$file" ||
      pallet_fail "Cannot give $path to \${owner:+user $owner }\${group:+group $group}"
  fi
  if [[ -n $mode ]]; then
    chmod -- "$mode" "$file"
  elif [[ -n $user_group && -e $path ]]; then
    chmod --reference="$path" -- "$file" # a new owner takes set-user-id and set-group-id away
  fi
  # Last: nobody who may read what it replaces reads a secret that others may not.
  if [[ $new == "$file" ]]; then
    touch -- "$file" # it was staged as it came
  elif pallet_small "$new"; then
    printf %s "$pallet_text" >&"$to"
  else
    cat -- "$new" >&"$to"
  fi
  exec {to}>&-
}

pallet_edit() { # PATH NEW TEXT [differs]: puts NEW, an edit of PATH, in its place when it differs, or is known to
  local hash=()
  pallet_follow "$1"
  pallet_beside files "$pallet_path"
  if [[ \${4-} != differs || -e $pallet_place/@sha256 ]]; then
    pallet_hashes "$pallet_path" "$2"
    [[ $pallet_old != "$pallet_new" ]] || return 0
  fi
  pallet_diff "$pallet_path" "$2" "$1"
  if pallet_change "$3"; then
    pallet_beside files "$pallet_path"
    # An edit of ours is no reason to complain; one that somebody made before stays one.
    if [[ -e $pallet_place/@sha256 ]] && ! pallet_edited "$pallet_path" "$pallet_old"; then
      hash=("$pallet_new")
      pallet_remember "$pallet_path" "$pallet_old" "$pallet_new"
    fi
    pallet_install "$2" "$pallet_path" '' '' '' ''
    if ((\${#hash[@]})); then
      pallet_remember "$pallet_path" "\${hash[@]}"
    fi
  fi
}
`.text;
