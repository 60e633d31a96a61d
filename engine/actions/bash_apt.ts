import { sh } from "../script/sh.ts";

/** Bash of apt: runs it, waits for others, looks up what is installed and what is offered. */
export const aptLibrary: string = sh`
pallet_apt() { # SECONDS ARGUMENT...: apt-get; waits so long for others who hold its locks
  local deadline=$((SECONDS + $1)) status repaired='' options=()
  shift
  options+=(-q -y -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold)
  if [[ -n \${pallet_proxy-} ]]; then
    options+=(-o "Acquire::http::Proxy=$pallet_proxy" -o "Acquire::https::Proxy=$pallet_proxy")
  fi
  while true; do
    status=0
    DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get "\${options[@]}" "$@" 2>&1 |
      tee -- "$pallet_tmp/apt" || status=$?
    ((status)) || return 0
    if grep -qE '^E: (Could not get lock|Unable to (lock|acquire))' "$pallet_tmp/apt"; then
      ((SECONDS < deadline)) || pallet_fail "Cannot run apt-get: $(pallet_apt_holder)"
      sleep 2
    elif [[ -z $repaired ]] && grep -q '^E: dpkg was interrupted' "$pallet_tmp/apt"; then
      repaired=yes
      DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --configure -a
    else
      return "$status"
    fi
  done
}

pallet_apt_holder() { # prints who has a lock of dpkg or apt
  local places place process name
  places=$(find /proc/[0-9]*/fd '(' -lname '/var/lib/dpkg/lock*' -o -lname /var/lib/apt/lists/lock \
    -o -lname /var/cache/apt/archives/lock ')' 2>/dev/null) || true
  while IFS= read -r place; do
    process=\${place#/proc/} process=\${process%%/*}
    if read -r name <"/proc/$process/comm"; then
      printf 'process %s (%s) holds its lock' "$process" "$name"
      return 0
    fi
  done <<<"$places" 2>/dev/null
  printf 'another process holds its lock'
}

pallet_apt_errors() { # prints what apt-get complained about, on one line
  local text
  text=$(grep '^E: ' "$pallet_tmp/apt" | head -n 5) || text=
  text=\${text//$'\n'E: /; }
  printf '%s' "\${text#E: }"
}

pallet_apt_update() { # SECONDS [OPTION...]
  local seconds=$1
  shift
  pallet_apt "$seconds" "$@" update || pallet_fail "Cannot update the lists of packages: $(pallet_apt_errors)"
  : >"$pallet_state/packages-updated"
}

pallet_look_apt() {
  pallet_apt_list "\${pallet_packages[@]}" || pallet_have=() pallet_left=()
}

pallet_apt_has_all() { # WORD...: of each its version, or any
  local word
  pallet_look apt
  for word in "$@"; do
    [[ -n \${pallet_have[\${word%%=*}]-} ]] || return 1
    [[ $word != *=* || \${pallet_have[\${word%%=*}]} == "\${word#*=}" ]] || return 1
  done
}

pallet_apt_look() { # WORD...; as pallet_apt_list, or the action ends
  pallet_apt_list "$@" || pallet_fail 'Cannot ask dpkg what is installed'
}

pallet_apt_list() { # WORD...; sets pallet_have: versions of those that are installed; pallet_left: what a removal left
  local name architecture version state list status=0
  declare -gA pallet_have=() pallet_left=()
  list=$(exec dpkg-query -W -f '\${Package}\t\${Architecture}\t\${Version}\t\${db:Status-Status}\n' -- "\${@%%=*}" 2>/dev/null) ||
    status=$?
  ((status <= 1)) || return 1
  while IFS=$'\t' read -r name architecture version state; do
    if [[ $state == installed ]]; then
      pallet_have[$name]=$version
      pallet_have[$name:$architecture]=$version
    elif [[ $state != not-installed && -n $name ]]; then
      pallet_left[$name]=$version
      pallet_left[$name:$architecture]=$version
    fi
  done <<<"$list"
}

pallet_apt_offers() { # WORD...; sets pallet_offers: the version that would be installed, of exactly these names
  local line name=
  declare -gA pallet_offers=()
  while IFS= read -r line; do
    case $line in
      '  Candidate: (none)') : ;;
      '  Candidate: '*) [[ -z $name ]] || pallet_offers[$name]=\${line#  Candidate: } ;;
      ' '*) : ;;
      *:) name=\${line%:} ;;
    esac
  done < <(apt-cache policy -- "\${@%%=*}" 2>/dev/null)
  # apt leaves the node's own architecture, and that of packages for all, out of names.
  for name in "\${@%%=*}"; do
    [[ $name == *:* ]] || continue
    if [[ $name == *:all || $name == *:"$(dpkg --print-architecture)" ]] &&
      [[ -n \${pallet_offers[\${name%:*}]-} ]]; then
      pallet_offers[$name]=\${pallet_offers[\${name%:*}]}
    fi
  done
}

pallet_apt_missing() { # WORD...; prints those that no source offers
  local word
  for word in "$@"; do
    [[ -n \${pallet_offers[\${word%%=*}]-} ]] || printf '%s\n' "\${word%%=*}"
  done
}

pallet_apt_known() { # SECONDS WORD...: all of them are offered, if need be by newer lists
  local seconds=$1 unknown providers
  shift
  if ! compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null; then
    pallet_apt_update "$seconds"
  fi
  pallet_apt_offers "$@"
  unknown=$(pallet_apt_missing "$@")
  [[ -n $unknown ]] || return 0
  pallet_apt_update "$seconds"
  pallet_apt_offers "$@"
  unknown=$(pallet_apt_missing "$@")
  [[ -n $unknown ]] || return 0
  unknown=\${unknown%%$'\n'*}
  providers=$(apt-cache showpkg -- "$unknown" 2>/dev/null | awk -v name="$unknown" '
    /^Package: / { mine = $2 == name; listed = 0; next }
    listed && $1 != "" && !seen[$1]++ { printf "%s ", $1 }
    mine && /^Reverse Provides:/ { listed = 1 }
  ') || providers=
  [[ -z $providers ]] ||
    pallet_fail "Cannot install $unknown: it is the name of a service that these provide: \${providers% }; name one of them"
  pallet_fail "There is no package $unknown: no source of this node offers it"
}

pallet_apt_exact() { # WORD...; sets pallet_words: arguments that mean exactly these
  local word
  pallet_words=()
  for word in "$@"; do
    # apt takes a last + or - of a version for "install" or "remove", and off; a + of ours is taken off instead.
    [[ $word != *=*[-+] ]] || word+=+
    pallet_words+=("$word")
  done
}

pallet_apt_change() { # SECONDS OPTION... -- WORD...: one transaction; with newer lists when these are out of date
  local seconds=$1 options=()
  shift
  pallet_options "$@"
  shift "$((\${#options[@]} + 1))"
  pallet_apt_exact "$@"
  pallet_apt "$seconds" "\${options[@]}" -- "\${pallet_words[@]}" && return
  if grep -qE 'was not found|Unable to fetch|404 +Not Found' "$pallet_tmp/apt"; then
    pallet_apt_update "$seconds"
    pallet_apt "$seconds" "\${options[@]}" -- "\${pallet_words[@]}" && return
  fi
  pallet_fail "Cannot \${options[0]} $*: $(pallet_apt_errors)"
}

pallet_apt_install() { # SECONDS OPTION... -- WORD...: those that are not installed, or not in the version asked for
  local options=() wanted=() word
  pallet_options "$@"
  shift "$((\${#options[@]} + 1))"
  pallet_apt_look "$@"
  for word in "$@"; do
    if [[ -z \${pallet_have[\${word%%=*}]-} ]]; then
      wanted+=("$word")
    elif [[ $word == *=* && \${pallet_have[\${word%%=*}]} != "\${word#*=}" ]]; then
      wanted+=("$word")
      options+=(--allow-downgrades)
    fi
  done
  ((\${#wanted[@]})) || return 0
  pallet_change "install \${wanted[*]}" || return 0
  pallet_apt_known "\${options[0]}" "\${wanted[@]}"
  pallet_apt_change "\${options[0]}" install "\${options[@]:1}" -- "\${wanted[@]}"
  pallet_apt_look "\${wanted[@]}"
  for word in "\${wanted[@]}"; do
    if [[ -z \${pallet_have[\${word%%=*}]-} || ($word == *=* && \${pallet_have[\${word%%=*}]} != "\${word#*=}") ]]; then
      pallet_fail "Cannot install $word: apt-get ended well without it"
    fi
  done
}

pallet_apt_upgrade() { # SECONDS OPTION... -- NAME...: to what the sources offer; those that are missing are installed
  local options=() wanted=() name
  pallet_options "$@"
  shift "$((\${#options[@]} + 1))"
  pallet_apt_look "$@"
  if ((!pallet_check)); then
    pallet_apt_known "\${options[0]}" "$@"
  else
    pallet_apt_offers "$@"
  fi
  for name in "$@"; do
    [[ \${pallet_have[$name]-} == "\${pallet_offers[$name]-none}" ]] || wanted+=("$name")
  done
  ((\${#wanted[@]})) || return 0
  if pallet_change "upgrade \${wanted[*]}"; then
    pallet_apt_change "\${options[0]}" install "\${options[@]:1}" -- "\${wanted[@]}"
  fi
}

pallet_apt_remove() { # SECONDS remove|purge NAME...
  local seconds=$1 action=$2 wanted=() name
  shift 2
  pallet_apt_look "$@"
  for name in "$@"; do
    if [[ -n \${pallet_have[$name]-} ]] || [[ $action == purge && -n \${pallet_left[$name]-} ]]; then
      wanted+=("$name")
    fi
  done
  ((\${#wanted[@]})) || return 0
  pallet_change "$action \${wanted[*]}" || return 0
  pallet_apt_change "$seconds" "$action" -- "\${wanted[@]}"
  pallet_apt_look "\${wanted[@]}"
  for name in "\${wanted[@]}"; do
    [[ -z \${pallet_have[$name]-} ]] || pallet_fail "Cannot $action $name: apt-get ended well and it is still there"
  done
}
`.text;
