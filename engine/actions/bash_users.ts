import { sh } from "../script/sh.ts";

/** Bash of users. */
export const usersLibrary: string = sh`
pallet_is_user() { # NAME manage|create [KEY=VALUE]...
  local word fields gid
  pallet_look users
  [[ \${pallet_entries[passwd:$1]-} =~ ^[^:]*:[^:]*:([^:]*):([^:]*):([^:]*):([^:]*):(.*)$ ]] || return 1
  [[ $2 == manage ]] || return 0
  fields=("\${BASH_REMATCH[@]:1}") gid=\${BASH_REMATCH[2]}
  for word in "\${@:3}"; do
    case $word in
      uid="\${fields[0]}" | group="$gid" | comment="\${fields[2]}" | home="\${fields[3]}" | shell="\${fields[4]}") : ;;
      group=*) pallet_is_group_of "\${word#*=}" "$gid" || return 1 ;;
      groups=*) pallet_is_in "$1" "\${word#*=}" || return 1 ;;
      create_home=* | append=* | system=*) : ;; # say how, and not what
      *) return 1 ;;
    esac
  done
}

pallet_is_group_of() { # GROUP GID
  pallet_look groups
  [[ \${pallet_entries[group:$1]-} == *:*:"$2":* ]]
}

pallet_is_in() { # USER GROUP,...: among their members
  local group groups
  pallet_look groups
  IFS=, read -r -a groups <<<"$2"
  for group in "\${groups[@]}"; do
    [[ ,\${pallet_entries[group:$group]##*:}, == *,"$1",* ]] || return 1
  done
}

pallet_user() { # NAME manage|create [KEY=VALUE]...
  local name=$1 action=$2 word entry
  local -A want=()
  shift 2
  for word in "$@"; do
    want[\${word%%=*}]=\${word#*=}
  done
  if ! entry=$(getent passwd "$name"); then
    if pallet_change "create user $name"; then
      pallet_user_create
    fi
  elif [[ $action == manage ]]; then
    pallet_user_manage "$entry"
  fi
}

pallet_user_create() { # a function of pallet_user, with its variables
  local command=(useradd)
  [[ ! -v want[shell] ]] || command+=(-s "\${want[shell]}")
  [[ ! -v want[home] ]] || command+=(-d "\${want[home]}")
  [[ ! -v want[uid] ]] || command+=(-u "\${want[uid]}")
  [[ ! -v want[comment] ]] || command+=(-c "\${want[comment]}")
  [[ ! -v want[system] ]] || command+=(-r)
  [[ -z \${want[groups]-} ]] || command+=(-G "\${want[groups]}")
  if [[ -v want[group] ]]; then
    command+=(-g "\${want[group]}")
  elif getent group "$name" >/dev/null; then
    command+=(-g "$name")
  else
    command+=(-U)
  fi
  if [[ \${want[create_home]} == true ]]; then
    [[ ! -v want[home] || -d \${want[home]%/*}/ ]] || mkdir -p -- "\${want[home]%/*}"
    command+=(-m)
  else
    command+=(-M)
  fi
  "\${command[@]}" -- "$name" || pallet_fail "Cannot create user $name"
  if [[ -v want[password] ]]; then
    pallet_user_password
  fi
}

pallet_user_password() { # by standard input: arguments are for everybody to read
  printf '%s:%s\n' "$name" "\${want[password]}" | chpasswd -e || pallet_fail "Cannot set the password of user $name"
}

pallet_user_manage() { # PASSWD-ENTRY; a function of pallet_user, with its variables
  local uid gid comment home shell group
  IFS=: read -r _ _ uid gid comment home shell <<<"$1"
  pallet_user_set uid "$uid" -u
  pallet_user_set comment "$comment" -c
  pallet_user_set home "$home" -d
  pallet_user_set shell "$shell" -s
  if [[ -v want[group] ]]; then
    group=$(getent group "$gid") || group=$gid
    group=\${group%%:*}
    [[ \${want[group]} == "$gid" ]] || pallet_user_set group "$group" -g
  fi
  if [[ -v want[groups] ]]; then
    pallet_user_groups "$gid"
  fi
  if [[ -v want[password] ]]; then
    entry=$(getent shadow "$name") || pallet_fail "Cannot read the password of user $name"
    entry=\${entry#*:}
    if [[ \${entry%%:*} != "\${want[password]}" ]]; then
      if pallet_change "set password of user $name"; then
        pallet_user_password
      fi
    fi
  fi
}

pallet_user_set() { # KEY IS OPTION: one field of the user
  [[ -v want[$1] && \${want[$1]} != "$2" ]] || return 0
  if pallet_change "set $1 of user $name to \${want[$1]}\${2:+ (was $2)}"; then
    usermod "$3" "\${want[$1]}" -- "$name" || pallet_fail "Cannot set $1 of user $name to \${want[$1]}"
  fi
}

pallet_user_groups() { # GID: further groups, without the primary one
  local word group gid members added='' extra=''
  local -A is=() named=()
  while IFS=: read -r group _ gid members; do
    [[ ,$members, != *,"$name",* ]] || is[$group]=1
  done < <(getent group)
  while IFS= read -r -d , word; do
    named[$word]=1
    [[ -n \${is[$word]-} ]] || added+=\${added:+,}$word
  done <<<"\${want[groups]:+\${want[groups]},}"
  if [[ ! -v want[append] ]]; then
    for group in "\${!is[@]}"; do
      [[ -n \${named[$group]-} ]] || extra+=\${extra:+,}$group
    done
  fi
  if [[ -n $added ]] && pallet_change "add user $name to $added"; then
    usermod -a -G "$added" -- "$name" || pallet_fail "Cannot add user $name to $added"
  fi
  if [[ -n $extra ]] && pallet_change "take user $name out of $extra"; then
    usermod -G "\${want[groups]}" -- "$name" || pallet_fail "Cannot take user $name out of $extra"
  fi
}

pallet_user_shadow() { # NAME; sets pallet_password and pallet_expires
  local entry
  entry=$(getent shadow "$1") || pallet_fail "There is no user $1"
  IFS=: read -r _ pallet_password _ _ _ _ _ pallet_expires _ <<<"$entry"
}

pallet_user_lock() { # NAME: no password fits, and the account has expired, which shuts out keys as well
  pallet_user_shadow "$1"
  if [[ $pallet_password != '!'* || $pallet_expires != 1 ]]; then
    if pallet_change "lock user $1"; then
      usermod -L -e 1 -- "$1" || pallet_fail "Cannot lock user $1"
    fi
  fi
}

pallet_user_unlock() { # NAME
  local command=(usermod -e '')
  pallet_user_shadow "$1"
  # A lone mark is no password that was locked: there never was one.
  case $pallet_password in
    '!' | '!!' | '!*' | '*') : ;;
    '!'*) command+=(-U) ;;
  esac
  if [[ \${#command[@]} == 4 || $pallet_expires == 1 ]]; then
    if pallet_change "unlock user $1"; then
      "\${command[@]}" -- "$1" || pallet_fail "Cannot unlock user $1"
    fi
  fi
}

pallet_user_remove() { # NAME HOME FORCE
  local command=(userdel)
  getent passwd "$1" >/dev/null || return 0
  if pallet_change "remove user $1"; then
    [[ $2 != true ]] || command+=(-r)
    [[ $3 != true ]] || command+=(-f)
    "\${command[@]}" -- "$1" || pallet_fail "Cannot remove user $1"
  fi
}
`.text;
