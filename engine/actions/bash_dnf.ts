import { sh } from "../script/sh.ts";

/** Bash of dnf: the same functions as for apt, so far as the two are alike. */
export const dnfLibrary: string = sh`
pallet_dnf() { # SECONDS ARGUMENT...: dnf; waits so long for others who hold its lock
  local deadline=$((SECONDS + $1)) status options=()
  shift
  options+=(-y --setopt=exit_on_lock=True)
  [[ -z \${pallet_proxy-} ]] || options+=("--setopt=proxy=$pallet_proxy")
  while true; do
    status=0
    dnf "\${options[@]}" "$@" 2>&1 | tee -- "$pallet_tmp/dnf" || status=$?
    if ((!status)) || ! grep -q 'is running at the moment\|[Ff]ailed to obtain.*lock' "$pallet_tmp/dnf"; then
      return "$status"
    fi
    ((SECONDS < deadline)) || pallet_fail "Cannot run dnf: $(grep -m 1 'PID\|lock' "$pallet_tmp/dnf")"
    sleep 2
  done
}

pallet_dnf_errors() { # prints what dnf complained about, on one line
  local text
  text=$(grep '^Error\|^No match\|^Failed' "$pallet_tmp/dnf" | head -n 5) || text=
  printf '%s' "\${text//$'\n'/; }"
}

pallet_dnf_update() { # SECONDS
  pallet_dnf "$1" makecache || pallet_fail "Cannot update the lists of packages: $(pallet_dnf_errors)"
  : >"$pallet_state/packages-updated"
}

pallet_look_dnf() {
  pallet_dnf_look "\${pallet_packages[@]}"
}

pallet_dnf_has_all() { # WORD...
  local word
  pallet_look dnf
  for word in "$@"; do
    pallet_dnf_has "$word" || return 1
  done
}

pallet_dnf_look() { # WORD...; sets pallet_have: the versions of those that are installed, each with a space before and after
  local name version
  declare -gA pallet_have=()
  while IFS=$'\t' read -r name version; do
    [[ -z $version ]] || pallet_have[$name]+=" $version "
  done < <(rpm -q --qf '%{NAME}\t%{VERSION} %{VERSION}-%{RELEASE} %{EPOCHNUM}:%{VERSION}-%{RELEASE}\n' -- "\${@%%=*}" 2>/dev/null)
}

pallet_dnf_has() { # WORD: whether it is installed, in the version asked for if one is
  local version=\${pallet_have[\${1%%=*}]-}
  [[ -n $version ]] || return 1
  [[ $1 != *=* || $version == *" \${1#*=} "* ]]
}

pallet_dnf_change() { # SECONDS OPTION... -- WORD...: one transaction
  local seconds=$1 options=() words=() word
  shift
  pallet_options "$@"
  shift "$((\${#options[@]} + 1))"
  for word in "$@"; do
    words+=("\${word/=/-}")
  done
  pallet_dnf "$seconds" "\${options[@]}" "\${words[@]}" || pallet_fail "Cannot \${options[0]} $*: $(pallet_dnf_errors)"
}

pallet_dnf_install() { # SECONDS OPTION... -- WORD...
  local options=() wanted=() word
  pallet_options "$@"
  shift "$((\${#options[@]} + 1))"
  pallet_dnf_look "$@"
  for word in "$@"; do
    pallet_dnf_has "$word" || wanted+=("$word")
  done
  ((\${#wanted[@]})) || return 0
  pallet_change "install \${wanted[*]}" || return 0
  pallet_dnf_change "\${options[0]}" install "\${options[@]:1}" -- "\${wanted[@]}"
  pallet_dnf_look "\${wanted[@]}"
  for word in "\${wanted[@]}"; do
    pallet_dnf_has "$word" || pallet_fail "Cannot install $word: dnf ended well without it"
  done
}

pallet_dnf_upgrade() { # SECONDS OPTION... -- NAME...
  local options=() wanted=() name status
  pallet_options "$@"
  shift "$((\${#options[@]} + 1))"
  pallet_dnf_look "$@"
  for name in "$@"; do
    status=0
    if pallet_dnf_has "$name"; then
      pallet_dnf "\${options[0]}" -q check-update "$name" || status=$?
      ((status != 0)) || continue
      ((status == 100)) || pallet_fail "Cannot ask dnf for newer versions of $name: $(pallet_dnf_errors)"
    fi
    wanted+=("$name")
  done
  ((\${#wanted[@]})) || return 0
  if pallet_change "upgrade \${wanted[*]}"; then
    pallet_dnf_change "\${options[0]}" install "\${options[@]:1}" --best -- "\${wanted[@]}"
  fi
}

pallet_dnf_remove() { # SECONDS remove|purge NAME...
  local seconds=$1 wanted=() name
  shift 2
  pallet_dnf_look "$@"
  for name in "$@"; do
    ! pallet_dnf_has "$name" || wanted+=("$name")
  done
  ((\${#wanted[@]})) || return 0
  pallet_change "remove \${wanted[*]}" || return 0
  pallet_dnf_change "$seconds" remove -- "\${wanted[@]}"
  pallet_dnf_look "\${wanted[@]}"
  for name in "\${wanted[@]}"; do
    ! pallet_dnf_has "$name" || pallet_fail "Cannot remove $name: dnf ended well and it is still there"
  done
}
`.text;
