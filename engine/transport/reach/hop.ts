// One connection to a jump host, and the connections that go through it.
import { Buffer } from "node:buffer";
// @ts-types="@types/ssh2"
import type { Client, ClientChannel } from "ssh2";
import { PalletError } from "../../errors.ts";
import { TurnedAway } from "../handshakes.ts";
import { refusedChannel, whereIs } from "../problems.ts";
import type { Login } from "../ssh_login.ts";
import { bare } from "./addresses.ts";
import { type ByteStream, Tube, WayLost } from "./byte_stream.ts";
import type { Place, Watch } from "./host.ts";
import { lossOf } from "./loss.ts";
import { unless } from "./unless.ts";

/** Attempts that are worth making when a jump host was lost on the way. */
const AFTER_LOSS = 3;

const FORWARDING =
  "Its sshd_config must allow it: see AllowTcpForwarding, PermitOpen and DisableForwarding " +
  "there, and `restrict` or `no-port-forwarding` before the key in authorized_keys.";

/** A jump host that is logged in to. */
export class Hop {
  /** `bastion (192.0.2.7:22)`. */
  readonly where: string;
  readonly #login: Login;
  readonly #streams = new Set<ByteStream>();
  readonly #onLost: () => void;
  #lost: WayLost | undefined;

  constructor(host: Place, login: Login, onLost: () => void) {
    this.where = whereIs(host.route);
    this.#login = login;
    this.#onLost = onLost;
    let reason: string | undefined;
    const { client } = login;
    client.removeAllListeners("close").removeAllListeners("error");
    client.on("error", (error) => reason ??= lossOf(error));
    client.on("close", () => this.#lose(reason ?? "it closed the connection"));
    if (login.socket.destroyed) this.#lose("it closed the connection");
  }

  /** Why it is of no use any more, once it is not. */
  get lost(): WayLost | undefined {
    return this.#lost;
  }

  /**
   * A connection from the jump host to a host.
   *
   * @throws {PalletError} of kind `unreachable` with what the jump host says. {@linkcode TurnedAway} when it was lost
   * meanwhile, or can do no more just now.
   */
  async open(host: Place, watch: Watch, signal: AbortSignal): Promise<ByteStream> {
    watch.step(() => `no TCP connection from its jump host ${this.where}`);
    const { hostName, port } = host.settings;
    const opening = this.#forward(this.#login.client, bare(hostName), port);
    try {
      const channel = await unless(signal, opening);
      return this.#carry(channel);
    } catch (thrown) {
      opening.then((late) => late.close(), () => {}); // nobody waits for it any more
      signal.throwIfAborted();
      throw this.#refused(host, thrown);
    }
  }

  /** Ends it, and all connections through it. */
  close(): void {
    const { client, socket } = this.#login;
    this.#lose("it was closed");
    client.end();
    socket.destroySoon();
  }

  #forward(client: Client, address: string, port: number): Promise<ClientChannel> {
    const { promise, resolve, reject } = Promise.withResolvers<ClientChannel>();
    try {
      client.forwardOut("127.0.0.1", 65535, address, port, (error, channel) => {
        if (error === undefined) resolve(channel);
        else reject(error);
      });
    } catch (thrown) {
      reject(thrown);
    }
    return promise;
  }

  #carry(channel: ClientChannel): ByteStream {
    channel.on("error", () => {}); // its end says it
    const stream = new Tube({
      chunks: channel,
      write(bytes) {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        channel.write(Buffer.from(bytes), (error) => error ? reject(error) : resolve());
        return promise;
      },
      end: () => Promise.resolve(channel.end()),
      destroy: () => channel.close(),
      epitaph: () => Promise.resolve(this.#lost),
    });
    this.#streams.add(stream);
    stream.once("close", () => this.#streams.delete(stream));
    if (this.#lost !== undefined) stream.destroy(this.#lost);
    return stream;
  }

  #lose(reason: string): void {
    if (this.#lost !== undefined) return;
    this.#lost = new WayLost(`its jump host ${this.where} was lost: ${reason}`, {
      help: "See whether the jump host runs.",
      again: true,
    });
    this.#onLost();
    for (const stream of this.#streams) stream.destroy(this.#lost);
  }

  #refused(host: Place, error: unknown): Error {
    const said = refusedChannel(error);
    const reason = error instanceof Error ? Reflect.get(error, "reason") : undefined;
    // The jump host gives a reason when it says no; without, its connection is gone, or about to be.
    if (reason === undefined) {
      this.#lose("the connection was lost");
      this.#login.socket.destroy();
    }
    if (this.#lost !== undefined) {
      const { message, help } = this.#lost;
      return new TurnedAway(message, { help, attempts: AFTER_LOSS, cause: error });
    }
    const fail = (why: string, help: string) =>
      new PalletError(`Cannot connect to ${whereIs(host.route)}: ${why}`, {
        kind: "unreachable",
        help,
        cause: error,
      });
    if (reason === 4 || /temporary failure/i.test(said)) {
      return new TurnedAway(`its jump host ${this.where} cannot connect to it just now: ${said}`, {
        help: "See the log of the jump host's sshd.",
        cause: error,
      });
    }
    if (reason === 1) {
      // It never says more than that the open failed.
      return fail(`its jump host ${this.where} does not forward connections there`, FORWARDING);
    }
    return fail(
      `its jump host ${this.where} cannot connect to it: ${said}`,
      "Check the address as the jump host sees it, and whether sshd runs there.",
    );
  }
}
