# shellcheck shell=bash
# The lab's network: one bridge with an address of the machine's, one nft table that translates and filters.

# Sets forwarding on, once for all labs of this machine, and notes that it was off.
lab_forwarding_on() {
  [[ $(</proc/sys/net/ipv4/ip_forward) == 0 ]] || return 0
  mkdir -p /run/pallet-lab
  : >/run/pallet-lab/forwarding-was-off
  echo 1 >/proc/sys/net/ipv4/ip_forward
}

# Sets forwarding off again when a lab set it on and no lab is left.
lab_forwarding_off() {
  [[ -e /run/pallet-lab/forwarding-was-off ]] || return 0
  if nft list tables | grep -q ' pallet_lab_'; then return 0; fi
  echo 0 >/proc/sys/net/ipv4/ip_forward
  rm -f /run/pallet-lab/forwarding-was-off
  rmdir /run/pallet-lab 2>/dev/null || true
}

# network-up BRIDGE TABLE GATEWAY/PREFIX SUBNET LAB_DIR: makes what is missing of it, for nodes that are recorded.
lab_network_up() {
  local bridge=$1 table=$2 gateway=$3 subnet=$4 lab=$5 lock mtu device
  exec {lock}</run
  flock "$lock"
  # A helper may live a moment longer than its command, and must not build what the next one has removed.
  if ! compgen -G "$lab/nodes/*" >/dev/null; then lab_fail "the lab has no node"; fi
  if [[ ! -e /sys/class/net/$bridge ]]; then
    if ip -4 -o address show to "$subnet" | grep -q .; then
      lab_fail "the subnet $subnet is in use on this machine: $(ip -4 -o address show to "$subnet" | head -n 1)"
    fi
    ip link add "$bridge" type bridge forward_delay 0 stp_state 0
  fi
  device=$(ip -4 -o route show default | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
  mtu=1500
  if [[ -n $device && -e /sys/class/net/$device/mtu ]]; then mtu=$(<"/sys/class/net/$device/mtu"); fi
  ip -batch - <<BATCH
address replace $gateway dev $bridge
link set $bridge mtu $mtu up
BATCH
  lab_forwarding_on
  if ! nft list table inet "$table" >/dev/null 2>&1; then
    nft -f - <<RULES
table inet $table {
  chain outwards {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr $subnet oifname != "$bridge" masquerade
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname "$bridge" accept
    oifname "$bridge" ct state established,related accept
    oifname "$bridge" drop
  }
}
RULES
  fi
  echo "mtu=$mtu"
  exec {lock}<&-
}

# network-down BRIDGE TABLE LAB_DIR: removes the network unless a node is left.
lab_network_down() {
  local bridge=$1 table=$2 lab=$3 lock
  exec {lock}</run
  flock "$lock"
  if compgen -G "$lab/nodes/*" >/dev/null || compgen -G "$lab/removed/*" >/dev/null; then return 0; fi
  if [[ -e /sys/class/net/$bridge ]]; then ip link delete "$bridge"; fi
  if nft list table inet "$table" >/dev/null 2>&1; then nft delete table inet "$table"; fi
  lab_forwarding_off
  exec {lock}<&-
}
