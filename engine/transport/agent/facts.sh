# shellcheck shell=bash disable=SC2034,SC2154 # a part: its variables are shared with the others
# What the node is.

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
  name=$HOSTTYPE # what bash was built for, without a process where that is all there is to know
  [[ $name == x86_64 || $name == aarch64 ]] || name=$(uname -m)
  printf '@fact ARCH %s\n' "$name"
  name=''
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
  printf '@fact BOOT %s\n' "$era"
  printf '@fact BASH %s\n' "$BASH_VERSION"
  addresses
  tags
}
