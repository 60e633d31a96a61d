# shellcheck shell=bash
# Fills FOLDER/layer: what the machine's own userland lacks to be a node, made by apt in an overlay over it.
folder=$1

# A list that cannot be read any more would make every update in every node fail: such lists are left out.
host_lists() {
  local root=$1 list name
  if build_in "$root" apt-get -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20 --error-on=any update; then return 0; fi
  for list in "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/*.list "$root"/etc/apt/sources.list.d/*.sources; do
    [[ -s $list ]] || continue
    name=${list#"$root"}
    if build_in "$root" apt-get -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20 --error-on=any \
      -o Dir::Etc::sourcelist="$name" -o Dir::Etc::sourceparts=- update; then
      continue
    fi
    echo "progress: the machine's package list $name cannot be read; nodes of the host image do without it"
    mv "$list" "$list.unreadable"
  done
  build_in "$root" apt-get -qq update
}

mkdir "$folder/layer" "$folder/work" "$folder/root"
mount -t overlay -o "lowerdir=/,upperdir=$folder/layer,workdir=$folder/work" overlay "$folder/root"
build_enter "$folder/root"
if command -v apt-get >/dev/null; then
  echo "progress: reading the package lists for the host image"
  host_lists "$folder/root"
  echo "progress: installing sshd into the host image (not onto this machine)"
  build_in "$folder/root" apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install \
    openssh-server sudo iproute2 ca-certificates procps
fi
if [[ ! -x $folder/root/usr/sbin/sshd ]]; then
  echo "this machine has no sshd and no apt to put one into the image" >&2
  exit 1
fi
rm -rf "$folder"/root/etc/ssh/sshd_config.d/* "$folder/root/etc/systemd/system/ssh.service.d"
cat >"$folder/root/etc/ssh/sshd_config" <<CONFIG
Include /etc/ssh/sshd_config.d/*.conf
KbdInteractiveAuthentication no
UsePAM yes
PrintMotd no
AcceptEnv LANG LC_*
Subsystem sftp internal-sftp
CONFIG
rm -f "$folder/root/run/nologin" "$folder/root/etc/nologin"
build_leave "$folder/root"
umount -R "$folder/root"
rm -rf "$folder/root" "$folder/work"
