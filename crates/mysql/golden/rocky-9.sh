# packages mariadb-server
pallet_dnf_install 300 -- mariadb-server

# remoteFile /etc/my.cnf.d/zz-pallet.cnf
pallet_content 2789a229eb1cbfe881c4d0ff0a443f4a5f0b9661f4f3ad039a72becdfe791e35 '[mysqld]
port = 3306
bind-address = 0.0.0.0
max_connections = 200
'
pallet_remote_file /etc/my.cnf.d/zz-pallet.cnf '' '' 0644 5 false ''

# service mariadb (enable, start)
pallet_service mariadb enable start

# service mariadb (restart)
# when one of remoteFile:/etc/my.cnf.d/zz-pallet.cnf changed
pallet_service mariadb restart

# execCheckedScript database it's `mine`
pallet_script script <<'END_OF_SCRIPT'
printf '%s\n' 'CREATE DATABASE `it'\''s ``mine```;' | "$(command -v mariadb || command -v mysql)" --batch
END_OF_SCRIPT
pallet_script unless <<'END_OF_SCRIPT'
test -n "$(printf '%s\n' 'SELECT 1 FROM information_schema.schemata WHERE schema_name = '\''it'\'''\''s `mine`'\'';' | "$(command -v mariadb || command -v mysql)" --batch --skip-column-names)"
END_OF_SCRIPT
pallet_checked 'database it'\''s `mine`'
pallet_exec / '' '' '' always '' bash

# execCheckedScript seed
pallet_script script <<'END_OF_SCRIPT'
printf '%s\n' 'INSERT INTO app.t VALUES ('\''it'\'''\''s'\'');' | "$(command -v mariadb || command -v mysql)" --batch
END_OF_SCRIPT
pallet_script unless <<'END_OF_SCRIPT'
test -n "$(printf '%s\n' 'SELECT 1 FROM app.t;' | "$(command -v mariadb || command -v mysql)" --batch --skip-column-names)"
END_OF_SCRIPT
pallet_checked seed
pallet_exec / '' '' '' always '' bash

# execCheckedScript database user reader@10.0.0.%
pallet_script script <<'END_OF_SCRIPT'
printf '%s\n' 'CREATE USER IF NOT EXISTS '\''reader'\''@'\''10.0.0.%'\'';
GRANT SELECT, INSERT ON `my\_app`.* TO '\''reader'\''@'\''10.0.0.%'\'';
GRANT ALL PRIVILEGES ON `app`.`t` TO '\''reader'\''@'\''10.0.0.%'\'';' | "$(command -v mariadb || command -v mysql)" --batch
END_OF_SCRIPT
pallet_script unless <<'END_OF_SCRIPT'
granted=$(printf '%s\n' 'SHOW GRANTS FOR '\''reader'\''@'\''10.0.0.%'\'';' | "$(command -v mariadb || command -v mysql)" --batch --skip-column-names --raw 2>/dev/null) || exit 1
set -- '`my\_app`.*' SELECT '`my\_app`.*' INSERT '`app`.`t`' 'ALL PRIVILEGES'
while [[ $# -gt 0 ]]; do
  line=$(grep -F " ON $1 TO " <<<"$granted") || exit 1
  line=${line#GRANT }
  case ", ${line%% ON *}," in
    *", $2,"* | ", ALL PRIVILEGES,"*) shift 2 ;;
    *) exit 1 ;;
  esac
done
END_OF_SCRIPT
pallet_checked 'database user reader@10.0.0.%'
pallet_exec / '' '' '' always '' bash
