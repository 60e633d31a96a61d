/**
 * automatedAdminUser: the account that administers a node, with its keys and password-less sudo.
 *
 * @module
 */
import {
  checkOptions,
  directory,
  type Json,
  packages,
  PalletError,
  type PlanResult,
  remoteFile,
  type ServerSpec,
  serverSpec,
  user,
} from "pallet";

/** What {@linkcode automatedAdminUser} takes. */
export interface AdminUserOptions {
  /** The admin user of the run unless told. */
  readonly username?: string;
  /** Public keys that may log in, as in an `authorized_keys` file; that of the run's admin user unless told. */
  readonly publicKeys?: readonly string[];
  /** Login shell; `/bin/bash` unless told. */
  readonly shell?: string;
}

/** Types of public keys, as they begin a line of an `authorized_keys` file or stand behind its options. */
const KEY =
  /(?:^|\s)(?:sk-)?(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521))(?:@openssh\.com)?\s+AAAA[\w+/=]+/;

/** Options with nothing left out. */
type WholeOptions = Required<AdminUserOptions>;

function problemOf({ username, publicKeys, shell = "/bin/bash" }: AdminUserOptions): string | undefined {
  return (username === undefined ? undefined : problemOfName(username)) ??
    (publicKeys === undefined ? undefined : problemOfKeys(publicKeys)) ??
    (shell.startsWith("/") ? undefined : `shell, ${JSON.stringify(shell)}, must be an absolute path`);
}

function problemOfName(username: string): string | undefined {
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(username)) {
    return `username, ${
      JSON.stringify(username)
    }, must be lower-case letters, digits, "_" and "-", 32 at most`;
  }
  if (username === "root") {
    return "username must not be root, which needs no rule and keeps its home elsewhere";
  }
  return undefined;
}

function problemOfKeys(publicKeys: readonly string[]): string | undefined {
  if (publicKeys.length === 0) return "publicKeys must not be empty: nobody could log in";
  if (publicKeys.some((key) => key.includes("PRIVATE KEY"))) {
    return "publicKeys holds a private key; the public one is in the file that ends in .pub";
  }
  const at = publicKeys.findIndex((key) => !KEY.test(key) || /[\r\n]/.test(key.trim()));
  return at < 0
    ? undefined
    : `publicKeys[${at}] must be a public key on one line, as "ssh-ed25519 AAAA... name"`;
}

/** Options with what is left out by the admin user of the run. */
function whole(
  { username, publicKeys, shell = "/bin/bash" }: AdminUserOptions,
  user: Json | undefined,
): WholeOptions {
  const own = typeof user === "object" && user !== null && !Array.isArray(user)
    ? user as Readonly<Record<string, Json>>
    : {};
  const name = username ?? own["username"];
  const keys = publicKeys ?? (typeof own["publicKey"] === "string" ? [own["publicKey"]] : undefined);
  if (typeof name !== "string" || keys === undefined) {
    const lacking = typeof name !== "string" ? "admin user" : `public key of ${name}`;
    throw new PalletError(`Cannot make the admin user of the node: no ${lacking} is known`, {
      kind: "infra",
      help: typeof name !== "string"
        ? "Configure one, as admin-user: { username: ops, private-key: ~/.ssh/id_ed25519 }, or give automatedAdminUser() a username and publicKeys."
        : "Name its private-key or public-key beside the username, or give automatedAdminUser() publicKeys.",
    });
  }
  const problem = problemOf({ username: name, publicKeys: keys, shell });
  if (problem !== undefined) {
    throw new PalletError(`Cannot make the admin user of the node: ${problem}`, { kind: "infra" });
  }
  return { username: name, publicKeys: keys, shell };
}

/** The actions of an admin user: account, keys, sudo rule. The rule is tried by `visudo` before it is put in place. */
function actionsOf({ username, publicKeys, shell }: WholeOptions): PlanResult {
  const home = `/home/${username}`;
  return [
    packages("sudo"),
    user(username, { shell, home, createHome: true }),
    directory(`${home}/.ssh`, { owner: username, group: username, mode: "0700" }),
    remoteFile(`${home}/.ssh/authorized_keys`, {
      content: publicKeys.map((key) => `${key.trim()}\n`).join(""),
      owner: username,
      group: username,
      mode: "0600",
    }),
    remoteFile(`/etc/sudoers.d/90-${username}`, {
      content: `Defaults:${username} env_keep += "SSH_AUTH_SOCK"\n${username} ALL=(ALL:ALL) NOPASSWD: ALL\n`,
      mode: "0440",
      verify: "visudo -c -f",
    }),
  ];
}

/**
 * A server spec whose `bootstrap` phase makes the admin user, so that later phases can log in as it. Without options
 * that is the admin user of the run, with the public half of its key.
 *
 * @throws {PalletError} for a wrong option, a user name that cannot be one, or a key that is no public key.
 *
 * @example
 * ```ts
 * import { groupSpec } from "pallet";
 * import { automatedAdminUser } from "pallet/crates/automated-admin-user";
 *
 * const admin = automatedAdminUser({ username: "ops", publicKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKey ops"] });
 * groupSpec("web", { count: 1, extends: admin });
 * ```
 */
export function automatedAdminUser(options: AdminUserOptions = {}): ServerSpec {
  const checked = checkOptions(
    automatedAdminUser,
    options,
    { username: "line?", publicKeys: "text[]?", shell: "path?" },
    problemOf,
  );
  return serverSpec({
    phases: {
      bootstrap: ({ environment }) => actionsOf(whole(checked, environment["user"] as Json | undefined)),
    },
  });
}
