/**
 * automatedAdminUser: the account that administers a node, with its keys and password-less sudo.
 *
 * @module
 */
import { directory, packages, type PlanResult, remoteFile, type ServerSpec, serverSpec, user } from "pallet";

/** What {@linkcode automatedAdminUser} takes. */
export interface AdminUserOptions {
  readonly username: string;
  /** Public keys that may log in, as in an `authorized_keys` file. */
  readonly publicKeys: readonly string[];
  /** Login shell; `/bin/bash` unless told. */
  readonly shell?: string;
}

/** The actions: account, keys, sudo rule. The rule is tried by `visudo` before it is put in place. */
export function adminUserActions(
  { username, publicKeys, shell = "/bin/bash" }: AdminUserOptions,
): PlanResult {
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
    remoteFile(`/etc/sudoers.d/90-${username.replaceAll(/[^A-Za-z0-9_-]/g, "_")}`, {
      content: `Defaults:${username} env_keep += "SSH_AUTH_SOCK"\n${username} ALL=(ALL:ALL) NOPASSWD: ALL\n`,
      mode: "0440",
      verify: "visudo -c -f",
    }),
  ];
}

/**
 * A server spec whose `bootstrap` phase makes the admin user, so that later phases can log in as it.
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
export function automatedAdminUser(options: AdminUserOptions): ServerSpec {
  return serverSpec({ phases: { bootstrap: () => adminUserActions(options) } });
}
