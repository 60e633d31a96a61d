// The outermost edges of an operation, in memory: a provider and a transport that keep what was asked of them.
import { definitions } from "../../engine/actions/list.ts";
import { localFiles } from "../../engine/actions/local_files.ts";
import { PalletError } from "../../engine/errors.ts";
import type { Event } from "../../engine/events.ts";
import type { Wiring } from "../../engine/operate/begin.ts";
import { start, type Stops } from "../../engine/operate/operation.ts";
import type { Operation } from "../../engine/operate/operation.ts";
import type { OperationOptions } from "../../engine/operate/options.ts";
import { openPast } from "../../engine/operate/past.ts";
import type {
  Capabilities,
  CreateRequest,
  CreateResult,
  Image,
  Problem,
  Provider,
  Readiness,
} from "../../engine/provider/provider.ts";
import { inProcessSandbox } from "../../engine/sandbox/in_process.ts";
import { Secrets } from "../../engine/secrets/secrets.ts";
import type { ActionResult, CompiledScript, Offsets, ScriptId } from "../../engine/script/types.ts";
import type { Facts, Node, OsFacts } from "../../engine/spec/node.ts";
import type { ClusterSpec, GroupSpec, NodeSpec } from "../../engine/spec/types.ts";
import type {
  Connection,
  ConnectOptions,
  Route,
  ScriptEnd,
  ScriptItem,
  Transport,
} from "../../engine/transport/connection.ts";

const DEBIAN: OsFacts = { id: "debian", family: "debian", version: "12", codename: "bookworm" };

/** A provider of nodes in memory. */
export class FakeProvider implements Provider {
  readonly name = "fake";
  capabilities: Capabilities = { create: true, destroy: true, stop: true, tag: true };
  /** All machines, also those of others. */
  all: Node[] = [];
  /** What was asked of it, in order. */
  readonly log: string[] = [];
  /** Names that cannot be created, started, readied or destroyed. */
  readonly broken = {
    create: new Set<string>(),
    silent: new Set<string>(),
    ready: new Set<string>(),
    destroy: new Set<string>(),
  };
  image: Image | undefined = {
    id: "debian-12",
    os: DEBIAN,
    arch: "x86_64",
    description: "Debian 12",
    origin: "built in",
    loginUser: "root",
  };
  problems: Problem[] = [];

  /** A machine that is there from the beginning. */
  have(name: string, group: string | undefined, more: Partial<Node> = {}): this {
    this.all.push({
      id: `id-${name}`,
      name,
      service: "test",
      provider: "fake",
      ...(group === undefined ? {} : { group }),
      state: "running",
      primaryIp: `10.0.0.${this.all.length + 1}`,
      tags: { bootstrapped: "true" },
      ...more,
    });
    return this;
  }

  get names(): readonly string[] {
    return this.all.map((node) => node.name);
  }

  node(name: string): Node | undefined {
    return this.all.find((node) => node.name === name);
  }

  #set(name: string, change: Partial<Node>): void {
    this.all = this.all.map((node) => node.name === name ? { ...node, ...change } : node);
  }

  check(): Promise<readonly Problem[]> {
    return Promise.resolve([]);
  }
  images(): Promise<readonly Image[]> {
    return Promise.resolve(this.image === undefined ? [] : [this.image]);
  }
  hardware(): Promise<readonly never[]> {
    return Promise.resolve([]);
  }
  validate(): Promise<readonly Problem[]> {
    return Promise.resolve(this.problems);
  }
  imageFor(): Promise<Image | undefined> {
    return Promise.resolve(this.image);
  }
  nodes(): Promise<readonly Node[]> {
    return Promise.resolve(this.all);
  }
  estimate(): Promise<{ image: string; hardware: string; pricePerHour: number }> {
    return Promise.resolve({ image: "debian-12", hardware: "small", pricePerHour: 0 });
  }
  async *create(request: CreateRequest): AsyncIterable<CreateResult> {
    for (const name of request.names) {
      this.log.push(`create ${name}`);
      await Promise.resolve();
      if (this.broken.silent.has(name)) continue;
      if (this.broken.create.has(name)) {
        yield { name, error: "no room" };
        continue;
      }
      this.have(name, request.group, { tags: request.tags });
      const node = this.node(name);
      if (node !== undefined) yield { name, node };
    }
  }
  async *ready(node: Node): AsyncIterable<Readiness> {
    await Promise.resolve();
    yield { step: "running", message: "runs" };
    if (this.broken.ready.has(node.name)) {
      throw new PalletError(`${node.name} has no address after 60 s`, { kind: "provider" });
    }
    yield { step: "done", message: "ready" };
  }
  start(nodes: readonly Node[]): Promise<void> {
    for (const { name } of nodes) {
      this.log.push(`start ${name}`);
      this.#set(name, { state: "running" });
    }
    return Promise.resolve();
  }
  stop(nodes: readonly Node[]): Promise<void> {
    for (const { name } of nodes) this.#set(name, { state: "stopped" });
    return Promise.resolve();
  }
  reboot(): Promise<void> {
    return Promise.resolve();
  }
  destroy(nodes: readonly Node[]): Promise<void> {
    if (nodes.length === 0) throw new PalletError("Cannot destroy nothing", { kind: "provider" });
    this.log.push(`destroy ${nodes.map((node) => node.name).join(",")}`);
    const ids = new Set(nodes.filter((node) => !this.broken.destroy.has(node.name)).map((node) => node.id));
    this.all = this.all.filter((node) => !ids.has(node.id));
    return Promise.resolve();
  }
  tag(node: Node, tags: Readonly<Record<string, string | null>>): Promise<void> {
    this.log.push(
      `tag ${node.name} ${Object.entries(tags).map(([key, value]) => `${key}=${value}`).join(",")}`,
    );
    const kept = Object.entries({ ...this.node(node.name)?.tags, ...tags })
      .filter((entry): entry is [string, string] => entry[1] !== null);
    this.#set(node.name, { tags: Object.fromEntries(kept) });
    return Promise.resolve();
  }
  ensureGroup(group: string, _spec: NodeSpec): Promise<void> {
    this.log.push(`ensure ${group}`);
    return Promise.resolve();
  }
  removeGroup(group: string): Promise<void> {
    this.log.push(`drop ${group}`);
    return Promise.resolve();
  }
  route(node: Node): Promise<Route> {
    return Promise.resolve({
      kind: "ssh",
      address: node.primaryIp ?? "",
      port: 22,
      user: "root",
      hostKeyAlias: node.id,
      hostKeys: [],
      identities: [],
    });
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

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
  /** What nodes have of scripts: each is there once, whoever sends it. */
  readonly claims = new Map<string, CompiledScript>();
  behaviour: Behaviour = {};

  async connect(route: Route, options: ConnectOptions): Promise<Connection> {
    options.signal?.throwIfAborted();
    const name = route.kind === "local" ? "workstation" : route.name ?? route.hostKeyAlias;
    await Promise.resolve();
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
      os: DEBIAN,
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

/** All that a test of an operation needs. */
export interface Stage {
  readonly provider: FakeProvider;
  readonly transport: FakeTransport;
  readonly events: Event[];
  /** Options that every operation takes. */
  readonly base: OperationOptions;
  readonly folder: string;
  /** Runs an operation on the specs. */
  run<O extends OperationOptions, T>(
    operation: (wiring: Wiring, options: O) => Promise<T>,
    options: Omit<O, keyof OperationOptions> & Partial<OperationOptions>,
    specs?: readonly (GroupSpec | ClusterSpec)[],
  ): Operation<T>;
  close(): Promise<void>;
}

/** Sets a stage with specs; a folder of its own holds state and cache. */
export function stage(specs: readonly (GroupSpec | ClusterSpec)[]): Stage {
  const folder = Deno.makeTempDirSync({ prefix: "pallet-operate-" });
  const provider = new FakeProvider();
  const transport = new FakeTransport();
  const events: Event[] = [];
  const directories = { state: `${folder}/state`, cache: `${folder}/cache` };
  const base: OperationOptions = {
    source: { specs },
    service: { name: "test", provider: "fake", options: {} },
    providers: [],
    directories,
    on: (event) => events.push(event),
  };
  return {
    provider,
    transport,
    events,
    base,
    folder,
    run: (operation, options, own = specs) => {
      const whole = { ...base, ...options } as Parameters<typeof operation>[1];
      const state = (whole.directories ?? directories).state;
      const { resume } = whole;
      const wiring = async (stops: Stops): Promise<Wiring> => ({
        tools: {
          secrets: new Secrets(options.secrets ?? []),
          sandbox: inProcessSandbox({ own }, folder),
          provider,
          transport,
          files: localFiles({ root: folder }),
          definitions,
        },
        directories: whole.directories ?? directories,
        infra: "test",
        stops,
        clock: Date.now(),
        seed: 1,
        listen: () => {},
        folder,
        graphHash: () => undefined,
        ...(resume === undefined ? {} : { past: await openPast(state, resume.run) }),
      });
      return start(async (stops) => await operation(await wiring(stops), whole), whole.signal);
    },
    close: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Runs a test on a stage and takes the stage away. */
export async function onStage(
  specs: readonly (GroupSpec | ClusterSpec)[],
  test: (stage: Stage) => Promise<void>,
): Promise<void> {
  const own = stage(specs);
  try {
    await test(own);
  } finally {
    await own.close();
  }
}
