# shellcheck shell=bash
# Fills FOLDER/layer with a suite. Arguments: FOLDER SUITE MIRROR SOURCES INCLUDE KEYRING (may be empty).
folder=$1 suite=$2 mirror=$3 sources=$4 include=$5 keyring=$6
root=$folder/layer

echo "progress: building an image of $suite from $mirror (once; about a minute)"
options=(--variant=minbase "--include=$include")
if [[ -n $keyring ]]; then options+=("--keyring=$keyring"); fi
debootstrap "${options[@]}" "$suite" "$root" "$mirror" | while IFS= read -r line; do
  case $line in
    "I: Extracting "* | "I: Unpacking the base system..."* | "I: Configuring the base system..."*)
      if [[ $line == "I: Extracting "* && -n ${extracting:-} ]]; then continue; fi
      extracting=1
      printf 'progress: %s: %s\n' "$suite" "${line#I: }"
      ;;
    W:* | E:*) printf '%s\n' "$line" ;;
  esac
done
printf '%s' "$sources" >"$root/etc/apt/sources.list"
build_enter "$root"
echo "progress: $suite: applying updates"
build_in "$root" apt-get -qq update
build_in "$root" apt-get -qq -y -o Dpkg::Use-Pty=0 upgrade
# A node has no console to log in at, and nothing of its own accord may take the package lock.
for unit in console-getty.service getty.target systemd-networkd-wait-online.service \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
# sshd answers when logins are allowed, not before: then an open port means a node that can be used.
for unit in ssh.service ssh.socket; do
  mkdir -p "$root/etc/systemd/system/$unit.d"
  printf '[Unit]\nAfter=systemd-user-sessions.service\n' >"$root/etc/systemd/system/$unit.d/pallet-lab.conf"
done
build_leave "$root"
umount -R "$root/proc" "$root/run" "$root/tmp" "$root/dev"
