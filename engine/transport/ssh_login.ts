// One login: TCP, host key, authentication; each of its failures in words.
import type { Buffer } from "node:buffer";
import { connect as connectSocket, type Socket } from "node:net";
// @ts-types="@types/ssh2"
import ssh2, { type AnyAuthMethod, type Client, type ConnectConfig } from "ssh2";
import { messageOf, PalletError } from "../errors.ts";
import { Attempts, authError } from "./attempts.ts";
import type { SettledRoute } from "./connection.ts";
import { TurnedAway } from "./handshakes.ts";
import type { HostKeys } from "./host_keys.ts";
import type { Identities } from "./identities.ts";
import { oneLine, whereIs } from "./problems.ts";
import type { SshSettings } from "./ssh_settings.ts";

/** What a login is made with. */
export interface LoginOptions {
  readonly route: SettledRoute;
  /** What ssh's configuration says of it; what it names is in {@linkcode route} already. */
  readonly settings: SshSettings;
  readonly hostKeys: HostKeys;
  readonly identities: Identities;
  /** Socket of an ssh agent. */
  readonly agentSocket?: string;
  /** Seconds between signs of life. */
  readonly keepalive: number;
  readonly signal: AbortSignal;
  /** Told at the beginning of each step, for the message when time runs out in it. */
  readonly step: (missing: () => string) => void;
}

/** A connection that is logged in. */
export interface Login {
  readonly client: Client;
  readonly socket: Socket;
}

/** Signs of life that may stay unanswered before a connection is lost: how a half-open one is noticed. */
const UNANSWERED = 3;

const HOST_KEY_TYPES = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
] as const;

/** Cheapest first: every modern server has the first of each. */
const ALGORITHMS = {
  kex: [
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group14-sha256",
  ],
  cipher: [
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
  ],
  hmac: ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512"],
  compress: ["none"],
} satisfies ConnectConfig["algorithms"];

/** Opens a TCP connection. @throws {PalletError} of kind `unreachable` that says why there is none. */
async function openSocket({ route, signal, step }: LoginOptions): Promise<Socket> {
  step(() => "no TCP connection");
  signal.throwIfAborted();
  const socket = connectSocket({ host: route.address, port: route.port, noDelay: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  socket.once("connect", resolve);
  socket.once("error", (error) => reject(socketError(route, error)));
  try {
    await promise;
    socket.removeAllListeners("error");
    return socket;
  } catch (thrown) {
    socket.on("error", () => {}); // what comes after its end is nobody's
    socket.destroy();
    throw thrown;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function codeOf(error: unknown): string {
  return String((typeof error === "object" && error !== null && Reflect.get(error, "code")) || "");
}

function socketError(route: SettledRoute, error: Error): Error {
  const where = whereIs(route);
  const fail = (why: string, help: string) =>
    new PalletError(`Cannot connect to ${where}: ${why}`, { kind: "unreachable", help, cause: error });
  switch (codeOf(error)) {
    case "ECONNREFUSED":
      return fail("the connection was refused", "See whether sshd runs there, and on this port.");
    case "ENOTFOUND":
      return fail(
        `the name "${route.address}" is unknown`,
        "Check the address, or the resolver of this machine.",
      );
    case "EAI_AGAIN":
      return new TurnedAway(`the name "${route.address}" could not be resolved`, { cause: error });
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return fail("there is no route to it", "Check the address and the network.");
    case "ETIMEDOUT":
      return fail("it does not answer", "See whether the node runs, and whether a firewall is in between.");
    default:
      return fail(messageOf(error), "Check the address and the network.");
  }
}

/**
 * Logs in.
 *
 * @throws {PalletError} of kind `unreachable`. {@linkcode TurnedAway} when the server let nobody in just then.
 */
export async function login(options: LoginOptions): Promise<Login> {
  const { route, hostKeys, signal, step } = options;
  const socket = await openSocket(options);
  const client = new ssh2.Client();
  const attempts = new Attempts(options);
  const said: string[] = [];
  let refused: unknown;
  let handshaken = false;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  client.on("greeting", (text: string) => said.push(`it said "${oneLine(text)}"`));
  client.on("handshake", () => {
    handshaken = true;
    step(() => "no end of the login");
  });
  client.on("ready", resolve);
  client.on("error", (error) => {
    if (error.level === "agent") said.push(`the agent said: ${error.message}`);
    else if (refused !== undefined) reject(refused);
    else if (error.level === "client-authentication" && !/^Error/.test(error.message)) {
      reject(authError(options, attempts, said, error));
    } else if (handshaken) reject(authError(options, attempts, [...said, oneLine(error.message)], error));
    else if (isTurnedAway(error, banner())) {
      reject(new TurnedAway("it closed the connection at once", { cause: error }));
    } else reject(handshakeError(options, [...said, oneLine(error.message)], error));
  });
  client.on("close", () => {
    if (!banner()) reject(new TurnedAway("it closed the connection at once"));
    else if (handshaken) {
      reject(authError(options, attempts, [...said, "it closed the connection"], undefined));
    } else reject(handshakeError(options, [...said, "it closed the connection"], undefined));
  });
  // Nothing else may listen to the socket: what came before ssh2 does would be lost.
  const banner = () => socket.bytesRead > 0;
  step(() => banner() ? "no end of the key exchange" : "no ssh banner");
  try {
    client.connect({
      sock: socket,
      username: route.user,
      readyTimeout: 0, // the signal ends it
      keepaliveInterval: options.keepalive * 1000,
      keepaliveCountMax: UNANSWERED,
      algorithms: { ...ALGORITHMS, serverHostKey: hostKeyTypes(hostKeys) },
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
      authHandler: (left, _partial, next) => next(attempts.next(left) as AnyAuthMethod),
    });
    await promise;
    return { client, socket };
  } catch (thrown) {
    client.on("error", () => {}); // what comes after its end is nobody's
    client.destroy();
    socket.destroy();
    throw thrown;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** OpenSSH drops connections beyond MaxStartups before its banner, in place of it with a line of text. */
function isTurnedAway(error: Error & { level?: string }, banner: boolean): boolean {
  return !banner || error.message === "Connection lost before handshake" || codeOf(error) === "ECONNRESET";
}

function handshakeError({ route }: LoginOptions, said: readonly string[], cause: unknown): PalletError {
  return new PalletError(`Cannot talk ssh with ${whereIs(route)}: ${said.join("; ")}`, {
    kind: "unreachable",
    help: "See whether sshd listens on this port, and its log there.",
    cause,
  });
}

/** Types of which a key is known come first, so that the server shows that one. */
function hostKeyTypes({ types }: HostKeys): (typeof HOST_KEY_TYPES)[number][] {
  const known = HOST_KEY_TYPES.filter((type) => types.includes(type));
  return [...known, ...HOST_KEY_TYPES.filter((type) => !types.includes(type))];
}
