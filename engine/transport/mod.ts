/**
 * Connections to nodes: by ssh, or to this machine.
 *
 * @module
 */
import { join } from "node:path";
import { homeFolder } from "../paths.ts";
import { NODE_PATHS, type NodePaths } from "./agent.ts";
import { type Ask, askOnce } from "./ask.ts";
import type { Connection, ConnectOptions, Route, Transport } from "./connection.ts";
import type { Pauses } from "./handshakes.ts";
import type { PassphraseSource } from "./keyring.ts";
import { openLocalChannel } from "./local.ts";
import type { LoginPasswordSource } from "./login_passwords.ts";
import { NodeConnection } from "./node_connection.ts";
import { localShell } from "./local_shell.ts";
import { Passwords, type PasswordSource } from "./passwords.ts";
import type { Credential } from "../secrets/credential.ts";
import { Secret } from "../secrets/secret.ts";
import type { Ssh, SshOptions } from "./ssh.ts";
import { whereIs } from "./problems.ts";

/** What a transport needs to know of this machine. */
export interface TransportOptions {
  /** Folder of Pallet's own state; `known_hosts` is kept in it. */
  readonly stateDir: string;
  /** Takes the key of a node that nobody has told of before, and remembers it. Never takes another key than a known one. */
  readonly acceptNew?: boolean;
  /** Files of known host keys besides Pallet's own; those that ssh's configuration names unless given. */
  readonly knownHosts?: readonly string[];
  /** Socket of an ssh agent; what ssh's configuration says, or `$SSH_AUTH_SOCK`, unless given; none when empty. */
  readonly agentSocket?: string;
  /** A file in place of `~/.ssh/config` and the system's, or `none` for neither. */
  readonly sshConfig?: string;
  /** Handshakes at one time, over all nodes; 64 unless given. */
  readonly handshakes?: number;
  /** Seconds between signs of life; a connection is lost when three in a row stay unanswered. 5 unless given. */
  readonly keepalive?: number;
  /** Asks a person; each question comes once. Nothing is asked unless told. */
  readonly ask?: Ask;
  /** Told of what is wrong and stops nothing: a line of known_hosts that cannot be read. Each comes once. */
  readonly warn?: (text: string) => void;
  /** The passphrase of a private key by its path, if it is known; a person is asked otherwise. */
  readonly passphrases?: PassphraseSource;
  /** The password with which a user becomes root, if it is known; a person is asked otherwise. */
  readonly becomePassword?: PasswordSource;
  /** Reads the password of a first user from its place. */
  readonly loginPassword?: LoginPasswordSource;
  /** Seconds between attempts to connect; for tests. */
  readonly pauses?: Pauses;
  /** Where things are on a node; for tests. The loop does not become root when the state is elsewhere. */
  readonly paths?: NodePaths;
}

/**
 * Makes connections for the routes that providers give.
 *
 * @example
 * ```ts
 * import { makeTransport } from "./mod.ts";
 *
 * const transport = makeTransport({ stateDir: "/tmp/pallet-example" });
 * await transport.close();
 * ```
 */
export function makeTransport(options: TransportOptions): Transport {
  const paths = options.paths ?? NODE_PATHS;
  const ask = askOnce(options.ask ?? (() => Promise.resolve(undefined)));
  const passwordsOf = (place: Credential | undefined) =>
    new Passwords(async (user) => {
      const known = await options.becomePassword?.(user);
      if (known !== undefined) return known;
      if (place !== undefined) return await options.loginPassword?.(place, user);
      const text = await ask({ kind: "become-password", text: `Password with which ${user} becomes root: ` });
      return text === undefined ? undefined : new Secret(text);
    });
  const passwords = passwordsOf(undefined);
  const ofFirstUsers = new Map<string, Passwords>();
  /** Who logs in by a password is asked for the same one by sudo; `su` asks for root's. */
  const passwordsFor = (route: Route): Passwords => {
    if (route.kind === "local" || route.password === undefined || route.become === "su") return passwords;
    const key = JSON.stringify(route.password);
    const own = ofFirstUsers.get(key) ?? passwordsOf(route.password);
    ofFirstUsers.set(key, own);
    return own;
  };
  const open = new Set<Connection>();
  // ssh and its cryptography take a while to load; a run on this machine alone does without.
  let loading: Promise<Ssh> | undefined;
  const ssh = () => loading ??= import("./ssh.ts").then(({ makeSsh }) => makeSsh(sshOptions(options, ask)));

  async function connect(route: Route, connectOptions: ConnectOptions): Promise<Connection> {
    const privilege = options.paths === undefined ? route.become ?? "auto" : "stay";
    const common = { ...connectOptions, paths, privilege, passwords: passwordsFor(route) } as const;
    const connection = await NodeConnection.open(
      route.kind === "local"
        ? { ...common, open: openLocalChannel, where: "this machine" }
        : { ...common, open: (await ssh()).channels(route), where: whereIs(route) },
    );
    open.add(connection);
    return connection;
  }

  return {
    // Should it fail, the first connection fails and says why.
    warm: () => void ssh().catch(() => undefined),
    connect,
    async shell(route: Route, command: readonly string[], signal?: AbortSignal): Promise<number> {
      if (route.kind === "local") return await localShell(command, signal);
      return await (await ssh()).shell(route, command, signal);
    },
    settings: async (route) => await (await ssh()).settings(route),
    unusableKeys: async (route) => await (await ssh()).unusableKeys(route),
    async close(): Promise<void> {
      await Promise.all([...open].map((connection) => connection.close()));
      open.clear();
      // What could not be loaded has opened nothing.
      (await loading?.catch(() => undefined))?.close();
    },
  };
}

function sshOptions(options: TransportOptions, ask: Ask): SshOptions {
  const { knownHosts, agentSocket, sshConfig } = options;
  return {
    ownKnownHosts: join(options.stateDir, "known_hosts"),
    acceptNew: options.acceptNew ?? false,
    handshakes: options.handshakes ?? 64,
    keepalive: options.keepalive ?? 5,
    home: homeFolder((name) => Deno.env.get(name)),
    ...(knownHosts === undefined ? {} : { knownHosts }),
    ...(agentSocket === undefined ? {} : { agentSocket }),
    ...(sshConfig === undefined ? {} : { sshConfig }),
    ...(options.ask === undefined ? {} : { ask }),
    ...(options.passphrases === undefined ? {} : { passphrases: options.passphrases }),
    ...(options.loginPassword === undefined ? {} : { loginPassword: options.loginPassword }),
    ...(options.warn === undefined ? {} : { warn: options.warn }),
    ...(options.pauses === undefined ? {} : { pauses: options.pauses }),
  };
}
