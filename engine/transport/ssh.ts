// Nodes by ssh. Imported when the first one is asked for: the cryptography takes a while to load.
import { PalletError } from "../errors.ts";
import type { OpenChannel } from "./channel.ts";
import type { SettledRoute, SshRoute } from "./connection.ts";
import { Handshakes, TurnedAway } from "./handshakes.ts";
import { type HostKeyOptions, hostKeysOf } from "./host_keys.ts";
import { loadIdentities } from "./identities.ts";
import { whereIs } from "./problems.ts";
import { openSshChannel } from "./ssh_channel.ts";
import { openSshConfig, plainSettings } from "./ssh_config/mod.ts";
import { type Login, login } from "./ssh_login.ts";
import type { SshQuery, SshSettings } from "./ssh_settings.ts";
import { runOnTerminal } from "./terminal.ts";

/** What ssh needs to know of this machine. */
export interface SshOptions extends Omit<HostKeyOptions, "knownHosts"> {
  /** In place of the files of known hosts that ssh's configuration names. */
  readonly knownHosts?: readonly string[];
  /** Handshakes at one time, over all nodes. */
  readonly handshakes: number;
  /** Seconds between signs of life. */
  readonly keepalive: number;
  /** The user's home folder. */
  readonly home: string;
  /** The local user's name. */
  readonly user: string;
  /** Socket of an ssh agent, in place of what ssh's configuration says; empty: none. */
  readonly agentSocket?: string;
  /** A file in place of the user's and the system's ssh configuration, or `none`. */
  readonly sshConfig?: string;
}

/** Channels and shells by ssh. */
export interface Ssh {
  channels(route: SshRoute): OpenChannel;
  shell(route: SshRoute, command: readonly string[], signal?: AbortSignal): Promise<number>;
}

/** Makes {@linkcode Ssh}; all that it makes share one limit of handshakes. */
export function makeSsh(options: SshOptions): Ssh {
  const handshakes = new Handshakes(options.handshakes);
  const defaultAgent = Deno.env.get("SSH_AUTH_SOCK");
  const configOptions = {
    home: options.home,
    user: options.user,
    ...(options.sshConfig === undefined ? {} : { file: options.sshConfig }),
    ...(defaultAgent === undefined || defaultAgent === "" ? {} : { agentSocket: defaultAgent }),
  };
  const config = openSshConfig(configOptions);

  async function settingsOf(route: SshRoute): Promise<SshSettings> {
    const { address, port, user, identities, jump } = route;
    const query: SshQuery = {
      host: address,
      ...(port === undefined ? {} : { port }),
      ...(user === undefined ? {} : { user }),
      ...(jump === undefined ? {} : { jump }),
      identities,
    };
    return route.sshConfig === false ? plainSettings(query, configOptions) : await config.settings(query);
  }

  async function enter(
    route: SshRoute,
    step: (missing: () => string) => void,
    signal: AbortSignal,
  ): Promise<Login> {
    const settings = await settingsOf(route);
    const { hostName: address, port, user } = settings;
    const settled: SettledRoute = { ...route, address, port, user };
    const knownHosts = options.knownHosts ??
      [...settings.userKnownHostsFiles, ...settings.globalKnownHostsFiles];
    const [hostKeys, identities] = await Promise.all([
      hostKeysOf(settled, { ...options, knownHosts }),
      loadIdentities(settings.identitiesNamed ? settings.identityFiles : [], options.home),
    ]);
    const { keepalive } = options;
    const socket = options.agentSocket ?? settings.identityAgent ?? "";
    const agent = socket === "" ? {} : { agentSocket: socket };
    step(() => "no turn to connect");
    try {
      return await handshakes.run(
        `${address}:${port}`,
        signal,
        () => login({ route: settled, settings, hostKeys, identities, ...agent, keepalive, signal, step }),
      );
    } catch (thrown) {
      if (!(thrown instanceof TurnedAway)) throw thrown;
      throw new PalletError(`Cannot connect to ${whereIs(settled)}: ${thrown.message}, again and again`, {
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
