# shellcheck shell=bash
# What both builds of images share: a root to run apt in, and what makes an image fit to be a node.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

# Runs a command in the root, with nothing of the caller's standing in for its own.
build_in() {
  local root=$1
  shift
  chroot "$root" /usr/bin/env HOME=/root "$@" </dev/null
}

# Mounts what apt needs; maintainer scripts must not start anything meanwhile.
build_enter() {
  local root=$1 name
  mount -t proc proc "$root/proc"
  mount -t tmpfs -o mode=0755 tmpfs "$root/run"
  mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
  mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
  for name in "null 1 3" "zero 1 5" "full 1 7" "random 1 8" "urandom 1 9" "tty 5 0"; do
    # shellcheck disable=SC2086 # name, major and minor are three words
    mknod -m 0666 "$root"/dev/${name%% *} c ${name#* }
  done
  ln -s /proc/self/fd "$root/dev/fd"
  rm -f "$root/etc/resolv.conf" "$root/usr/sbin/policy-rc.d"
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 0755 "$root/usr/sbin/policy-rc.d"
}

# Takes away what belongs to one machine, and gives sshd its ordinary configuration.
build_leave() {
  local root=$1
  rm -f "$root/usr/sbin/policy-rc.d" "$root"/etc/ssh/ssh_host_*
  rm -f "$root"/var/cache/apt/archives/*.deb "$root"/var/cache/apt/*.bin
  rm -rf "$root/var/lib/pallet"
}
