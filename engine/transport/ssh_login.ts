// One login over a stream that is open: banner, host key, authentication; each of its failures in words.
import type { Buffer } from "node:buffer";
// @ts-types="@types/ssh2"
import type { AnyAuthMethod } from "ssh2";
import { PalletError } from "../errors.ts";
import { algorithmsFor } from "./algorithms.ts";
import { Attempts, authError } from "./attempts.ts";
import { TurnedAway } from "./handshakes.ts";
import { useHostCertificates } from "./host_certificates.ts";
import { useOffers } from "./offers.ts";
import { LoginRefused, oneLine, whereIs } from "./problems.ts";
import { type ByteStream, WayLost } from "./reach/byte_stream.ts";
import type { Host } from "./reach/host.ts";
import { Client } from "./ssh2.ts";

/** What a login is made with. */
export interface LoginOptions extends Host {
  /** The way to its sshd. It ends with the login, or with its failure. */
  readonly socket: ByteStream;
  /** Seconds between signs of life, where the host's configuration does not say. */
  readonly keepalive: number;
  /** A jump host: nothing is run there, and no agent is lent to it. */
  readonly jump: boolean;
  readonly signal: AbortSignal;
  /** Told at the beginning of each step, for the message when time runs out in it. */
  readonly step: (missing: () => string) => void;
}

/** A connection that is logged in. */
export interface Login {
  readonly client: Client;
  readonly socket: ByteStream;
}

/** Signs of life that may stay unanswered before a connection is lost: how a half-open one is noticed. */
const UNANSWERED = 3;
/** Attempts that are worth making when a connection was cut in the middle of its login: nothing was done yet. */
const AFTER_CUT = 3;
/** Bytes that are kept of what comes in place of a banner. */
const KEPT = 300;

/**
 * Logs in.
 *
 * @throws {PalletError} of kind `unreachable`. {@linkcode TurnedAway} when the server let nobody in just then, or the
 * connection was cut.
 */
export async function login(options: LoginOptions): Promise<Login> {
  const { route, settings, hostKeys, signal, socket, step } = options;
  const client = new Client();
  const said: string[] = [];
  const stuck = () => reject(loginRefused(authError(options, attempts, said, undefined)));
  const attempts = new Attempts(options, stuck);
  let refused: unknown;
  let stage: "banner" | "key exchange" | "login" = "banner";
  let opening = "";
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const opened = (data: Buffer) => {
    opening = (opening + data.toString("latin1")).slice(0, KEPT);
    if (stage === "banner" && /(^|\n)SSH-/.test(opening)) stage = "key exchange";
    if (stage !== "banner" || opening.length === KEPT) socket.off("data", opened);
  };
  const failed = (error: Error | undefined) => {
    if (refused !== undefined) reject(refused);
    else if (error instanceof WayLost) reject(wayError(options, error));
    else if (stage === "banner") reject(bannerError(options, opening, error));
    else reject(cut(stage, error));
  };
  client.on("greeting", (text: string) => said.push(`it said "${oneLine(text)}"`));
  client.on("handshake", () => {
    stage = "login";
    step(() => "no end of the login");
  });
  client.on("ready", resolve);
  client.on("error", (error) => {
    if (error.level === "agent") said.push(error.message);
    else if (refused !== undefined) reject(refused);
    else if (error.level === "client-socket" || error.message === "Connection lost before handshake") {
      failed(error);
    } else if (error.level === "client-authentication" && !/^Error/.test(error.message)) {
      reject(loginRefused(authError(options, attempts, said, error)));
    } else if (stage === "login") {
      reject(loginRefused(authError(options, attempts, [...said, oneLine(error.message)], error)));
    } else {reject(
        handshakeError(options, [...said, ...quoted(stage, opening), oneLine(error.message)], error),
      );}
  });
  client.on("change password", () => {
    attempts.expired();
    stuck();
  });
  client.on("close", () => failed(undefined));
  step(() => stage === "banner" ? noBanner(opening) : "no end of the key exchange");
  try {
    if (signal.aborted) abort();
    client.connect({
      sock: socket,
      username: route.user,
      readyTimeout: 0, // the signal ends it
      keepaliveInterval: (settings.serverAliveInterval || options.keepalive) * 1000,
      keepaliveCountMax: settings.serverAliveInterval > 0 ? settings.serverAliveCountMax : UNANSWERED,
      algorithms: algorithmsFor(settings, hostKeys.types),
      ...agentOf(options),
      // Answered at once: ssh2 forgets its own NEWKEYS when the server's comes before a later answer.
      hostVerifier: (key: Buffer): boolean => {
        try {
          hostKeys.check(key);
          return true;
        } catch (thrown) {
          refused = thrown;
          return false;
        }
      },
      authHandler: (_left, _partial, next) => {
        attempts.next().then((method) => next(method as AnyAuthMethod), (thrown) => reject(refused = thrown));
      },
    });
    if (hostKeys.certified) useHostCertificates(client);
    useOffers(client, (methods, partial) => attempts.heard(methods, partial));
    // Only now: whoever listens before ssh2 has paused the stream sees the first bytes alone.
    socket.on("data", opened);
    await promise;
    attempts.close(true);
    return { client, socket };
  } catch (thrown) {
    attempts.close(false);
    client.on("error", () => {}); // what comes after its end is nobody's
    client.destroy();
    socket.destroy();
    throw thrown;
  } finally {
    socket.off("data", opened);
    signal.removeEventListener("abort", abort);
  }
}

/** The agent goes along only where the configuration says so, and never to a jump host. */
function agentOf({ settings, agentSocket, jump }: LoginOptions): { agent?: string; agentForward?: true } {
  return settings.forwardAgent && !jump && agentSocket !== undefined
    ? { agent: agentSocket, agentForward: true }
    : {};
}

function loginRefused(error: PalletError): LoginRefused {
  return new LoginRefused(error.message, {
    kind: error.kind,
    cause: error.cause,
    ...(error.help === undefined ? {} : { help: error.help }),
  });
}

/** A tarpit says something now and then, and never what it should. */
function noBanner(opening: string): string {
  const words = oneLine(opening.slice(0, 60));
  return words === "" ? "no ssh banner" : `no ssh banner, only "${words}",`;
}

function quoted(stage: string, opening: string): readonly string[] {
  return stage === "banner" && opening.trim() !== "" ? [`it said "${oneLine(opening)}"`] : [];
}

/** What a server says to those who are too many; newer ones say the same to those who are punished for a while. */
const TOO_MANY = /MaxStartups|Not allowed at this time|too many|try again/i;

/** There was no banner: OpenSSH has too many logins, or it is no ssh server. */
function bannerError(options: LoginOptions, opening: string, cause: Error | undefined): Error {
  const words = oneLine(opening);
  if (words === "") {
    return new TurnedAway("it closed the connection at once", {
      help: "See whether sshd listens on this port; it may refuse this machine (a firewall, TCP wrappers, " +
        "PerSourcePenalties), or have too many logins at once (MaxStartups).",
      cause,
    });
  }
  if (!TOO_MANY.test(words)) return handshakeError(options, [`it said "${words}"`], cause);
  const help = /Not allowed/i.test(words)
    ? "Its sshd has too many logins at once (MaxStartups), or keeps this machine out for a while after failed " +
      "ones (PerSourcePenalties): see its log, and wait some minutes."
    : "Its sshd has too many logins at once: raise MaxStartups in its sshd_config, or connect to fewer nodes " +
      "at once with --parallel.";
  return new TurnedAway(`it lets nobody in just now ("${words}")`, { help, cause });
}

/** It was an ssh server, and then the connection was gone: nothing was run, so that another attempt is safe. */
function cut(stage: string, cause: Error | undefined): TurnedAway {
  return new TurnedAway(`the connection was cut during the ${stage}`, {
    help: "See the log of its sshd, and what is in between: a firewall, a VPN, a smaller MTU.",
    attempts: AFTER_CUT,
    cause,
  });
}

function wayError({ route }: LoginOptions, lost: WayLost): Error {
  const { message, help } = lost;
  if (lost.again) return new TurnedAway(message, { help, attempts: AFTER_CUT, cause: lost });
  return new PalletError(`Cannot connect to ${whereIs(route)}: ${message}`, {
    kind: "unreachable",
    help,
    cause: lost,
  });
}

function handshakeError({ route }: LoginOptions, said: readonly string[], cause: unknown): PalletError {
  return new PalletError(`Cannot talk ssh with ${whereIs(route)}: ${said.join("; ")}`, {
    kind: "unreachable",
    help: "See whether sshd listens on this port, and its log there.",
    cause,
  });
}
