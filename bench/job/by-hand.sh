#!/usr/bin/env bash
# The job of infra.ts as a careful administrator writes it by hand: every step is left alone when it is done already.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

for name in bash coreutils sed grep; do
  dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || apt-get install -y -qq "$name"
done

getent group bench >/dev/null || groupadd bench
for name in bench-app bench-log bench-ops; do
  id -u "$name" >/dev/null 2>&1 ||
    useradd --gid bench --shell /usr/sbin/nologin --home-dir "/srv/bench/$name" --no-create-home "$name"
done

folder() { # PATH OWNER GROUP MODE
  [[ -d $1 ]] || mkdir -p "$1"
  [[ $(stat -c '%U:%G:%a' "$1") == "$2:$3:$4" ]] || { chown "$2:$3" "$1"; chmod "$4" "$1"; }
}
folder /srv/bench root root 755
for name in bin etc data log www; do folder "/srv/bench/$name" bench-app bench 750; done

for name in main cache limits routes alerts backup rotate banner; do
  path=/srv/bench/etc/$name.conf
  new=$(mktemp)
  printf '# %s\nlisten = 127.0.0.1\nworkers = 4\nname = %s\n' "$name" "$name" >"$new"
  cmp -s "$new" "$path" || { [[ ! -e $path ]] || cp -p "$path" "$path.old"; cp "$new" "$path"; }
  rm -f "$new"
  [[ $(stat -c '%U:%G:%a' "$path") == bench-app:bench:640 ]] || { chown bench-app:bench "$path"; chmod 640 "$path"; }
done

touch /etc/bench-sysctl.conf
for line in 'net.core.somaxconn = 1024' 'vm.swappiness = 10' 'fs.file-max = 100000' 'kernel.panic = 10'; do
  grep -qxF "$line" /etc/bench-sysctl.conf || echo "$line" >>/etc/bench-sysctl.conf
done

for name in main cache limits routes alerts; do
  [[ $(readlink "/srv/bench/data/$name") == "/srv/bench/etc/$name.conf" ]] ||
    ln -sfn "/srv/bench/etc/$name.conf" "/srv/bench/data/$name"
done

[[ -e /srv/bench/data/db/ready ]] || { mkdir -p /srv/bench/data/db && touch /srv/bench/data/db/ready; }
[[ -e /srv/bench/log/first-run ]] || date >/srv/bench/log/first-run
