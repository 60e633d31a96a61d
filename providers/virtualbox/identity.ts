// What a copied disk has of the machine that it was copied from, and how it is taken off.

/** Files in which a machine keeps what tells it from others, besides its host keys. */
const FILES = [
  "/var/lib/dbus/machine-id",
  "/etc/udev/rules.d/70-persistent-net.rules",
  "/var/lib/dhcp/*.lease*",
  "/var/lib/dhclient/*.lease*",
  "/var/lib/dhcpcd/*.lease*",
  "/var/lib/NetworkManager/*.lease",
  "/var/lib/systemd/random-seed",
].join(" ");

/** Makes all that anew on a node, at its first boot; its host keys cloud-init makes. */
export const newIdentity =
  `rm -f /etc/machine-id ${FILES}; systemd-machine-id-setup || dbus-uuidgen --ensure=/etc/machine-id; true`;

/**
 * Takes all that off a machine that runs, as root, before its disk is made an image. What an init system makes anew by
 * itself at the next boot is left to it; host keys it makes by a unit that is laid here, as most systems have none.
 */
export const cleaning = `set -e
# Cloud-init writes its own anew.
if command -v cloud-init >/dev/null; then rm -f /etc/netplan/50-cloud-init.yaml; fi
fixed=$(grep -lsiE '^[[:space:]]*(macaddress:|HWADDR=|mac-address=)' /etc/netplan/*.yaml \\
  /etc/sysconfig/network-scripts/ifcfg-* /etc/NetworkManager/system-connections/* || true)
if [ -n "$fixed" ]; then
  printf 'Machines of the image have adapters of other hardware addresses than those in %s\\n' "$fixed" >&2
  exit 1
fi
keygen=$(command -v ssh-keygen)
units=/etc/systemd/system
if [ -d "$units" ]; then
  cat >"$units/pallet-host-keys.service" <<UNIT
[Unit]
Description=Make the host keys of a new machine
ConditionPathExistsGlob=!/etc/ssh/ssh_host_*_key
Before=ssh.service sshd.service

[Service]
Type=oneshot
ExecStart=$keygen -A

[Install]
WantedBy=multi-user.target
UNIT
  mkdir -p "$units/multi-user.target.wants"
  ln -sf ../pallet-host-keys.service "$units/multi-user.target.wants/pallet-host-keys.service"
elif [ ! -e /sbin/openrc ]; then
  echo "Without systemd or OpenRC nothing would make host keys on new machines" >&2
  exit 1
fi
rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub ${FILES}
rm -rf /var/lib/cloud/*
echo localhost >/etc/hostname
sed -i '/^127\\.0\\.1\\.1[[:space:]]/d' /etc/hosts
# Empty, and not missing, it is made at the next boot without that being taken for the very first one.
if [ -e /etc/machine-id ]; then : >/etc/machine-id; fi
sync
`;
