/**
 * mysql: a MySQL-compatible server, MariaDB on Debian and its kin, with databases, users and SQL.
 *
 * @module
 */
import {
  type Action,
  checkOptions,
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
  /**
   * Privileges by database or table, e.g. `{ "app.*": "SELECT, INSERT", "app.log": "ALL" }`. A name of a database means
   * that one alone: `_` and `%` in it are no wildcards.
   */
  readonly grants: Readonly<Record<string, string>>;
}

/** The server's client as its administrator; newer releases know it by its own name alone. */
const client = sh`"$(command -v mariadb || command -v mysql)" --batch`;

/** An identifier in SQL. */
function identifier(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

/** A text in SQL. */
function literal(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

/** `app.*`, `app.table` or `*.*` as SQL has it. */
function grantTarget(target: string): string {
  const dot = target.indexOf(".");
  const [database, table] = [target.slice(0, dot), target.slice(dot + 1)];
  // Of whole databases the name is a pattern, unless its wildcards are escaped.
  const pattern = table === "*" ? database.replaceAll(/[_%\\]/g, "\\$&") : database;
  return [pattern, table].map((part) => part === "*" ? "*" : identifier(part)).join(".");
}

/** Privileges as the server shows them: `select,insert` is `SELECT` and `INSERT`. */
function privilegesOf(text: string): readonly string[] {
  return text.split(",").map((privilege) => privilege.trim().replaceAll(/\s+/g, " ").toUpperCase())
    .map((privilege) => privilege === "ALL" ? "ALL PRIVILEGES" : privilege);
}

/** What is wrong with a name of a database, a table or an account. */
function nameProblem(what: string, name: string, longest: number): string | undefined {
  if (name !== "" && name.length <= longest && name.trim() === name) return undefined;
  return `${what}, ${JSON.stringify(name)}, must have 1 to ${longest} characters, and no space around them`;
}

function userProblem({ name, host = "localhost", grants }: MysqlUser): string | undefined {
  const wrongTarget = Object.keys(grants).find((target) => !/^[^.]+\.[^.]+$/.test(target));
  if (wrongTarget !== undefined) {
    return `grants: ${JSON.stringify(wrongTarget)} must be as "app.*", "app.table" or "*.*"`;
  }
  const wrong = Object.entries(grants).find(([, text]) => !/^[A-Za-z][A-Za-z ]*(?:,[A-Za-z ]+)*$/.test(text));
  if (wrong !== undefined) {
    return `grants[${JSON.stringify(wrong[0])}], ${
      JSON.stringify(wrong[1])
    }, must be privileges as "SELECT, INSERT"`;
  }
  return nameProblem("name", name, 80) ?? nameProblem("host", host, 255);
}

/** The file that holds our section: read last, so that it wins. */
function configurationFile(family: string): string {
  return family === "rhel" ? "/etc/my.cnf.d/zz-pallet.cnf" : "/etc/mysql/mariadb.conf.d/99-pallet.cnf";
}

function configure({ facts, settings }: TargetContext, { options = {} }: MysqlOptions): PlanResult {
  const { port, bindAddress } = settings(mysqlSettings);
  const place = configurationFile(facts.os.family);
  const lines = Object.entries({ port: String(port), "bind-address": bindAddress, ...options })
    .map(([key, value]) => `${key} = ${value}\n`);
  const conf = remoteFile(place, {
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
 * @throws {PalletError} for an unknown key or a wrong value.
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
  const checked = checkOptions(
    mysql,
    options,
    { port: "port?", bindAddress: "line?", options: "line{}?" },
    ({ options = {} }) => {
      const wrong = Object.keys(options).find((key) => !/^[A-Za-z][\w-]*$/.test(key));
      if (wrong !== undefined) return `options: ${JSON.stringify(wrong)} is no name of a server's option`;
      const own = ["port", "bind-address", "bind_address"].find((key) => key in options);
      return own === undefined ? undefined : `options: "${own}" is an option of mysql() itself`;
    },
  );
  const value: MysqlSettings = {
    port: checked.port ?? 3306,
    bindAddress: checked.bindAddress ?? "127.0.0.1",
  };
  return serverSpec({
    roles: "mysql",
    phases: {
      settings: () => setting(mysqlSettings, value),
      configure: (context) => configure(context, checked),
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
  return execCheckedScript(name, sh`printf '%s\n' ${sql} | ${client}`, {
    ...(unless === undefined
      ? {}
      : { unless: sh`test -n "$(printf '%s\n' ${unless} | ${client} --skip-column-names)"` }),
  });
}

/**
 * A database, made when it is missing.
 *
 * @throws {PalletError} for a name that no database can have.
 *
 * @example
 * ```ts
 * import { mysqlDatabase } from "pallet/crates/mysql";
 *
 * mysqlDatabase("app");
 * ```
 */
export function mysqlDatabase(name: string): Action {
  checkOptions(mysqlDatabase, { name }, { name: "line" }, () => nameProblem("name", name, 64));
  return mysqlScript(`database ${name}`, `CREATE DATABASE ${identifier(name)};`, {
    unless: `SELECT 1 FROM information_schema.schemata WHERE schema_name = ${literal(name)};`,
  });
}

/** What makes a user and gives it its grants; both do no harm when they stand already. */
function grantStatements(account: string, grants: MysqlUser["grants"]): readonly string[] {
  return [
    `CREATE USER IF NOT EXISTS ${account};`,
    ...Object.entries(grants).map(([target, privileges]) =>
      `GRANT ${privilegesOf(privileges).join(", ")} ON ${grantTarget(target)} TO ${account};`
    ),
  ];
}

/** Target and privilege, one pair after the other: words for a loop in bash. */
function grantPairs(grants: MysqlUser["grants"]): readonly string[] {
  return Object.entries(grants).flatMap(([target, privileges]) =>
    privilegesOf(privileges).flatMap((privilege) => [grantTarget(target), privilege])
  );
}

/**
 * A user with grants, without a password: for hosts whose address is proof enough. Grants that it has beyond these stay.
 *
 * @throws {PalletError} for an unknown key, a wrong value, and grants that are no privileges on a database or table.
 *
 * @example
 * ```ts
 * import { mysqlUser } from "pallet/crates/mysql";
 *
 * mysqlUser({ name: "reader", host: "10.0.0.5", grants: { "app.*": "SELECT" } });
 * ```
 */
export function mysqlUser(user: MysqlUser): Action {
  const { name, host = "localhost", grants } = checkOptions(
    mysqlUser,
    user,
    { name: "line", host: "line?", grants: "line{}" },
    userProblem,
  );
  const account = `${literal(name)}@${literal(host)}`;
  return execCheckedScript(
    `database user ${name}@${host}`,
    sh`printf '%s\n' ${grantStatements(account, grants).join("\n")} | ${client}`,
    {
      unless: sh`
        granted=$(printf '%s\n' ${`SHOW GRANTS FOR ${account};`} | ${client} --skip-column-names --raw 2>/dev/null) || exit 1
        set -- ${grantPairs(grants)}
        while [[ $# -gt 0 ]]; do
          line=$(grep -F " ON $1 TO " <<<"$granted") || exit 1
          line=\${line#GRANT }
          case ", \${line%% ON *}," in
            *", $2,"* | ", ALL PRIVILEGES,"*) shift 2 ;;
            *) exit 1 ;;
          esac
        done`,
    },
  );
}
