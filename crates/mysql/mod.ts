/**
 * mysql: a MySQL-compatible server, MariaDB on Debian and its kin, with databases, users and SQL.
 *
 * @module
 */
import {
  type Action,
  execCheckedScript,
  onChange,
  packages,
  type PlanResult,
  remoteFile,
  type ServerSpec,
  serverSpec,
  service,
  setting,
  settingsKey,
  sh,
  type TargetContext,
} from "pallet";

/** What {@linkcode mysql} takes. */
export interface MysqlOptions {
  /** 3306 unless told. */
  readonly port?: number;
  /** Address to listen on; `127.0.0.1` unless told, `0.0.0.0` for all. */
  readonly bindAddress?: string;
  /** Further lines of the `[mysqld]` section, e.g. `{ max_connections: "200" }`. */
  readonly options?: Readonly<Record<string, string>>;
}

/** Settings of the server on a target, for those who connect to it. */
export type MysqlSettings = { readonly port: number; readonly bindAddress: string };

/** Key of {@linkcode MysqlSettings}. */
export const mysqlSettings = settingsKey<MysqlSettings>("mysql");

/** A user of the server, who may connect from one host. */
export interface MysqlUser {
  readonly name: string;
  /** Address or pattern; `localhost` unless told. */
  readonly host?: string;
  /** Privileges by database or table, e.g. `{ "app.*": "SELECT" }`. */
  readonly grants: Readonly<Record<string, string>>;
}

/** An identifier in SQL. */
function identifier(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

/** A text in SQL. */
function literal(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

/** `app.*` or `app.table`, each part as an identifier. */
function grantTarget(target: string): string {
  return target.split(".").map((part) => part === "*" ? "*" : identifier(part)).join(".");
}

/** The file that holds our section: read last, so that it wins. */
function configurationFile(family: string): string {
  return family === "rhel" ? "/etc/my.cnf.d/zz-pallet.cnf" : "/etc/mysql/mariadb.conf.d/99-pallet.cnf";
}

function configure({ facts, settings }: TargetContext, { options = {} }: MysqlOptions): PlanResult {
  const { port, bindAddress } = settings(mysqlSettings);
  const lines = Object.entries({ port: String(port), "bind-address": bindAddress, ...options })
    .map(([key, value]) => `${key} = ${value}\n`);
  const conf = remoteFile(configurationFile(facts.os.family), {
    content: `[mysqld]\n${lines.join("")}`,
    mode: "0644",
  });
  return [
    packages({ apt: ["mariadb-server"], dnf: ["mariadb-server"] }),
    conf,
    service("mariadb", { action: ["enable", "start"] }),
    onChange(conf, service("mariadb", { action: "restart" })),
  ];
}

/**
 * A server spec with the server, its configuration and service. Phases: `settings`, `configure`, `mysql-restart`.
 *
 * @example
 * ```ts
 * import { groupSpec } from "pallet";
 * import { mysql } from "pallet/crates/mysql";
 *
 * groupSpec("db", { count: 1, extends: mysql({ bindAddress: "0.0.0.0" }) });
 * ```
 */
export function mysql(options: MysqlOptions = {}): ServerSpec {
  const value: MysqlSettings = {
    port: options.port ?? 3306,
    bindAddress: options.bindAddress ?? "127.0.0.1",
  };
  return serverSpec({
    roles: "mysql",
    phases: {
      settings: () => setting(mysqlSettings, value),
      configure: (context) => configure(context, options),
      "mysql-restart": () => service("mariadb", { action: "restart" }),
    },
  });
}

/**
 * SQL, run as the server's administrator over its socket.
 *
 * @param name What it does, for titles and failures.
 * @param options `unless` is a query: when it yields a row, there is nothing to do.
 *
 * @example
 * ```ts
 * import { mysqlScript } from "pallet/crates/mysql";
 *
 * mysqlScript("seed the shop", "INSERT INTO shop.fruit VALUES ('apples', 12);", {
 *   unless: "SELECT 1 FROM shop.fruit;",
 * });
 * ```
 */
export function mysqlScript(
  name: string,
  sql: string,
  options: { readonly unless?: string } = {},
): Action {
  const { unless } = options;
  return execCheckedScript(name, sh`printf '%s\n' ${sql} | mysql --batch`, {
    ...(unless === undefined
      ? {}
      : { unless: sh`test -n "$(printf '%s\n' ${unless} | mysql --batch --skip-column-names)"` }),
  });
}

/**
 * A database, made when it is missing.
 *
 * @example
 * ```ts
 * import { mysqlDatabase } from "pallet/crates/mysql";
 *
 * mysqlDatabase("app");
 * ```
 */
export function mysqlDatabase(name: string): Action {
  return mysqlScript(`database ${name}`, `CREATE DATABASE ${identifier(name)};`, {
    unless: `SELECT 1 FROM information_schema.schemata WHERE schema_name = ${literal(name)};`,
  });
}

/** A user and its host in SQL. */
function accountOf(user: MysqlUser): string {
  return `${literal(user.name)}@${literal(user.host ?? "localhost")}`;
}

/** What makes a user and gives it its grants; both do no harm when they stand already. */
function grantStatements(user: MysqlUser): readonly string[] {
  const account = accountOf(user);
  return [
    `CREATE USER IF NOT EXISTS ${account};`,
    ...Object.entries(user.grants).map(([target, privileges]) =>
      `GRANT ${privileges} ON ${grantTarget(target)} TO ${account};`
    ),
  ];
}

/**
 * A user with grants, without a password: for hosts whose address is proof enough.
 *
 * @example
 * ```ts
 * import { mysqlUser } from "pallet/crates/mysql";
 *
 * mysqlUser({ name: "reader", host: "10.0.0.5", grants: { "app.*": "SELECT" } });
 * ```
 */
export function mysqlUser(user: MysqlUser): Action {
  const host = user.host ?? "localhost";
  const account = accountOf(user);
  const wanted = Object.entries(user.grants).map(([target, privileges]) =>
    `GRANT ${privileges} ON ${grantTarget(target)} TO`
  );
  return execCheckedScript(
    `database user ${user.name}@${host}`,
    sh`printf '%s\n' ${grantStatements(user).join("\n")} | mysql --batch`,
    {
      unless: sh`
        granted=$(printf '%s\n' ${`SHOW GRANTS FOR ${account};`} | mysql --batch --skip-column-names 2>/dev/null) || exit 1
        for grant in ${wanted}; do
          case $granted in *"$grant"*) ;; *) exit 1 ;; esac
        done`,
    },
  );
}
