import type { SettledRoute } from "../connection.ts";
import type { HostKeys } from "../host_keys.ts";
import type { Identities } from "../identities.ts";
import type { LoginPassword } from "../login_passwords.ts";
import type { SshSettings } from "../ssh_settings.ts";

/** Where a host is, and how it is reached. */
export interface Place {
  /** For messages, and its user. */
  readonly route: SettledRoute;
  readonly settings: SshSettings;
}

/** A host, node or hop, and all that it takes to log in to it. */
export interface Host extends Place {
  readonly hostKeys: HostKeys;
  readonly identities: Identities;
  /** That of a first user, for a host that may have no key of ours yet. */
  readonly password?: LoginPassword;
  /** Socket of the agent that may be asked to sign. */
  readonly agentSocket?: string;
}

/** What an attempt to log in tells while it goes on. */
export interface Watch {
  /** A step begins; if time runs out in it, this says what is missing: "no ssh banner". */
  step(missing: () => string): void;
  /** Others are before it: this time is not its own. */
  queued(): void;
  /**
   * Its turn has come. A host may have a limit of its own, in seconds, for all that follows; `where` it is by now
   * that its configuration has spoken.
   */
  begun(limit?: number, where?: string): void;
  /** Another attempt is made; the one before has done nothing. */
  again(): void;
}
