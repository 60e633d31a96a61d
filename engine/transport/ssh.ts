// Nodes by ssh. Imported when the first one is asked for: the cryptography takes a while to load.
import { PalletError } from "../errors.ts";
import type { OpenChannel } from "./channel.ts";
import type { SshRoute } from "./connection.ts";
import { Handshakes, TurnedAway } from "./handshakes.ts";
import { type HostKeyOptions, hostKeysOf } from "./host_keys.ts";
import { loadIdentities } from "./identities.ts";
import { whereIs } from "./problems.ts";
import { openSshChannel } from "./ssh_channel.ts";
import { type Login, login } from "./ssh_login.ts";
import { runOnTerminal } from "./terminal.ts";

/** What ssh needs to know of this machine. */
export interface SshOptions extends HostKeyOptions {
  /** Handshakes at one time, over all nodes. */
  readonly handshakes: number;
  /** Seconds between signs of life. */
  readonly keepalive: number;
  /** The user's home folder. */
  readonly home: string;
  /** Socket of an ssh agent. */
  readonly agentSocket?: string;
}

/** Channels and shells by ssh. */
export interface Ssh {
  channels(route: SshRoute): OpenChannel;
  shell(route: SshRoute, command: readonly string[], signal?: AbortSignal): Promise<number>;
}

/** Makes {@linkcode Ssh}; all that it makes share one limit of handshakes. */
export function makeSsh(options: SshOptions): Ssh {
  const handshakes = new Handshakes(options.handshakes);

  async function enter(
    route: SshRoute,
    step: (missing: () => string) => void,
    signal: AbortSignal,
  ): Promise<Login> {
    const [hostKeys, identities] = await Promise.all([
      hostKeysOf(route, options),
      loadIdentities(route.identities, options.home),
    ]);
    const { agentSocket, keepalive } = options;
    const agent = agentSocket === undefined ? {} : { agentSocket };
    step(() => "no turn to connect");
    try {
      return await handshakes.run(
        `${route.address}:${route.port}`,
        signal,
        () => login({ route, hostKeys, identities, ...agent, keepalive, signal, step }),
      );
    } catch (thrown) {
      if (!(thrown instanceof TurnedAway)) throw thrown;
      throw new PalletError(`Cannot connect to ${whereIs(route)}: ${thrown.message}, again and again`, {
        kind: "unreachable",
        help:
          "See whether sshd listens on this port; it may refuse this machine, or have too many logins at once.",
        cause: thrown,
      });
    }
  }

  return {
    channels: (route) => async (command, events, signal) => {
      const entered = await enter(route, events.step, signal);
      events.step(() => "no word from its shell");
      return await openSshChannel(entered, command, whereIs(route), events);
    },
    async shell(route, command, signal) {
      const entered = await enter(route, () => {}, signal ?? new AbortController().signal);
      return await runOnTerminal(entered, command, whereIs(route), signal);
    },
  };
}
