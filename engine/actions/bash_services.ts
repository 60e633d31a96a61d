import { sh } from "../script/sh.ts";

/**
 * Bash of services: one function a question, answered by whichever manager of services the node runs at that moment.
 */
export const servicesLibrary: string = sh`
pallet_service() { # NAME ACTION...
  local name=$1 manager action
  shift
  pallet_service_manager
  manager=$pallet_manager
  "pallet_service_look_$manager" "$name"
  [[ -n $pallet_loaded ]] || pallet_service_missing "$name" "$manager"
  for action in "$@"; do
    case $action in
      start) [[ -n $pallet_running ]] || pallet_service_do start yes ;;
      stop) [[ -z $pallet_running ]] || pallet_service_do stop '' ;;
      restart) pallet_service_do restart yes ;;
      reload)
        if [[ -n $pallet_running ]]; then
          pallet_service_do reload yes
        else
          pallet_service_do start yes
        fi
        ;;
      enable) [[ -n $pallet_enabled ]] || pallet_service_do enable "$pallet_running" ;;
      disable) [[ -z $pallet_enabled ]] || pallet_service_do disable "$pallet_running" ;;
    esac
  done
}

pallet_service_manager() { # sets pallet_manager, by what runs
  if [[ -d /run/systemd/system ]]; then
    pallet_manager=systemd
  elif [[ -d /run/runit || -d /etc/runit/runsvdir ]] && command -v sv >/dev/null; then
    pallet_manager=runit
  else
    pallet_manager=scripts
  fi
}

pallet_service_missing() { # NAME MANAGER: there is no such service
  case $2 in
    systemd) pallet_fail "There is no service $1: systemd has no unit of that name" ;;
    runit) pallet_fail "There is no service $1: runit has no directory /etc/sv/$1" ;;
    *)
      [[ -d /etc/init.d ]] || pallet_fail "Cannot control service $1: no manager of services runs on this node"
      pallet_fail "There is no service $1: no manager of services runs on this node, and there is no /etc/init.d/$1"
      ;;
  esac
}

pallet_service_do() { # ACTION RUNNING: a function of pallet_service; RUNNING: whether it is to run after it
  local status=0
  if pallet_change "$1 service $name"; then
    "pallet_service_$manager" "$1" "$name" || status=$?
    "pallet_service_look_$manager" "$name"
    if [[ $1 == *start && -n $pallet_running ]] && ((!status)); then
      sleep 0.2 # one that dies at once, of a wrong configuration, has done so by now
      "pallet_service_look_$manager" "$name"
    fi
    if ((status)) || [[ -n $2 && -z $pallet_running && $1 == *start ]]; then
      "pallet_service_log_$manager" "$name" || true
      pallet_fail "Cannot $1 service $name\${pallet_log:+: $pallet_log}"
    fi
  fi
  pallet_running=$2
}

# --- systemd ---

pallet_service_look_systemd() { # NAME; sets pallet_loaded, pallet_running, pallet_enabled and pallet_stale
  local key value
  pallet_loaded='' pallet_running='' pallet_enabled='' pallet_stale=''
  while IFS='=' read -r key value; do
    case $key=$value in
      LoadState=loaded | LoadState=masked) pallet_loaded=$value ;;
      ActiveState=active | ActiveState=reloading | ActiveState=activating) pallet_running=$value ;;
      UnitFileState=enabled | UnitFileState=static | UnitFileState=alias | UnitFileState=indirect)
        pallet_enabled=$value
        ;;
      UnitFileState=generated)
        if systemctl is-enabled --quiet -- "$1" 2>/dev/null; then
          pallet_enabled=$value
        fi
        ;;
      NeedDaemonReload=yes) pallet_stale=yes ;;
    esac
  done < <(systemctl show -p LoadState,ActiveState,SubState,UnitFileState,NeedDaemonReload -- "$1")
}

pallet_service_systemd() { # ACTION NAME
  if [[ -n $pallet_stale ]]; then
    systemctl daemon-reload
  fi
  if [[ $pallet_loaded == masked && $1 != stop && $1 != disable ]]; then
    pallet_fail "Cannot $1 service $2: it is masked"
  fi
  systemctl "$1" -- "$2"
}

pallet_service_log_systemd() { # NAME; prints the service's last messages, sets pallet_log to the last of them
  systemctl status --no-pager --lines 0 -- "$1" || true
  journalctl --unit "$1" --no-pager --lines 20 --output short-iso || true
  pallet_log=$(journalctl --unit "$1" --no-pager --lines 1 --output cat)
}

# --- runit ---

pallet_service_look_runit() { # NAME
  local state
  pallet_loaded='' pallet_running='' pallet_enabled=''
  [[ ! -d /etc/sv/$1 ]] || pallet_loaded=yes
  [[ ! -L /etc/service/$1 && ! -L /var/service/$1 ]] || pallet_enabled=yes
  state=$(sv status "$1" 2>/dev/null) || true
  [[ $state != run:* ]] || pallet_running=yes
}

pallet_service_runit() { # ACTION NAME
  local place=/etc/service
  [[ -d $place ]] || place=/var/service
  case $1 in
    start | stop | restart | reload) sv "$1" "$2" ;;
    enable) ln -s -- "/etc/sv/$2" "$place/$2" ;;
    disable) rm -f -- "$place/$2" ;;
  esac
}

pallet_service_log_runit() { # NAME
  pallet_log=$(sv status "$1" 2>&1)
}

# --- init scripts, which work without a manager as well ---

pallet_service_look_scripts() { # NAME
  local link
  pallet_loaded='' pallet_running='' pallet_enabled=''
  [[ -x /etc/init.d/$1 ]] || return 0
  pallet_loaded=yes
  if "/etc/init.d/$1" status >/dev/null 2>&1; then
    pallet_running=yes
  fi
  for link in /etc/rc[2-5].d/S[0-9][0-9]"$1"; do
    [[ ! -L $link ]] || pallet_enabled=yes
  done
}

pallet_service_scripts() { # ACTION NAME
  case $1 in
    start | stop | restart | reload) "/etc/init.d/$2" "$1" ;;
    enable | disable)
      if command -v update-rc.d >/dev/null; then
        [[ $1 == disable ]] || update-rc.d "$2" defaults
        update-rc.d "$2" "$1"
      elif command -v chkconfig >/dev/null; then
        if [[ $1 == enable ]]; then
          chkconfig "$2" on
        else
          chkconfig "$2" off
        fi
      else
        pallet_fail "Cannot $1 service $2: there is neither update-rc.d nor chkconfig"
      fi
      ;;
  esac
}

pallet_service_log_scripts() { # NAME
  pallet_log=$("/etc/init.d/$1" status 2>&1) || true
  pallet_log=\${pallet_log##*$'\n'}
}
`.text;
