# directory /srv/app
pallet_directory /srv/app www-data www-data 0750 true

# directory /srv/old (delete)
pallet_directory_delete /srv/old

# execCheckedScript unpack
pallet_environment A 'b c'
pallet_script script <<'END_OF_SCRIPT'
cd /opt
tar -xzf '/var/cache/it'\''s.tar.gz'
END_OF_SCRIPT
pallet_checked unpack
pallet_exec /opt deploy 60 /opt/app always '' bash

# execScript hostname -I
pallet_script script <<'END_OF_SCRIPT'
hostname -I
END_OF_SCRIPT
pallet_exec / '' '' '' never capture bash

# execScript echo "<the captured value "address">" >/tmp/address
pallet_value pallet_text_1 "<captured::address>"
pallet_script script <<'END_OF_SCRIPT'
echo "${pallet_text_1}" >/tmp/address
END_OF_SCRIPT
pallet_script only_if <<'END_OF_SCRIPT'
test -d /tmp
END_OF_SCRIPT
pallet_script unless <<'END_OF_SCRIPT'
grep -q "${pallet_text_1}" /tmp/address
END_OF_SCRIPT
pallet_script changed_when <<'END_OF_SCRIPT'
test -n "$output"
END_OF_SCRIPT
pallet_exec / '' '' '' ask '' bash

# execScript an 'open quote
pallet_script script <<'END_OF_SCRIPT'
an 'open quote
END_OF_SCRIPT
pallet_exec / '' '' '' always '' bash

# file /var/log/app.log
pallet_file /var/log/app.log www-data '' 'u=rw,g=r,o=' create

# file /var/log/app.touched (touch)
pallet_file /var/log/app.touched '' '' '' touch

# file /var/log/app.old (delete)
pallet_file_delete /var/log/app.old

# group deploy
pallet_group deploy 1500 true

# group old (remove)
pallet_group_remove old

# lineInFile /etc/hosts 10.0.0.5 db
pallet_line /etc/hosts '10.0.0.5 db' '^[0-9.]+ db$' localhost '' false

# lineInFile /etc/hosts 10.0.0.4 db (absent)
pallet_line_absent /etc/hosts '10.0.0.4 db' ''

# guarded changes, undone unless the run is back within 30 s
pallet_guarded 30

# execScript systemctl restart nftables
pallet_script script <<'END_OF_SCRIPT'
systemctl restart nftables
END_OF_SCRIPT
pallet_exec / '' '' '' always '' bash

# execScript nft flush ruleset
pallet_script script <<'END_OF_SCRIPT'
nft flush ruleset
END_OF_SCRIPT
pallet_exec / '' '' '' always '' bash

# keep what was guarded
pallet_keep

# packageManager update
pallet_proxy=http://proxy.example:3128
export no_proxy=10.0.0.1,inside.example
pallet_dnf_manager_update 300 86400

# packageManager upgrade (full)
pallet_proxy=http://proxy.example:3128
export no_proxy=10.0.0.1,inside.example
pallet_dnf_manager_upgrade 300 true

# packages curl, git
pallet_proxy=http://proxy.example:3128
export no_proxy=10.0.0.1,inside.example
pallet_dnf_install 300 -- curl git

# packages apache2, g++, httpd, gcc-c++
pallet_proxy=http://proxy.example:3128
export no_proxy=10.0.0.1,inside.example
pallet_dnf_install 300 '--setopt=install_weak_deps=False' -- httpd gcc-c++

# packages nginx=1.22.1-9
pallet_proxy=http://proxy.example:3128
export no_proxy=10.0.0.1,inside.example
pallet_dnf_install 300 -- 'nginx=1.22.1-9'

# packages curl (upgrade)
pallet_proxy=http://proxy.example:3128
export no_proxy=10.0.0.1,inside.example
pallet_dnf_upgrade 300 -- curl

# packages telnet (purge)
pallet_proxy=http://proxy.example:3128
export no_proxy=10.0.0.1,inside.example
pallet_dnf_remove 300 purge telnet

# reboot the node, if it needs to
pallet_reboot needed

# reboot the node
pallet_reboot always

# remoteFile /etc/motd
pallet_content 987d7177675e4fe7b1a1a00f094c2c210acad476e9859e1806ac33d9e43cecc0 'It'\''s $HOME
'
pallet_remote_file /etc/motd root root 0644 5 false ''

# remoteFile /etc/app.conf
pallet_content '' 'listen='"<captured::address>"'
'
pallet_remote_file /etc/app.conf '' '' '' 0 false 'appctl check "$file"'

# remoteFile /opt/app.tar.gz
pallet_proxy=http://proxy.example:3128
export no_proxy=10.0.0.1,inside.example
pallet_content_at 'https://files.example/app.tar.gz?v='\''1'\''' 0000000000000000000000000000000000000000000000000000000000000000 3600
pallet_remote_file /opt/app.tar.gz '' '' 0644 5 false ''

# remoteFile /opt/late.tar.gz
pallet_proxy=http://proxy.example:3128
export no_proxy=10.0.0.1,inside.example
pallet_content_at http://"<captured::address>"/late 1111111111111111111111111111111111111111111111111111111111111111 60
pallet_remote_file /opt/late.tar.gz '' '' '' 5 false ''

# remoteFile /etc/old.conf (delete)
pallet_remote_file_delete /etc/old.conf 5 true

# sed /etc/ssh/sshd_config ^#?PermitRootLogin .* -> PermitRootLogin no
pallet_sed /etc/ssh/sshd_config false g '' '^#?PermitRootLogin .*' 'PermitRootLogin no'

# sed /etc/app.conf a/b -> c&d
pallet_sed /etc/app.conf true '' 1,10 a/b 'c&d'

# service nginx (enable, start)
pallet_service nginx enable start

# service nginx (reload)
pallet_service nginx reload

# symbolicLink /etc/nginx/sites-enabled/app -> ../sites-available/app
pallet_link ../sites-available/app /etc/nginx/sites-enabled/app false www-data ''

# symbolicLink /etc/nginx/sites-enabled/default (delete)
pallet_link_delete /etc/nginx/sites-enabled/default

# user deploy
pallet_user deploy manage 'shell=/bin/bash' 'group=deploy' 'comment=Deploy er' 'groups=adm,www-data' 'append=true' 'create_home=true'

# user mallory (lock)
pallet_user_lock mallory

# user mallory (unlock)
pallet_user_unlock mallory

# user mallory (remove)
pallet_user_remove mallory true false

# waitForFile /run/app.pid
pallet_wait 5 2 app '/run/app.pid is there' test -e /run/app.pid

# waitForFile /run/app.lock (remove)
pallet_wait 3 0.5 '' '/run/app.lock is gone' pallet_wait_gone /run/app.lock

# waitForHttp http://127.0.0.1/health?a=1
pallet_wait 5 2 '' 'http://127.0.0.1/health?a=1 answers with 200 or 204' pallet_http 'http://127.0.0.1/health?a=1' 200 204

# waitForPort 127.0.0.1:3306
pallet_wait 5 2 '' 'port 3306 of 127.0.0.1 is open' pallet_connect 127.0.0.1 3306

# waitForPort <the captured value "address">:5432
pallet_wait 5 2 '' 'port 5432 of '"<captured::address>"' is open' pallet_connect "<captured::address>" 5432
