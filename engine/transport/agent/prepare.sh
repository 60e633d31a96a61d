# shellcheck shell=bash disable=SC2034,SC2154 # a part: its variables are shared with the others
# Where scripts run and how they outlive the connection.

prepare() { # once: where output goes, and what outlives the connection
  local kind free size line place path=
  launcher=setsid
  locale=C
  if [[ -d /usr/lib/locale/C.utf8 || -d /usr/lib/locale/C.UTF-8 ]]; then
    locale=C.UTF-8
  fi
  ((EUID)) || HOME=~root
  # Besides its answer, this pipe carries nothing: to read from it is to wait, without a process.
  exec {idle}<> <([[ -z $memory ]] || exec stat -f -c '%T %a %S' -- "${memory%/*}")
  if [[ -n $memory ]]; then
    read -r -t 10 -u "$idle" kind free size
    if [[ $kind != tmpfs && $kind != ramfs ]] || ((free * size < 16 * kept)); then
      memory=
    fi
  fi
  # Where systemd ends what a session leaves behind, a script gets a scope of its own.
  # Only root can ask systemd for one.
  ((!EUID)) && [[ -S /run/systemd/private ]] && type -P systemd-run || return 0
  # Of the old hierarchies only one is systemd's, and it may not be in use.
  while IFS=: read -r _ line place; do
    if [[ (-z $line || $line == name=systemd) && ($place != / || -z $path) ]]; then
      path=$place
    fi
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
