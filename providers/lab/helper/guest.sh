# shellcheck shell=bash
# The inside of a node, from its fresh namespaces to its init. Arguments: KEY=VALUE. Descriptor 3 takes "started".
# Runs twice: as stage "outside" before, and as stage "inside" within the node's pid namespace.
set -euo pipefail
declare -A node=()
for pair in "$@"; do node[${pair%%=*}]=${pair#*=}; done
root=${node[dir]}/disk/root
disk=${node[dir]}/disk

# One end of the link is made in the machine's network namespace, held by a descriptor, the other here.
guest_network() {
  nsenter --net="/proc/self/fd/$LAB_NETWORK" ip -batch - <<BATCH
link add ${node[veth]} mtu ${node[mtu]} type veth peer name eth0 address ${node[mac]} mtu ${node[mtu]} netns $$
link set ${node[veth]} addrgenmode none
link set ${node[veth]} master ${node[bridge]} up
BATCH
  ip -batch - <<BATCH
link set lo up
address add ${node[address]}/${node[prefix]} dev eth0
link set eth0 up
route add default via ${node[gateway]}
BATCH
  exec {LAB_NETWORK}<&-
}

# The machine's own tree is no lower layer beside one that lies within it; an overlay of its own in between is.
guest_root() {
  local lower=${node[layer]}
  if [[ ${node[kind]} == host ]]; then
    mount -t tmpfs -o size=64k,mode=0755 tmpfs "$root"
    mkdir "$root/empty" "$root/host" "$root/node"
    mount -t overlay -o "ro,lowerdir=$root/empty:/" overlay "$root/host"
    lower=$lower:$root/host
    root=$root/node
  fi
  mount -t overlay -o "lowerdir=$lower,upperdir=$disk/upper,workdir=$disk/work" overlay "$root"
}

# What the machine keeps of its people is not for the nodes: these folders start empty and live on the node's disk.
guest_own_folders() {
  [[ ${node[kind]} == host ]] || return 0
  local folder mode
  for folder in root:0700 home:0755 tmp:1777 var/tmp:1777 mnt:0755 media:0755; do
    mode=${folder#*:}
    folder=${folder%:*}
    [[ -d $root/$folder && ! -L $root/$folder ]] || continue
    if [[ ! -d $disk/own/$folder ]]; then
      mkdir -p "$disk/own/$folder"
      chmod "$mode" "$disk/own/$folder"
    fi
    mount --bind "$disk/own/$folder" "$root/$folder"
  done
}

guest_devices() {
  local name
  mount -t tmpfs -o nosuid,mode=0755,size=4m tmpfs "$root/dev"
  mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/mqueue"
  for name in "null 1 3" "zero 1 5" "full 1 7" "random 1 8" "urandom 1 9" "tty 5 0"; do
    # shellcheck disable=SC2086 # name, major and minor are three words
    mknod -m 0666 "$root"/dev/${name%% *} c ${name#* }
  done
  mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts "$root/dev/pts"
  mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs "$root/dev/shm"
  mount -t mqueue mqueue "$root/dev/mqueue"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  for name in "0 stdin" "1 stdout" "2 stderr"; do ln -s "/proc/self/fd/${name% *}" "$root/dev/${name#* }"; done
}

# Settings of the kernel belong to the machine: readable, but writable only below net, which is the node's own.
guest_kernel() {
  mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
  mount --bind "$root/proc/sys" "$root/proc/sys"
  mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
  mount -o remount,bind,ro "$root/proc/sys"
  if [[ -e $root/proc/sysrq-trigger ]]; then
    mount --bind "$root/proc/sysrq-trigger" "$root/proc/sysrq-trigger"
    mount -o remount,bind,ro "$root/proc/sysrq-trigger"
  fi
  mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
  mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$root/sys/fs/cgroup"
  mount -t tmpfs -o nosuid,nodev,mode=0755 tmpfs "$root/run"
  mkdir -m 1777 "$root/run/lock"
}

# guest_identity HOST_KEY: names and keys of the node, at its first start only: later they are its own to change.
guest_identity() {
  local user=${node[user]} home
  rm -f /etc/hostname /etc/hosts /etc/resolv.conf /etc/machine-id /var/lib/dbus/machine-id /etc/ssh/ssh_host_*
  printf '%s\n' "${node[hostname]}" >/etc/hostname
  printf '127.0.0.1 localhost\n%s %s\n::1 localhost ip6-localhost ip6-loopback\n' \
    "${node[address]}" "${node[hostname]}" >/etc/hosts
  printf '%s' "${node[resolv]}" >/etc/resolv.conf
  printf '%s\n' "${node[machine]}" >/etc/machine-id
  mkdir -p /etc/ssh
  (umask 077 && printf '%s\n' "$1" >/etc/ssh/ssh_host_ed25519_key)
  printf '%s\n' "${node[hostpub]}" >/etc/ssh/ssh_host_ed25519_key.pub
  if [[ $user != root ]] && ! id -u "$user" >/dev/null 2>&1; then
    useradd --create-home --shell /bin/bash "$user"
    (umask 0227 && printf '%s ALL=(ALL) NOPASSWD:ALL\n' "$user" >"/etc/sudoers.d/90-$user")
  fi
  home=$(getent passwd "$user" | cut -d: -f6)
  install -d -m 0700 "$home/.ssh"
  (umask 077 && printf '%s\n' "${node[key]}" >"$home/.ssh/authorized_keys")
  chown -R "$user:" "$home/.ssh"
}

# Process 1 of an image without systemd: keeps sshd up, reaps what is orphaned, ends when asked to.
# shellcheck disable=SC2016 # expanded by the init itself
guest_init='
set -m
trap "exit 0" TERM
mkdir -p -m 0755 /run/sshd
while :; do
  /usr/sbin/sshd -D -e &
  wait "$!"
  sleep 0.2
done'

# The first process of the node's pid namespace.
guest_main() {
  local host_key='' path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  local limit=(setpriv --bounding-set "-sys_module,-sys_time,-sys_rawio")
  guest_kernel
  if [[ ! -e $disk/prepared ]]; then host_key=$(<"${node[dir]}/host_key"); fi
  cd "$root"
  pivot_root . .
  umount -l .
  cd /
  if [[ -n $host_key ]]; then guest_identity "$host_key"; fi
  printf 'started\n' >&3
  exec 3>&-
  if [[ ${node[init]} == systemd ]]; then
    exec env -i PATH="$path" TERM=linux container=pallet-lab "${limit[@]}" -- /lib/systemd/systemd
  fi
  exec env -i PATH="$path" LANG=C.UTF-8 container=pallet-lab "${limit[@]}" -- bash -c "$guest_init" init
}

if [[ $LAB_STAGE == outside ]]; then
  printf -- '--- start %(%Y-%m-%dT%H:%M:%S)T\n' -1
  # By the program first: inside a container the file may be read-only where the call is allowed.
  hostname "${node[hostname]}" 2>/dev/null || printf '%s\n' "${node[hostname]}" >/proc/sys/kernel/hostname
  guest_network
  guest_root
  guest_own_folders
  guest_devices
  # The first child of the next stage is process 1 of the node; the stage itself stays outside and goes.
  exec env LAB_STAGE=inside "LAB_ROOT=$root" unshare --pid -- bash -c "$LAB_GUEST" lab "$@"
fi
root=$LAB_ROOT
# Job control, because without it a background process ignores the interrupt signal, and all of the node with it.
set -m
guest_main &
