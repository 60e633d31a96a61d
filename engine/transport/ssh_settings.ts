/** One hop of `ProxyJump`, as it is written. */
export interface JumpHop {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

/** What is asked of ssh's configuration: a host, and what is known of it already, which wins as ssh's command line does. */
export interface SshQuery {
  /** The name that was asked for; `Host` patterns match it. */
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
  /** Paths of private keys; when there are some, they stand in place of those of the files. */
  readonly identities?: readonly string[];
  /** Hops; none in it: connect directly, without any command either. */
  readonly jump?: readonly JumpHop[];
  /** `StrictHostKeyChecking`: "yes" asks nobody. */
  readonly strictHostKeyChecking?: "yes" | "accept-new";
  /** Lets the agent go along. */
  readonly forwardAgent?: boolean;
  /** The command that will run there, for `Match command`; a shell unless told. */
  readonly command?: string;
  /** Who says so, for `origins`; "its service" unless told. */
  readonly from?: SshQueryOrigins;
}

/** Who decides about a host besides ssh's configuration, in words: `pallet.yaml:7`. */
export type SshQueryOrigins = Readonly<
  Partial<Record<"port" | "user" | "identities" | "jump" | "hostKeys", string>>
>;

/** How a host is reached and logged in to once configuration has spoken: what `ssh -G` would say. Plain data. */
export interface SshSettings {
  /** The name that was asked for; `Host` patterns match it. */
  readonly host: string;
  /** The name or address to connect to. */
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  /** Paths of private keys in order, tokens expanded; those that do not exist are left out later. */
  readonly identityFiles: readonly string[];
  /** Whether the files were named, and are not ssh's own defaults. */
  readonly identitiesNamed: boolean;
  readonly certificateFiles: readonly string[];
  /** Only the named keys, even if the agent has more. */
  readonly identitiesOnly: boolean;
  /** Socket of the agent; absent: none. */
  readonly identityAgent?: string;
  /**
   * Hops in order, the nearest to this machine first; empty: connect directly. What is to be asked for a hop: its
   * host, user and port, and the hops before it as its `jump`; the first hop without a `jump`, so that its own counts.
   */
  readonly proxyJump: readonly JumpHop[];
  /** A command that carries the connection, tokens expanded; never together with `proxyJump`. */
  readonly proxyCommand?: string;
  readonly userKnownHostsFiles: readonly string[];
  readonly globalKnownHostsFiles: readonly string[];
  readonly strictHostKeyChecking: "yes" | "ask" | "accept-new" | "no";
  /** Name under which host keys are kept, in place of the host's own. */
  readonly hostKeyAlias?: string;
  /** A file of host keys that are to be refused. */
  readonly revokedHostKeys?: string;
  /** Seconds; absent: the run's own limit. */
  readonly connectTimeout?: number;
  readonly connectionAttempts: number;
  /** Seconds between signs of life; 0: the run's own. */
  readonly serverAliveInterval: number;
  readonly serverAliveCountMax: number;
  readonly addressFamily: "any" | "inet" | "inet6";
  readonly bindAddress?: string;
  /** Name of an interface to connect from. */
  readonly bindInterface?: string;
  /** Lists of algorithms as ssh_config(5) writes them, with a leading `+`, `-` or `^` where the defaults are changed. */
  readonly algorithms: {
    readonly kex?: string;
    readonly cipher?: string;
    readonly hmac?: string;
    readonly hostKey?: string;
    /** Of signatures that a login may be made with. */
    readonly publicKey?: string;
  };
  /** Bits that an RSA key has at least. */
  readonly requiredRsaSize: number;
  readonly compression: boolean;
  /** Variables to send: names with their values. */
  readonly environment: Readonly<Record<string, string>>;
  /** The agent goes along only where this says so. */
  readonly forwardAgent: boolean;
  /** What is in the files and has no effect here, in words, each once. */
  readonly ignored: readonly string[];
  /**
   * Where the values are from, by their name here: `~/.ssh/config:12`, or who was asked; a place for each value of a
   * list. A value that is nobody's choice has none.
   */
  readonly origins: Readonly<Partial<Record<string, readonly string[]>>>;
}
