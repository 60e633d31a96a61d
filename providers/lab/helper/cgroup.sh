# shellcheck shell=bash
# A node's processes are found by its cgroup, whose name is known before the first process is made.

# Prints where the cgroup2 hierarchy is mounted.
lab_cgroup_root() {
  local type path rest
  while read -r _ path type rest; do
    if [[ $type == cgroup2 ]]; then
      printf '%s\n' "$path"
      return 0
    fi
  done </proc/self/mounts
  lab_fail "no cgroup2 hierarchy is mounted; mount one: mount -t cgroup2 none /sys/fs/cgroup/unified"
}

# Prints where a controller of the first cgroup version is mounted, or nothing.
lab_cgroup_v1() {
  local path type options rest
  while read -r _ path type options rest; do
    if [[ $type == cgroup && ,$options, == *,"$1",* ]]; then
      printf '%s\n' "$path"
      return 0
    fi
  done </proc/self/mounts
}

# lab_cgroup_make GROUP MEGABYTES CORES: makes the node's cgroup; 0 means no limit. Prints directories to join.
lab_cgroup_make() {
  local group=$1 memory=$2 cores=$3 root path controller
  root=$(lab_cgroup_root)
  mkdir -p "$root/$group"
  printf '%s\n' "$root/$group"
  if ((memory > 0)); then
    lab_cgroup_limit "$root" "$group" memory memory.max memory.limit_in_bytes "$((memory * 1048576))"
  fi
  if ((cores > 0)); then
    lab_cgroup_limit "$root" "$group" cpu cpu.max cpu.cfs_quota_us "$((cores * 100000))"
  fi
}

# lab_cgroup_limit ROOT GROUP CONTROLLER FILE2 FILE1 VALUE: a limit by whichever version has the controller.
lab_cgroup_limit() {
  local root=$1 group=$2 controller=$3 file2=$4 file1=$5 value=$6 path
  if grep -qw "$controller" "$root/cgroup.controllers"; then
    echo "+$controller" >"$root/cgroup.subtree_control"
    echo "+$controller" >"$root/${group%/*}/cgroup.subtree_control"
    echo "$value" >"$root/$group/$file2"
    return 0
  fi
  path=$(lab_cgroup_v1 "$controller")
  if [[ -z $path ]]; then lab_fail "this machine has no cgroup controller \"$controller\", by which a node is limited"; fi
  mkdir -p "$path/$group"
  echo "$value" >"$path/$group/$file1"
  printf '%s\n' "$path/$group"
}

# lab_cgroup_populated GROUP: whether the node has a process.
lab_cgroup_populated() {
  local root
  root=$(lab_cgroup_root)
  grep -qs '^populated 1$' "$root/$1/cgroup.events"
}

# lab_cgroup_kill GROUP: ends every process of the node, and waits until they are gone (at most 20 s).
lab_cgroup_kill() {
  local root end=$((SECONDS + 20)) pid
  root=$(lab_cgroup_root)
  while grep -qs '^populated 1$' "$root/$1/cgroup.events"; do
    if ((SECONDS > end)); then lab_fail "the processes of the node do not end: $(lab_cgroup_pids "$root/$1")"; fi
    if [[ -e $root/$1/cgroup.kill ]]; then
      echo 1 >"$root/$1/cgroup.kill"
    else
      for pid in $(lab_cgroup_pids "$root/$1"); do kill -KILL "$pid" 2>/dev/null || true; done
    fi
    sleep 0.02
  done
}

lab_cgroup_pids() {
  find "$1" -name cgroup.procs -exec cat {} + 2>/dev/null | tr '\n' ' '
}

# lab_cgroup_remove GROUP: removes the node's empty cgroups, and the lab's when it was the last.
lab_cgroup_remove() {
  local path
  while read -r path; do
    if [[ ! -d $path/$1 ]]; then continue; fi
    find "$path/$1" -depth -type d -exec rmdir {} +
    rmdir "$path/${1%/*}" 2>/dev/null || true
  done < <(lab_cgroup_root; lab_cgroup_v1 memory; lab_cgroup_v1 cpu)
}

# lab_cgroup_init GROUP: prints the pid, here, of the node's process 1.
lab_cgroup_init() {
  local root pid key values
  root=$(lab_cgroup_root)
  for pid in $(lab_cgroup_pids "$root/$1"); do
    while read -r key values; do
      if [[ $key == NSpid: && $values == *[[:space:]]1 ]]; then
        printf '%s\n' "$pid"
        return 0
      fi
    done < <(cat "/proc/$pid/status" 2>/dev/null)
  done
}
