// A provider in memory, that keeps what was asked of it.
import { PalletError } from "../../engine/errors.ts";
import type {
  Capabilities,
  CreateRequest,
  CreateResult,
  Image,
  Problem,
  Provider,
  Readiness,
} from "../../engine/provider/provider.ts";
import type { Node } from "../../engine/spec/node.ts";
import type { NodeSpec } from "../../engine/spec/types.ts";
import type { Route } from "../../engine/transport/connection.ts";
import { imageNamed, retagged, routeTo } from "./fake_nodes.ts";

/** A provider of nodes in memory. */
export class FakeProvider implements Provider {
  readonly name = "fake";
  capabilities: Capabilities = { create: true, destroy: true, stop: true, tag: true };
  /** All machines, also those of others. */
  all: Node[] = [];
  /** What was asked of it, in order. */
  readonly log: string[] = [];
  /** Names that cannot be created, started, readied, destroyed or tagged. */
  readonly broken = {
    create: new Set<string>(),
    silent: new Set<string>(),
    ready: new Set<string>(),
    destroy: new Set<string>(),
    tag: new Set<string>(),
  };
  image: Image | undefined = imageNamed("debian-12");
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
    this.log.push(`destroy ${nodes.map((node) => node.name).join(",")}`);
    if (nodes.length === 0) throw new PalletError("Cannot destroy nothing", { kind: "provider" });
    const ids = new Set(nodes.filter((node) => !this.broken.destroy.has(node.name)).map((node) => node.id));
    this.all = this.all.filter((node) => !ids.has(node.id));
    return Promise.resolve();
  }
  tag(node: Node, tags: Readonly<Record<string, string | null>>): Promise<void> {
    if (this.broken.tag.has(node.name)) {
      return Promise.reject(new PalletError(`${node.name} takes no tags`, { kind: "provider" }));
    }
    this.log.push(
      `tag ${node.name} ${Object.entries(tags).map(([key, value]) => `${key}=${value}`).join(",")}`,
    );
    const known = this.node(node.name) ?? node;
    this.#set(node.name, { tags: retagged(known, tags) });
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
    return Promise.resolve(routeTo(node));
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}
