// A TCP connection: by each address of a name in turn, from the address that is asked for.
import { connect as connectSocket } from "node:net";
import { pause } from "../../pause.ts";
import { type Address, addressesOf, bare } from "./addresses.ts";
import { type ByteStream, Tube } from "./byte_stream.ts";
import { AllFailed, firstOf } from "./first.ts";
import type { Place, Watch } from "./host.ts";
import { bindError, nameError, noAddressError, tcpError } from "./tcp_errors.ts";
import { unless } from "./unless.ts";

/** Seconds before the next address is tried beside one that has not answered. */
const HEAD_START = 0.25;
/** Seconds between attempts where several are asked for. */
const BETWEEN = 1;

/**
 * Opens a TCP connection.
 *
 * @throws {PalletError} of kind `unreachable` that says why there is none. {@linkcode TurnedAway} when the resolver
 * does not answer just now.
 */
export async function openTcp(host: Place, watch: Watch, signal: AbortSignal): Promise<ByteStream> {
  const { settings } = host;
  watch.step(() => `no address of "${bare(settings.hostName)}"`);
  const addresses = await findAddresses(host, signal);
  watch.step(() => "no TCP connection");
  for (let attempt = 1;; attempt++) {
    try {
      return await firstOf(addresses, (address, given) => connect(host, address, given), {
        headStart: HEAD_START,
        signal,
        discard: (late) => void late.destroy(),
      });
    } catch (thrown) {
      if (!(thrown instanceof AllFailed)) throw thrown;
      if (attempt >= settings.connectionAttempts) throw tcpError(host, thrown.failures);
    }
    await pause(BETWEEN * (0.5 + Math.random()), signal);
  }
}

async function findAddresses(host: Place, signal: AbortSignal): Promise<readonly (Address & From)[]> {
  let found: readonly Address[];
  try {
    found = await unless(signal, addressesOf(host.settings));
  } catch (thrown) {
    signal.throwIfAborted();
    throw nameError(host, thrown);
  }
  if (found.length === 0) throw noAddressError(host);
  const from = await ownAddresses(host);
  if (from === undefined) return found;
  const able = found.flatMap((address) => {
    const own = from.find(({ family }) => family === address.family);
    return own === undefined ? [] : [{ ...address, localAddress: own.address }];
  });
  if (able.length === 0) throw bindError(host, "it has no address of the other side's family");
  return able;
}

interface From {
  readonly localAddress?: string;
}

/** Addresses of this machine to connect from, where that is not left to the system. */
async function ownAddresses(host: Place): Promise<readonly Address[] | undefined> {
  const { bindAddress, bindInterface } = host.settings;
  if (bindAddress !== undefined) {
    try {
      return await addressesOf({ hostName: bindAddress, addressFamily: "any" });
    } catch (thrown) {
      throw bindError(host, "it is unknown", thrown);
    }
  }
  if (bindInterface === undefined) return undefined;
  const own = Deno.networkInterfaces().filter(({ name, scopeid }) =>
    name === bindInterface && (scopeid ?? 0) === 0
  );
  if (own.length === 0) throw bindError(host, "there is no such interface with an address");
  return own.map(({ address, family }) => ({ address, family: family === "IPv6" ? 6 : 4 }));
}

async function connect(host: Place, to: Address & From, signal: AbortSignal): Promise<ByteStream> {
  const { port } = host.settings;
  const { address, localAddress } = to;
  // The sockets of node know no scopes.
  if (address.includes("%") && localAddress === undefined) return await connectScoped(address, port, signal);
  const from = localAddress === undefined ? {} : { localAddress };
  const socket = connectSocket({ host: address, port, noDelay: true, ...from });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  socket.once("connect", resolve);
  socket.once("error", reject);
  try {
    if (signal.aborted) abort();
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

async function connectScoped(hostname: string, port: number, signal: AbortSignal): Promise<ByteStream> {
  const connecting = Deno.connect({ hostname, port });
  let connection: Deno.TcpConn;
  try {
    connection = await unless(signal, connecting);
  } catch (thrown) {
    connecting.then((late) => late.close(), () => {}); // given up: what comes of it is nobody's
    throw thrown;
  }
  connection.setNoDelay(true);
  const writer = connection.writable.getWriter();
  let closed = false;
  return new Tube({
    chunks: connection.readable,
    write: (bytes) => writer.write(bytes),
    end: () => connection.closeWrite(),
    destroy() {
      if (closed) return;
      closed = true;
      try {
        connection.close();
      } catch {
        // The other side was first.
      }
    },
  });
}
