/** One hop of `ProxyJump`, as it is written. */
export interface JumpHop {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

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
  /** Hops in order, the nearest to this machine first; empty: connect directly. */
  readonly proxyJump: readonly JumpHop[];
  /** A command that carries the connection, tokens expanded; never together with `proxyJump`. */
  readonly proxyCommand?: string;
  readonly userKnownHostsFiles: readonly string[];
  readonly globalKnownHostsFiles: readonly string[];
  readonly strictHostKeyChecking: "yes" | "ask" | "accept-new" | "no";
  /** Name under which host keys are kept, in place of the host's own. */
  readonly hostKeyAlias?: string;
  /** Seconds; absent: the run's own limit. */
  readonly connectTimeout?: number;
  readonly connectionAttempts: number;
  /** Seconds between signs of life; 0: the run's own. */
  readonly serverAliveInterval: number;
  readonly serverAliveCountMax: number;
  readonly addressFamily: "any" | "inet" | "inet6";
  readonly bindAddress?: string;
  /** Variables to send: names with their values. */
  readonly environment: Readonly<Record<string, string>>;
  /** The agent goes along only where this says so. */
  readonly forwardAgent: boolean;
  /** What is in the files and has no effect here, in words, each once. */
  readonly ignored: readonly string[];
}
