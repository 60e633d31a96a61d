// Jump hosts: one connection to each, for all nodes behind it; opened when the first asks, again when it was lost.
import { PalletError } from "../../errors.ts";
import { Deadline } from "../deadline.ts";
import { HostKeyError, whereIs } from "../problems.ts";
import type { Login } from "../ssh_login.ts";
import type { JumpHop } from "../ssh_settings.ts";
import { Hop } from "./hop.ts";
import type { Host, Watch } from "./host.ts";
import { unless } from "./unless.ts";

/** What jump hosts are opened with. */
export interface HopOptions {
  /** A hop as configuration has it; `before` are the hops that lead to it, nothing: its own configuration says. */
  readonly hostOf: (hop: JumpHop, before: readonly JumpHop[] | undefined) => Promise<Host>;
  /** Logs in to a hop; `trail` are the hops that are being opened, for those that lead to themselves. */
  readonly enter: (
    host: Host,
    watch: Watch,
    signal: AbortSignal,
    trail: readonly string[],
  ) => Promise<Login>;
}

/** Connections to jump hosts. */
export class Hops {
  readonly #options: HopOptions;
  readonly #hosts = new Map<string, Promise<Host>>();
  readonly #open = new Map<string, Shared>();
  #closed = false;

  constructor(options: HopOptions) {
    this.#options = options;
  }

  /**
   * The jump host that leads to a host.
   *
   * @throws {PalletError} of kind `unreachable` with the host, the jump host, and why it cannot be used.
   */
  async leadingTo(host: Host, watch: Watch, signal: AbortSignal, trail: readonly string[]): Promise<Hop> {
    const { proxyJump } = host.settings;
    const last = proxyJump.at(-1);
    if (last === undefined) throw new Error("a host without jump hosts has none that leads to it");
    try {
      const hop = await unless(signal, this.#hostOf(last, proxyJump.slice(0, -1)));
      const key = keyOf(hop);
      if (trail.includes(key)) throw loop([...trail, key]);
      return await this.#shared(key, hop, trail).ready(watch, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      throw byWayOf(host, thrown);
    }
  }

  /** Ends all of them. */
  close(): void {
    this.#closed = true;
    for (const shared of [...this.#open.values()]) shared.close();
    this.#open.clear();
  }

  /** Asked once while a hop is in use, however many nodes are behind it. */
  #hostOf(hop: JumpHop, before: readonly JumpHop[]): Promise<Host> {
    const text = JSON.stringify([hop.user, hop.host, hop.port, before]);
    const known = this.#hosts.get(text);
    if (known !== undefined) return known;
    const asked = this.#options.hostOf(hop, before.length === 0 ? undefined : before);
    this.#hosts.set(text, asked);
    asked.catch(() => this.#hosts.delete(text));
    return asked;
  }

  #shared(key: string, host: Host, trail: readonly string[]): Shared {
    if (this.#closed) throw new PalletError("All connections are closed", { kind: "internal" });
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    const shared: Shared = new Shared(
      host,
      (watch, signal) => this.#options.enter(host, watch, signal, [...trail, key]),
      () => {
        if (this.#open.get(key) === shared) this.#open.delete(key);
        // Its host key may have been remembered, or its address may be another by now.
        this.#hosts.clear();
      },
    );
    this.#open.set(key, shared);
    return shared;
  }
}

/** One connection that several wait for. It is given up when none of them does any more. */
class Shared {
  readonly #deadline: Deadline;
  readonly #given = new AbortController();
  readonly #hop: Promise<Hop>;
  readonly #where: string;
  #waiting = 0;
  #settled = false;

  constructor(
    host: Host,
    enter: (watch: Watch, signal: AbortSignal) => Promise<Login>,
    gone: () => void,
  ) {
    this.#where = whereIs(host.route);
    // Those who wait have limits of their own; only the hop's own comes on top.
    this.#deadline = new Deadline(this.#where, Infinity);
    const signal = AbortSignal.any([this.#given.signal, this.#deadline.signal]);
    this.#hop = enter(this.#deadline, signal).then((login) => new Hop(host, login, gone)).finally(() => {
      this.#settled = true;
      this.#deadline.stop();
    });
    this.#hop.catch(gone);
  }

  async ready(watch: Watch, signal: AbortSignal): Promise<Hop> {
    watch.step(() => `${this.#deadline.missing} of its jump host ${this.#where}`);
    this.#waiting++;
    try {
      return await unless(signal, this.#hop);
    } finally {
      this.#waiting--;
      if (this.#waiting === 0 && !this.#settled) this.#given.abort(new Error("nobody waits for it any more"));
    }
  }

  close(): void {
    this.#given.abort(new Error("all connections are closed"));
    this.#hop.then((hop) => hop.close(), () => {}); // it never came up
  }
}

/** What makes two hops the same. */
function keyOf({ route, settings }: Host): string {
  const { host, hostName, port, proxyCommand, proxyJump } = settings;
  return JSON.stringify([host, hostName, port, route.user, proxyCommand, proxyJump]);
}

function loop(trail: readonly string[]): PalletError {
  const names = trail.map((key) => String(JSON.parse(key)[0]));
  return new PalletError(`Its jump hosts lead in a circle: ${names.join(", ")}`, {
    kind: "config",
    help: "Say `ProxyJump none` for the first of them in the ssh configuration.",
  });
}

/** An error of a jump host, as an error of the host behind it. */
function byWayOf(host: Host, thrown: unknown): unknown {
  if (!(thrown instanceof PalletError)) return thrown;
  const message = `Cannot reach ${whereIs(host.route)} by way of its jump host: ${thrown.message}`;
  const options = {
    kind: thrown.kind === "config" ? "config" : "unreachable",
    ...(thrown.help === undefined ? {} : { help: thrown.help }),
    cause: thrown,
  } as const;
  return thrown instanceof HostKeyError
    ? new HostKeyError(message, options)
    : new PalletError(message, options);
}
