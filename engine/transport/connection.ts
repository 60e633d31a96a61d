import type { Origin } from "../errors.ts";
import type { Facts } from "../spec/node.ts";
import type { CompiledScript, Offsets, ScriptId, StatusRecord } from "../script/types.ts";
import type { Credential } from "../secrets/credential.ts";
import type { BecomeMethod } from "./become.ts";
import type { JumpHop, SshQueryOrigins, SshSettings } from "./ssh_settings.ts";

/** Host keys that nobody has told of: refused without asking, or taken and remembered. */
export type HostKeyChoice = "strict" | "accept-new";

/** How a node is reached, as its provider tells. */
export type Route =
  | {
    readonly kind: "local";
    /** How the local user becomes root; `auto` unless told. */
    readonly become?: BecomeMethod;
  }
  | {
    readonly kind: "ssh";
    /** A name or an address, as the user would give it to ssh: `Host` patterns of ssh's configuration match it. */
    readonly address: string;
    /** Wins over ssh's configuration; absent: what that says, 22 in the end. */
    readonly port?: number;
    /** Wins over ssh's configuration; absent: what that says, the local user in the end. */
    readonly user?: string;
    /** Name under which host keys are kept: the node's id, not its address. */
    readonly hostKeyAlias: string;
    /** What people call the node; messages say it in place of the name of its host keys. */
    readonly name?: string;
    /** Host keys that the provider attests, as `ssh-ed25519 AAAA...`; empty: known_hosts decides. */
    readonly hostKeys: readonly string[];
    /** Wins over ssh's configuration; absent: what that says. */
    readonly hostKeyChoice?: HostKeyChoice;
    /** Paths of private keys to try in place of those of ssh's configuration, in order; the agent's keys follow. */
    readonly identities: readonly string[];
    /** Where each of them is named, as far as that is known. */
    readonly identityOrigins?: readonly (Origin | undefined)[];
    /** Where the password of `user` is, for a machine that may have no key of ours yet; keys are tried before it. */
    readonly password?: Credential;
    /** Hops to go through in place of what ssh's configuration says; none in it: connect directly. */
    readonly jump?: readonly JumpHop[];
    /** `false`: ssh's configuration has no say about this node, all there is to know stands here. */
    readonly sshConfig?: false;
    /** Lets the user's agent go along, so that what runs there can use the keys in it. */
    readonly forwardAgent?: boolean;
    /** Who says so, for diagnosis; "its service" unless told. */
    readonly from?: SshQueryOrigins;
    /** How the user becomes root; `auto` unless told. */
    readonly become?: BecomeMethod;
  };

/** A route by ssh. */
export type SshRoute = Extract<Route, { readonly kind: "ssh" }>;

/** A route by ssh once ssh's configuration has spoken: `address` is what to connect to. */
export interface SettledRoute extends SshRoute {
  readonly port: number;
  readonly user: string;
}

/** Who holds a node during a run, and for how long at most. */
export interface Lease {
  readonly run: string;
  /** `user@host pid N`, for the message another run gets. */
  readonly holder: string;
  /** The process that has it, told apart from all others; nothing: whether it is gone can never be known. */
  readonly owner?: string;
  /** Seconds until it ends by itself when nobody renews it. */
  readonly seconds: number;
}

/** Output of a script that its follower is not given. */
export interface OmittedOutput {
  readonly bytes: number;
  /** How many of them the node does not keep either. */
  readonly lost: number;
  /** Where all but those is kept on the node, with what comes before and after; nothing: it is not. */
  readonly path?: string;
}

/** What happens to a script, as its follower learns of it. */
export type ScriptItem =
  | { readonly kind: "record"; readonly record: StatusRecord; readonly next: Offsets }
  | { readonly kind: "output"; readonly bytes: Uint8Array; readonly next: Offsets }
  /** Output that is left out, between the head and the tail of much of it. */
  | { readonly kind: "omitted"; readonly omitted: OmittedOutput; readonly next: Offsets }
  /** The connection was lost and is being regained. */
  | { readonly kind: "reconnecting"; readonly reason: string };

/**
 * How a script ended for its follower: `ended` with a final record; `died` without one although the node is up;
 * `interrupted` by a reboot of the node; `unknown`: the connection was lost and not regained.
 */
export type ScriptEnd = "ended" | "died" | "interrupted" | "unknown";

/** One connection a node and user: one SSH connection, one channel. Reconnecting is normal and inside. */
export interface Connection {
  /** What the node said when the channel opened. */
  readonly facts: Facts;
  /** Sends a script, blobs that the node lacks first; `known` when the node has its claim already. */
  start(
    script: CompiledScript,
    signal?: AbortSignal,
    /** Values of the secrets that the script takes, by their names: they travel beside it. */
    secrets?: ReadonlyMap<string, string>,
  ): Promise<"started" | "known">;
  /** Follows a script from where an earlier follower stopped, to its end. */
  follow(
    id: ScriptId,
    from: Offsets,
    on: (item: ScriptItem) => void,
    signal?: AbortSignal,
  ): Promise<ScriptEnd>;
  /** Ends a running script: TERM, then KILL after a grace. */
  cancel(id: ScriptId): Promise<void>;
  /** Gives the lease back, ends the channel and the connection; a second call does nothing. */
  close(): Promise<void>;
  /** Round trips and bytes so far, for benchmarks and `--verbose`. */
  readonly counts: { readonly sent: number; readonly received: number; readonly reconnects: number };
}

/** How a {@linkcode Transport} connects. */
export interface ConnectOptions {
  /** Taken before anything runs; held by another run: an error with the holder's name. */
  readonly lease: Lease;
  /** Seconds to wait for another run's lease; 0 fails at once. */
  readonly leaseWait: number;
  /** Whether the owner of another run's lease is known to be gone: then its lease is taken over at once. */
  readonly isGone?: (owner: string) => Promise<boolean>;
  /** Seconds for TCP, banner, key exchange and login together. */
  readonly connectTimeout: number;
  /** Seconds to go on trying to regain a lost connection. */
  readonly reconnectTimeout: number;
  /** Seconds after a node's start in which its first start (cloud-init) must be done; 0: it is not waited for. */
  readonly cloudInitTimeout: number;
  /** Told when the node is still busy with its first start (cloud-init), which is waited for. */
  readonly onStarting?: () => void;
  readonly signal?: AbortSignal;
}

/** Makes connections; caps the handshakes that run at once and backs off when a server refuses. */
export interface Transport {
  /** Loads what connections by ssh need, while something else is waited for; it need not be called. */
  warm(): void;
  /** @throws {PalletError} of kind `unreachable`, with the step that failed and what to do. */
  connect(route: Route, options: ConnectOptions): Promise<Connection>;
  /** An interactive shell, or a command, on this terminal; resolves with its exit status. */
  shell(route: Route, command: readonly string[], signal?: AbortSignal): Promise<number>;
  /**
   * How a node is reached and logged in to once ssh's configuration has spoken, and who says so; nothing is connected.
   *
   * @throws {PalletError} of kind `config` when that configuration is wrong.
   */
  settings(route: SshRoute): Promise<SshSettings>;
  /**
   * Private keys that a route names and that no login can use, neither as they lie there nor by an agent, each with the
   * reason; nothing is connected.
   *
   * @throws {PalletError} as `settings`.
   */
  unusableKeys(route: SshRoute): Promise<ReadonlyMap<string, string>>;
  close(): Promise<void>;
}
