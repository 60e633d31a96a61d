/**
 * Logging in to hosts, whatever the way to them: a TCP connection, a command, or jump hosts.
 *
 * @module
 */
import { PalletError } from "../../errors.ts";
import { Handshakes, insist, type Pauses, TurnedAway } from "../handshakes.ts";
import { whereIs } from "../problems.ts";
import { type Login, login } from "../ssh_login.ts";
import type { ByteStream } from "./byte_stream.ts";
import type { Hop } from "./hop.ts";
import { type HopOptions, Hops } from "./hops.ts";
import type { Host, Watch } from "./host.ts";
import { openProxyCommand } from "./proxy_command.ts";
import { openTcp } from "./tcp.ts";

export type { Host, Watch } from "./host.ts";

/** What {@linkcode makeReach} is told. */
export interface ReachOptions extends Pick<HopOptions, "hostOf"> {
  /** Handshakes at one time, over all nodes. */
  readonly handshakes: number;
  /** Seconds between signs of life, where a host's configuration does not say. */
  readonly keepalive: number;
  readonly pauses?: Pauses;
}

/** Logs in to hosts; those behind the same jump host share one connection to it. */
export interface Reach {
  /** @throws {PalletError} of kind `unreachable`, with what is wrong and what to do. */
  enter(host: Host, watch: Watch, signal: AbortSignal): Promise<Login>;
  /** Ends the connections to jump hosts, and what goes through them. */
  close(): void;
}

/** Makes a {@linkcode Reach}. */
export function makeReach(options: ReachOptions): Reach {
  const nodes = new Handshakes(options.handshakes);
  // Nodes wait for their jump hosts: these must not wait for the nodes' turns.
  const jumps = new Handshakes(Infinity);
  const hops = new Hops({
    hostOf: options.hostOf,
    // A jump host that falls silent is noticed before the nodes behind it are, so that it is the one that is named.
    enter: (host, watch, signal, trail) => enter(jumps, options.keepalive / 2, host, watch, signal, trail),
  });

  async function enter(
    turns: Handshakes,
    keepalive: number,
    host: Host,
    watch: Watch,
    signal: AbortSignal,
    trail: readonly string[],
  ): Promise<Login> {
    const { settings } = host;
    const { hostName, port } = settings;
    const attempt = async () => {
      const hop = settings.proxyJump.length === 0
        ? undefined
        : await hops.leadingTo(host, watch, signal, trail);
      watch.step(() => "no turn to connect");
      watch.queued();
      const through = hop === undefined ? {} : { hop: hop.where };
      const server = `${hostName}:${port}${hop === undefined ? "" : ` by ${hop.where}`}`;
      return await turns.run({ server, ...through }, signal, async () => {
        watch.begun(settings.connectTimeout, whereIs(host.route));
        const socket = await openStream(host, hop, watch, signal);
        const jump = trail.length > 0;
        return await login({ ...host, socket, keepalive, jump, step: watch.step.bind(watch), signal });
      });
    };
    try {
      return await insist(signal, attempt, () => watch.again(), options.pauses);
    } catch (thrown) {
      if (!(thrown instanceof TurnedAway)) throw thrown;
      throw new PalletError(`Cannot connect to ${whereIs(host.route)}: ${thrown.message}, again and again`, {
        kind: "unreachable",
        help: thrown.help,
        cause: thrown,
      });
    }
  }

  return {
    enter: (host, watch, signal) => enter(nodes, options.keepalive, host, watch, signal, []),
    close: () => hops.close(),
  };
}

/** The bytes to and from a host's sshd. */
async function openStream(
  host: Host,
  hop: Hop | undefined,
  watch: Watch,
  signal: AbortSignal,
): Promise<ByteStream> {
  signal.throwIfAborted();
  const { proxyCommand } = host.settings;
  if (hop !== undefined) return await hop.open(host, watch, signal);
  if (proxyCommand !== undefined) return openProxyCommand(host, proxyCommand, watch);
  return await openTcp(host, watch, signal);
}
