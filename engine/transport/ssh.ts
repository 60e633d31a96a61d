// Nodes by ssh. Imported when the first one is asked for: the cryptography takes a while to load.
import { PalletError } from "../errors.ts";
import type { Credential } from "../secrets/credential.ts";
import type { Secret } from "../secrets/secret.ts";
import type { Ask } from "./ask.ts";
import type { ChannelEvents, OpenChannel } from "./channel.ts";
import type { SettledRoute, SshRoute } from "./connection.ts";
import { Deadline } from "./deadline.ts";
import { type HostKeyOptions, hostKeysOf } from "./host_keys.ts";
import { type Identities, loadIdentities } from "./identities.ts";
import type { Pauses } from "./handshakes.ts";
import { Keyring, type PassphraseSource } from "./keyring.ts";
import { knownHostName } from "./known_hosts.ts";
import { LoginPasswords, type LoginPasswordSource } from "./login_passwords.ts";
import { Patience } from "./patience.ts";
import { whereIs } from "./problems.ts";
import { type Host, makeReach, type Watch } from "./reach/mod.ts";
import { SshAgent } from "./ssh_agent/agent.ts";
import { openSshChannel } from "./ssh_channel.ts";
import { localMachine } from "./ssh_config/local_machine.ts";
import { openSshConfig } from "./ssh_config/mod.ts";
import type { Login } from "./ssh_login.ts";
import type { JumpHop, SshQuery, SshSettings } from "./ssh_settings.ts";
import { HostKeyQuestions, unknownHostKeyIn } from "./unknown_host_key.ts";
import { runOnTerminal } from "./terminal.ts";

/** What ssh needs to know of this machine. */
export interface SshOptions extends Omit<HostKeyOptions, "knownHosts"> {
  /** In place of the files of known hosts that ssh's configuration names. */
  readonly knownHosts?: readonly string[];
  /** Handshakes at one time, over all nodes. */
  readonly handshakes: number;
  /** Seconds between signs of life. */
  readonly keepalive: number;
  readonly pauses?: Pauses;
  /** The user's home folder. */
  readonly home: string;
  /** Socket of an ssh agent, in place of what ssh's configuration says; empty: none. */
  readonly agentSocket?: string;
  /** A file in place of the user's and the system's ssh configuration, or `none`. */
  readonly sshConfig?: string;
  /** Asks a person, one question at a time; nothing is asked unless told. */
  readonly ask?: Ask;
  /** Passphrases of private keys that are kept somewhere. */
  readonly passphrases?: PassphraseSource;
  /** Reads the password of a first user from its place. */
  readonly loginPassword?: LoginPasswordSource;
}

/** Channels and shells by ssh. */
export interface Ssh {
  channels(route: SshRoute): OpenChannel;
  shell(route: SshRoute, command: readonly string[], signal?: AbortSignal): Promise<number>;
  /** What configuration says about a route. */
  settings(route: SshRoute): Promise<SshSettings>;
  /** Private keys that a route names and that are of no use, with the reasons. */
  unusableKeys(route: SshRoute): Promise<ReadonlyMap<string, string>>;
  /** Ends the connections to jump hosts. */
  close(): void;
}

/** Seconds for connection and login before a shell, unless the host's configuration says otherwise. */
const SHELL_TIMEOUT = 30;

/** A node may have as many jump hosts before it that nobody has told of. */
const MOST_QUESTIONS = 5;

/** Makes {@linkcode Ssh}; all that it makes share one limit of handshakes. */
export function makeSsh(options: SshOptions): Ssh {
  const config = openSshConfig(localMachine(options.home), options.sshConfig);
  const patience = new Patience();
  const ask = options.ask === undefined ? undefined : patience.around(options.ask);
  const { passphrases, loginPassword = unreadable } = options;
  const keyring = new Keyring({
    ...(ask === undefined ? {} : { ask }),
    ...(passphrases === undefined ? {} : { passphrases: patience.around(passphrases) }),
  });
  const passwords = new LoginPasswords(patience.around(loginPassword));
  const questions = ask === undefined ? undefined : new HostKeyQuestions(ask);
  const warned = new Set<string>();
  const warn = (text: string) => {
    if (!warned.has(text)) options.warn?.(text);
    warned.add(text);
  };

  async function settingsOf(route: SshRoute, command: string): Promise<SshSettings> {
    const { address, port, user, identities, jump, forwardAgent, from, hostKeyChoice } = route;
    const query: SshQuery = {
      host: address,
      ...(port === undefined ? {} : { port }),
      ...(user === undefined ? {} : { user }),
      ...(jump === undefined ? {} : { jump }),
      ...(forwardAgent === undefined ? {} : { forwardAgent }),
      ...(from === undefined ? {} : { from }),
      ...(hostKeyChoice === undefined
        ? {}
        : { strictHostKeyChecking: hostKeyChoice === "strict" ? "yes" : hostKeyChoice }),
      identities,
      command,
    };
    return await (route.sshConfig === false ? config.defaults(query) : config.settings(query));
  }

  /** The keys to log in with, and the socket of the agent that has some of them. */
  async function keysOf(settings: SshSettings): Promise<{ identities: Identities; agentSocket?: string }> {
    const { identitiesNamed, identityFiles, certificateFiles, identitiesOnly, algorithms } = settings;
    const socket = options.agentSocket ?? settings.identityAgent ?? "";
    const identities = await loadIdentities({
      files: identitiesNamed ? identityFiles : [],
      certificateFiles,
      only: identitiesOnly,
      accepted: {
        rsaSize: settings.requiredRsaSize,
        ...(algorithms.publicKey === undefined ? {} : { algorithms: algorithms.publicKey }),
      },
      home: options.home,
      ...(socket === "" ? {} : { agent: new SshAgent(socket) }),
    }, keyring);
    return { identities, ...socket === "" ? {} : { agentSocket: socket } };
  }

  async function hostOf(route: SshRoute, command: string): Promise<Host> {
    const settings = await settingsOf(route, command);
    const { hostName: address, port, user } = settings;
    const settled: SettledRoute = { ...route, address, port, user };
    const knownHosts = options.knownHosts ??
      [...settings.userKnownHostsFiles, ...settings.globalKnownHostsFiles];
    const [hostKeys, keys] = await Promise.all([
      hostKeysOf(settled, { ...options, knownHosts, ...hostKeyChoices(settings, options.acceptNew), warn }),
      keysOf(settings),
    ]);
    const password = passwords.of(settled);
    return {
      route: settled,
      settings,
      hostKeys,
      ...keys,
      ...(password === undefined ? {} : { password }),
    };
  }

  const reach = makeReach({
    handshakes: options.handshakes,
    keepalive: options.keepalive,
    ...(options.pauses === undefined ? {} : { pauses: options.pauses }),
    hostOf: (hop, before) => hostOf(hopRoute(hop, before), ""),
  });

  /** Logs in; when nobody has told of a host key, and somebody can be asked, once more after the answer. */
  async function enterAsking(
    route: SshRoute,
    command: string,
    watch: Watch,
    signal: AbortSignal,
  ): Promise<{ host: Host; entered: Login }> {
    for (let left = MOST_QUESTIONS;; left--) {
      const host = await hostOf(route, command);
      try {
        return { host, entered: await reach.enter(host, watch, signal) };
      } catch (thrown) {
        const unknown = unknownHostKeyIn(thrown);
        if (unknown === undefined || questions === undefined || left === 0) throw thrown;
        if (host.settings.strictHostKeyChecking === "yes") throw thrown;
        if (!await questions.confirmed(unknown)) throw thrown;
      }
    }
  }

  const enter = (route: SshRoute, command: string, watch: Watch, signal: AbortSignal) =>
    patience.during(watch, (resting) => enterAsking(route, command, resting, signal));

  return {
    channels: (route) => async (command, events, signal) => {
      const { host, entered } = await enter(route, command, watchOf(events), signal);
      events.step(() => "no word from its shell");
      const environment = withoutLocale(host.settings.environment);
      return await openSshChannel(entered, { command, environment, where: whereIs(host.route) }, events);
    },
    async shell(route, command, signal) {
      const deadline = new Deadline(whereIs(route), SHELL_TIMEOUT);
      const signals = signal === undefined ? [deadline.signal] : [deadline.signal, signal];
      try {
        const { host, entered } = await enter(route, command.join(" "), deadline, AbortSignal.any(signals));
        deadline.stop();
        const { environment } = host.settings;
        return await runOnTerminal(entered, { command, environment, where: whereIs(host.route) }, signal);
      } finally {
        deadline.stop();
      }
    },
    settings: (route) => settingsOf(route, ""),
    unusableKeys: async (route) => (await keysOf(await settingsOf(route, ""))).identities.unusable,
    close: () => reach.close(),
  };
}

/** A program that says where passwords are, and not how they are read. */
function unreadable(_place: Credential, user: string): Promise<Secret> {
  const message = `Nothing reads the password of "${user}" from its place`;
  return Promise.reject(new PalletError(message, { kind: "config" }));
}

/**
 * What ssh's configuration has to say about host keys. `StrictHostKeyChecking no` takes no more here than
 * `accept-new`: a key that has changed is refused, whatever it says.
 */
function hostKeyChoices(
  settings: SshSettings,
  acceptNew: boolean,
): Partial<HostKeyOptions> & { acceptNew: boolean } {
  const { strictHostKeyChecking, hostKeyAlias, revokedHostKeys } = settings;
  return {
    acceptNew: acceptNew || strictHostKeyChecking === "accept-new" || strictHostKeyChecking === "no",
    ...(hostKeyAlias === undefined ? {} : { alias: hostKeyAlias }),
    ...(revokedHostKeys === undefined ? {} : { revoked: revokedHostKeys }),
  };
}

/** What programs say there must read the same in each user's language; a language that it lacks makes them warn. */
function withoutLocale(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const kept = Object.entries(environment).filter(([name]) => !/^(?:LANG|LANGUAGE|LC_\w+)$/.test(name));
  return Object.fromEntries(kept);
}

/** A jump host as its own configuration has it: no user, key or host key of the node behind it counts for it. */
function hopRoute({ host, user, port }: JumpHop, before: readonly JumpHop[] | undefined): SshRoute {
  return {
    kind: "ssh",
    address: host,
    name: host,
    // Ports of one address may be different machines.
    hostKeyAlias: port === undefined ? host : knownHostName(host, port),
    hostKeys: [],
    identities: [],
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port }),
    ...(before === undefined ? {} : { jump: before }),
  };
}

function watchOf(events: ChannelEvents): Watch {
  return {
    step: (missing) => events.step(missing),
    queued: () => events.queued?.(),
    begun: (limit, where) => events.begun?.(limit, where),
    again: () => events.again?.(),
  };
}
