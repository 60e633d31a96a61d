# shellcheck shell=bash
# Starting, stopping and removing one node. Its folder holds disk/ (what it wrote) and console.log.

# Takes the lock of a node's folder for the rest of this job.
lab_node_lock() {
  exec {lab_lock}<"$1"
  flock -w 60 "$lab_lock" || lab_fail "another command is at work on $1 for more than a minute"
}

# node-start KEY=VALUE...: keys as in start() of nodes.ts.
lab_node_start() {
  local -A node=()
  local pair answer dir groups path network
  for pair in "$@"; do node[${pair%%=*}]=${pair#*=}; done
  dir=${node[dir]}
  lab_node_lock "$dir"
  if lab_cgroup_populated "${node[cgroup]}"; then return 0; fi
  groups=$(lab_cgroup_make "${node[cgroup]}" "${node[memory]}" "${node[cores]}")
  # One by one: a folder that is being removed must not come back by this.
  for path in disk disk/upper disk/work disk/root; do
    if [[ ! -d $dir/$path ]]; then mkdir "$dir/$path"; fi
  done
  # A link that a dying node of the same address has not given back yet would be in the way.
  if [[ -e /sys/class/net/${node[veth]} ]]; then ip link delete "${node[veth]}" 2>/dev/null || true; fi
  exec {network}</proc/self/ns/net
  answer=$(
    exec 3>&1 >>"$dir/console.log" 2>&1 </dev/null
    for path in $groups; do echo "$BASHPID" >"$path/cgroup.procs"; done
    exec {lab_lock}<&-
    exec env LAB_STAGE=outside "LAB_NETWORK=$network" "LAB_GUEST=$LAB_GUEST" \
      setsid unshare --mount --net --uts --ipc --cgroup -- bash -c "$LAB_GUEST" lab "$@"
  ) || true
  exec {network}<&-
  if [[ $answer != started ]]; then
    lab_cgroup_kill "${node[cgroup]}"
    lab_fail "the node did not start: $(tail -n 5 "$dir/console.log" | tr '\n' ' ')"
  fi
  : >"$dir/disk/prepared"
}

# node-stop DIR CGROUP SECONDS: asks init to power off, and ends what is left after the time.
lab_node_stop() {
  local dir=$1 cgroup=$2 seconds=$3 init end
  lab_node_lock "$dir"
  init=$(lab_cgroup_init "$cgroup")
  if [[ -n $init && $seconds -gt 0 ]]; then
    end=$((SECONDS + seconds))
    # SIGRTMIN+4 is how systemd is asked to power off; the lab's own init takes TERM.
    if [[ $(<"/proc/$init/comm") == systemd ]]; then kill -s RTMIN+4 "$init"; else kill -TERM "$init"; fi
    while lab_cgroup_populated "$cgroup" && ((SECONDS < end)); do sleep 0.05; done
  fi
  lab_cgroup_kill "$cgroup"
  lab_cgroup_remove "$cgroup"
}

# node-remove DIR CGROUP VETH: ends and removes a node and its disk.
lab_node_remove() {
  local dir=$1 cgroup=$2 veth=$3
  if [[ -d $dir ]]; then lab_node_lock "$dir"; fi
  lab_cgroup_kill "$cgroup"
  lab_cgroup_remove "$cgroup"
  # The kernel takes a dead network namespace down a moment later; the next node may want the name now.
  if [[ -e /sys/class/net/$veth ]]; then ip link delete "$veth" 2>/dev/null || true; fi
  rm -rf --one-file-system -- "$dir"
}

# node-console DIR CGROUP: what the node said last, for a message.
lab_node_console() {
  local init
  tail -n 15 "$1/console.log" 2>/dev/null || true
  init=$(lab_cgroup_init "$2")
  if [[ -z $init || $(<"/proc/$init/comm") != systemd ]]; then return 0; fi
  timeout 5 nsenter --target "$init" --all -- systemctl list-jobs --no-pager 2>&1 </dev/null | tail -n 10 || true
  timeout 5 nsenter --target "$init" --all -- journalctl -b -n 15 --no-pager 2>&1 </dev/null || true
}
