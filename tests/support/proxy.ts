// A TCP proxy on loopback that makes a network out of it: it delays, counts, cuts, and swallows.

/** What a proxy does to what passes. */
export interface ProxyOptions {
  /** Where it leads to: loopback unless given. */
  readonly address?: string;
  readonly port: number;
  /** Milliseconds that a byte takes there and back together; 0 unless given. */
  readonly roundTrip?: number;
}

/** A running proxy; counts are over all connections. */
export interface Proxy {
  readonly port: number;
  /** Connections that were accepted. */
  readonly connections: number;
  /** Times that the client waited for the server before it went on, the TCP connection among them. */
  readonly roundTrips: number;
  /** Bytes from the client, and from the server. */
  readonly bytes: { readonly up: number; readonly down: number };
  /** Breaks all connections now: both sides see them closed. */
  cut(): void;
  /** Breaks a connection when so many more bytes have come from the server, or from the client. */
  cutAfter(bytes: number, side: "up" | "down"): void;
  /** Swallows everything from now on: connections stay open, new ones are accepted, nothing passes. */
  swallow(): void;
  /** Lets new connections pass again. */
  pass(): void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Deno.TcpConn;
  readonly server: Deno.TcpConn;
}

/** A copy of a connection's bytes in order, each after its delay. */
class Pipe {
  #last: Promise<void> = Promise.resolve();

  constructor(readonly target: Deno.TcpConn, readonly delay: number) {}

  send(bytes: Uint8Array): Promise<void> {
    const due = performance.now() + this.delay;
    this.#last = this.#last.then(async () => {
      const wait = due - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await this.target.write(rest));
    });
    return this.#last;
  }
}

function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}

/** Starts a proxy. */
export function startProxy(options: ProxyOptions): Proxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const half = (options.roundTrip ?? 0) / 2;
  const pairs = new Set<Pair>();
  const swallowed = new Set<Deno.TcpConn>();
  const counts = { connections: 0, roundTrips: 0, up: 0, down: 0 };
  let limit: { left: number; side: "up" | "down" } | undefined;
  let swallowing = false;
  const work = new Set<Promise<void>>();

  const cut = () => {
    for (const { client, server } of pairs) {
      closeQuietly(client);
      closeQuietly(server);
    }
    pairs.clear();
  };

  async function copy(pair: Pair, side: "up" | "down", state: { waiting: boolean }): Promise<void> {
    const [source, target] = side === "up" ? [pair.client, pair.server] : [pair.server, pair.client];
    const pipe = new Pipe(target, half);
    const buffer = new Uint8Array(65536);
    try {
      for (let read = await source.read(buffer); read !== null; read = await source.read(buffer)) {
        if (swallowing) continue;
        if (side === "up" && state.waiting) counts.roundTrips++;
        state.waiting = side === "down";
        let bytes = buffer.slice(0, read);
        counts[side] += read;
        if (limit?.side === side) {
          bytes = bytes.subarray(0, limit.left);
          limit.left -= read;
        }
        const sent = pipe.send(bytes);
        if (limit !== undefined && limit.left <= 0) {
          limit = undefined;
          await sent;
          cut();
          return;
        }
        sent.catch(() => {}); // the other side has gone, which its own copy sees
      }
      await pipe.send(new Uint8Array(0));
    } catch {
      // One side broke: so does the other.
    }
    closeQuietly(pair.client);
    closeQuietly(pair.server);
    pairs.delete(pair);
  }

  async function serve(client: Deno.TcpConn): Promise<void> {
    counts.connections++;
    counts.roundTrips++;
    if (swallowing) {
      swallowed.add(client);
      return;
    }
    if (half > 0) await new Promise((resolve) => setTimeout(resolve, half * 2));
    try {
      const server = await Deno.connect({
        hostname: options.address ?? "127.0.0.1",
        port: options.port,
      });
      client.setNoDelay(true);
      server.setNoDelay(true);
      const pair = { client, server };
      pairs.add(pair);
      const state = { waiting: false };
      await Promise.all([copy(pair, "up", state), copy(pair, "down", state)]);
    } catch {
      closeQuietly(client);
    }
  }

  const accepting = (async () => {
    for await (const client of listener) {
      const served = serve(client);
      work.add(served);
      void served.finally(() => work.delete(served));
    }
  })();

  return {
    port: listener.addr.port,
    get connections() {
      return counts.connections;
    },
    get roundTrips() {
      return counts.roundTrips;
    },
    get bytes() {
      return { up: counts.up, down: counts.down };
    },
    cut,
    cutAfter: (bytes, side) => void (limit = { left: bytes, side }),
    swallow: () => void (swallowing = true),
    pass: () => void (swallowing = false),
    async close() {
      listener.close();
      await accepting;
      cut();
      for (const client of swallowed) closeQuietly(client);
      await Promise.all(work);
    },
  };
}
