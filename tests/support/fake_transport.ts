// A transport to nodes that are none: it keeps what was sent, and answers as a test says.
import { PalletError } from "../../engine/errors.ts";
import type { ActionResult, CompiledScript, Offsets, ScriptId } from "../../engine/script/types.ts";
import type { Facts } from "../../engine/spec/node.ts";
import type {
  Connection,
  ConnectOptions,
  Route,
  ScriptEnd,
  ScriptItem,
  Transport,
} from "../../engine/transport/connection.ts";
import { abortable } from "../../engine/transport/abortable.ts";
import { debian } from "./fake_nodes.ts";

/** What a script does in the fake: the result of each action, or how it ends otherwise. */
export interface Behaviour {
  /** Result of an action; `changed` unless told. */
  readonly result?: (target: string, actionId: string) => ActionResult | undefined;
  readonly captured?: (target: string, actionId: string) => string | undefined;
  readonly output?: (target: string, actionId: string) => string | undefined;
  /** Ends a script in this way in the middle of its first action. */
  readonly end?: (target: string, phase: string) => ScriptEnd | undefined;
  /** A script waits for this before it does anything. */
  readonly hold?: (target: string, phase: string) => Promise<void> | undefined;
  readonly unreachable?: (target: string) => boolean;
  /** A node takes this long to answer. */
  readonly answer?: (target: string) => Promise<void> | undefined;
  /** The connection is lost for good when a script is about to be sent. */
  readonly lost?: (target: string) => boolean;
  readonly tags?: (target: string) => Readonly<Record<string, string>> | undefined;
}

/** A transport that runs nothing and tells what was sent. */
export class FakeTransport implements Transport {
  readonly scripts: CompiledScript[] = [];
  /** Values that came beside scripts. */
  readonly secrets: { readonly target: string; readonly values: Readonly<Record<string, string>> }[] = [];
  /** `connect web-1 as root`, `begin web-1 configure`, `end web-1 configure`, `close web-1`. */
  readonly log: string[] = [];
  readonly connected = new Set<string>();
  /** What connections were asked for with. */
  readonly asked: ConnectOptions[] = [];
  /** What nodes have of scripts: each is there once, whoever sends it. */
  readonly claims = new Map<string, CompiledScript>();
  behaviour: Behaviour = {};

  async connect(route: Route, options: ConnectOptions): Promise<Connection> {
    options.signal?.throwIfAborted();
    this.asked.push(options);
    const name = route.kind === "local" ? "workstation" : route.name ?? route.hostKeyAlias;
    await abortable(this.behaviour.answer?.(name) ?? Promise.resolve(), options.signal);
    if (this.behaviour.unreachable?.(name)) {
      throw new PalletError(`Cannot reach ${name}: connection refused`, { kind: "unreachable" });
    }
    this.log.push(`connect ${name} as ${route.kind === "local" ? "self" : route.user}`);
    this.connected.add(name);
    return new FakeConnection(this, name, this.behaviour.tags?.(name));
  }
  warm(): void {}

  settings(): Promise<never> {
    return Promise.reject(new Error("a fake has no ssh configuration"));
  }

  unusableKeys(): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(new Map());
  }

  shell(_route: Route, command: readonly string[]): Promise<number> {
    this.log.push(`shell ${command.join(" ")}`);
    return Promise.resolve(7);
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

class FakeConnection implements Connection {
  readonly counts = { sent: 0, received: 0, reconnects: 0 };
  readonly facts: Facts;
  #script: CompiledScript | undefined;

  constructor(
    readonly transport: FakeTransport,
    readonly name: string,
    tags?: Readonly<Record<string, string>>,
  ) {
    this.facts = {
      os: debian,
      arch: "x86_64",
      packager: "apt",
      init: "systemd",
      hostname: name,
      addresses: ["10.0.0.1"],
      bootId: `boot-${name}`,
      ...(tags === undefined ? {} : { tags }),
      source: "node",
      at: 1,
    };
  }

  async start(
    script: CompiledScript,
    _signal?: AbortSignal,
    secrets: ReadonlyMap<string, string> = new Map(),
  ): Promise<"started" | "known"> {
    if (this.transport.behaviour.lost?.(script.id.target)) {
      throw new PalletError("Lost the connection and could not regain it", { kind: "unreachable" });
    }
    if (secrets.size > 0) {
      this.transport.secrets.push({ target: script.id.target, values: Object.fromEntries(secrets) });
    }
    const key = JSON.stringify(script.id);
    const known = this.transport.claims.get(key);
    this.transport.claims.set(key, known ?? script);
    if (known === undefined) this.transport.scripts.push(script);
    return await Promise.resolve(known === undefined ? "started" : "known");
  }

  async follow(
    id: ScriptId,
    _from: Offsets,
    on: (item: ScriptItem) => void,
    signal?: AbortSignal,
  ): Promise<ScriptEnd> {
    const { behaviour, log, claims } = this.transport;
    this.#script = claims.get(JSON.stringify(id));
    if (this.#script === undefined) return "unknown";
    log.push(`begin ${id.target} ${id.phase}`);
    const aborted = new Promise<"aborted">((resolve) => {
      signal?.addEventListener("abort", () => resolve("aborted"), { once: true });
    });
    const held = behaviour.hold?.(id.target, id.phase);
    if (held !== undefined && await Promise.race([held, aborted]) === "aborted") return "unknown";
    const end = this.#play(id, on);
    log.push(`end ${id.target} ${id.phase}`);
    return end;
  }

  #play(id: ScriptId, on: (item: ScriptItem) => void): ScriptEnd {
    const { behaviour } = this.transport;
    const actions = this.#script?.actions ?? [];
    let output = 0;
    const record = (item: Extract<ScriptItem, { kind: "record" }>["record"]) =>
      on({ kind: "record", record: item, next: { records: 0, output: 0 } });
    record({ type: "script-started", at: 1, bootId: this.facts.bootId });
    for (const [index, action] of actions.entries()) {
      record({ type: "action-started", index, at: index + 1, output });
      const end = behaviour.end?.(id.target, id.phase);
      if (end !== undefined) return end;
      const text = new TextEncoder().encode(behaviour.output?.(id.target, action.id) ?? "");
      const wanted = behaviour.result?.(id.target, action.id);
      const result = wanted ?? (this.#script?.check === true ? "would-change" : "changed");
      output += text.length;
      const value = behaviour.captured?.(id.target, action.id);
      if (value !== undefined) record({ type: "captured", index, value });
      if (result === "changed") record({ type: "change", index, text: `did ${action.id}` });
      const exit = result === "failed" ? 3 : 0;
      record({ type: "action-finished", index, result, exit, at: index + 1.5, output });
      // Output comes after the record on purpose: the two have no order.
      if (text.length > 0) on({ kind: "output", bytes: text, next: { records: 0, output } });
      if (result === "failed") {
        record({ type: "script-finished", result: "failed", at: 99, output, dropped: 0 });
        return "ended";
      }
    }
    record({ type: "script-finished", result: "ok", at: 99, output, dropped: 0 });
    return "ended";
  }

  cancel(): Promise<void> {
    return Promise.resolve();
  }
  close(): Promise<void> {
    if (this.transport.connected.delete(this.name)) this.transport.log.push(`close ${this.name}`);
    return Promise.resolve();
  }
}
