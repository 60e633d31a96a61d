import { Buffer } from "node:buffer";
// @ts-types="@types/ssh2"
import type { ClientChannel } from "ssh2";
import { PalletError } from "../errors.ts";
import type { Channel, ChannelEvents } from "./channel.ts";
import { TurnedAway } from "./handshakes.ts";
import { refusedChannel } from "./problems.ts";
import { lossOf } from "./reach/loss.ts";
import type { Login } from "./ssh_login.ts";

/** Milliseconds that a server gets to close what it has been asked to close. */
const GRACE = 500;
/** Attempts that are worth making when a connection was cut before anything was run. */
const AFTER_CUT = 3;

/** A command to start on a node. */
export interface SshCommand {
  readonly command: string;
  /** Variables to ask for; a server takes those that it is told to take. */
  readonly environment: Readonly<Record<string, string>>;
  /** The node, for messages. */
  readonly where: string;
}

/** Starts a command over a login, which ends with it. */
export async function openSshChannel(
  { client, socket }: Login,
  command: SshCommand,
  events: ChannelEvents,
): Promise<Channel> {
  let finished = false;
  let reason: string | undefined;
  let cut = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const finish = () => {
    if (finished) return;
    finished = true;
    clearTimeout(timer);
    client.destroy();
    socket.destroy();
    events.closed(reason ?? "the connection was lost", cut);
  };
  /** Ends it, also when the other side never answers. */
  const end = () => {
    if (finished) return;
    timer ??= setTimeout(finish, GRACE);
    client.end();
  };
  client.removeAllListeners("close").removeAllListeners("error");
  client.on("error", (error) => reason ??= lossOf(error));
  client.on("close", finish);

  const stream = await exec({ client, socket }, command, (stream) => {
    stream.on("data", (data: Buffer) => events.stdout(data));
    stream.stderr.on("data", (data: Buffer) => events.stderr(data));
    stream.on("exit", (code: number | null, signal?: string) => {
      cut = false;
      reason ??= code === null
        ? `the loop on the node was ended by ${signal}`
        : `the loop on the node ended (${code})`;
      // A follower may hold the channel open when the loop has gone; what is still on its way comes first.
      timer ??= setTimeout(finish, GRACE);
    });
    stream.on("close", finish);
  });
  // A connection may be lost between the answer and these listeners.
  if (socket.destroyed) finish();

  return {
    get bytes() {
      return { sent: socket.bytesWritten, received: socket.bytesRead };
    },
    async write(bytes: Uint8Array): Promise<void> {
      if (finished || stream.write(Buffer.from(bytes))) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      stream.once("drain", resolve);
      stream.once("close", resolve);
      client.once("close", resolve);
      await promise;
    },
    close: end,
  };
}

/** @param listen Called at once: the end of a short command may come in one piece with the start. */
async function exec(
  { client, socket }: Login,
  { command, environment, where }: SshCommand,
  listen: (stream: ClientChannel) => void,
): Promise<ClientChannel> {
  const { promise, resolve, reject } = Promise.withResolvers<ClientChannel>();
  try {
    client.exec(command, { env: environment }, (error, stream) => {
      if (error !== undefined) return reject(error);
      listen(stream);
      resolve(stream);
    });
    return await promise;
  } catch (thrown) {
    const refusal = isRefusal(thrown, socket);
    client.destroy();
    socket.destroy();
    if (!refusal) throw lostError(thrown);
    const why = refusedChannel(thrown);
    throw new PalletError(`Cannot run a command on ${where}: ${why}`, {
      kind: "unreachable",
      help: "Its sshd may forbid commands for this user, or have MaxSessions of 0.",
      cause: thrown,
    });
  }
}

/** Whether the server has said no, over a connection that stands; otherwise nothing was run. */
function isRefusal(error: unknown, socket: Login["socket"]): boolean {
  if (socket.destroyed || socket.readableEnded) return false;
  return error instanceof Error && (Reflect.has(error, "reason") || /^Unable to exec/.test(error.message));
}

function lostError(cause: unknown): TurnedAway {
  return new TurnedAway("the connection was cut before a command could run", {
    help: "See the log of its sshd, and what is in between: a firewall, a VPN, a smaller MTU.",
    attempts: AFTER_CUT,
    cause,
  });
}
