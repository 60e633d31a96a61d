// Several services as one: each group's nodes are of the service that the group is mapped to.
import { PalletError } from "../../engine/errors.ts";
import type {
  Capabilities,
  Diagnosis,
  Image,
  Problem,
  Provider,
  ProviderContext,
  ProviderKind,
  ServiceConfig,
} from "../../engine/provider/provider.ts";
import { validate } from "../../engine/schema.ts";
import type { Node } from "../../engine/spec/node.ts";
import { checkOf, diagnosisOf, ownNodes, regionsOf, type Whole } from "./looks.ts";
import { capabilitiesOf, outward, type Part, united } from "./parts.ts";
import { routingOf } from "./routing.ts";
import { optionsSchema } from "./schema.ts";

/** The hybrid service of parts that are open. */
class Hybrid implements Provider {
  readonly name = "hybrid";
  readonly capabilities: Capabilities;
  /** Where one of the parts has regions. */
  readonly nodesByRegion?: NonNullable<Provider["nodesByRegion"]>;
  readonly #whole: Whole;

  constructor(whole: Whole) {
    this.#whole = whole;
    this.capabilities = capabilitiesOf(whole.parts);
    if (whole.parts.some(({ provider }) => provider.nodesByRegion !== undefined)) {
      this.nodesByRegion = (signal) => regionsOf(whole, signal);
    }
  }

  get #service(): ServiceConfig {
    return this.#whole.service;
  }

  get #parts(): readonly Part[] {
    return this.#whole.parts;
  }

  async #partOf(group: string): Promise<Part> {
    return this.#part(await this.#whole.routing.serviceOf(group));
  }

  #part(name: string): Part {
    const part = this.#parts.find((one) => one.name === name);
    if (part !== undefined) return part;
    throw new PalletError(`Service "${this.#service.name}" has no service "${name}"`, { kind: "internal" });
  }

  /** A node as its part knows it. */
  #inward(node: Node): readonly [Part, Node] {
    const slash = node.id.indexOf("/");
    const part = this.#part(node.id.slice(0, slash));
    return [part, {
      ...node,
      id: node.id.slice(slash + 1),
      service: part.name,
      provider: part.provider.name,
    }];
  }

  /** Does something with the nodes of each part, at once; an empty list is for no part to judge. */
  async #each(
    nodes: readonly Node[],
    what: string,
    work: (provider: Provider, nodes: readonly Node[]) => Promise<void>,
  ): Promise<void> {
    if (nodes.length === 0) {
      throw new PalletError(`Cannot ${what} nodes of service "${this.#service.name}": none is given`, {
        kind: "provider",
      });
    }
    const byPart = Map.groupBy(nodes.map((node) => this.#inward(node)), ([part]) => part);
    const results = await Promise.allSettled(
      [...byPart].map(([part, pairs]) => work(part.provider, pairs.map(([, node]) => node))),
    );
    const failed = results.filter((result) => result.status === "rejected").map(({ reason }) => reason);
    if (failed.length === 1) throw failed[0];
    if (failed.length > 1) {
      throw new PalletError(failed.map((error: Error) => error.message).join("; "), {
        kind: "provider",
        cause: failed[0],
      });
    }
  }

  check(signal?: AbortSignal): Promise<readonly Problem[]> {
    return checkOf(this.#whole, signal);
  }

  diagnose(signal?: AbortSignal): Promise<Diagnosis> {
    return diagnosisOf(this.#whole, signal);
  }

  async images(signal?: AbortSignal): Promise<readonly Image[]> {
    return united(
      await Promise.all(this.#parts.map(async (part) => [part, await part.provider.images(signal)] as const)),
    );
  }

  async hardware(signal?: AbortSignal): ReturnType<Provider["hardware"]> {
    return united(
      await Promise.all(
        this.#parts.map(async (part) => [part, await part.provider.hardware(signal)] as const),
      ),
    );
  }

  async validate(...[spec, signal, group]: Parameters<Provider["validate"]>): Promise<readonly Problem[]> {
    if (group !== undefined) return await (await this.#partOf(group)).provider.validate(spec, signal, group);
    // Of what group it is nobody says: what all parts refuse, no group could have.
    const [first = [], ...others] = await Promise.all(
      this.#parts.map(({ provider }) => provider.validate(spec, signal)),
    );
    return others.every((problems) => problems.length > 0) ? first : [];
  }

  async imageFor(...[spec, signal, group]: Parameters<Provider["imageFor"]>): Promise<Image | undefined> {
    if (group !== undefined) return await (await this.#partOf(group)).provider.imageFor(spec, signal, group);
    for (const { provider } of this.#parts) {
      const image = await provider.imageFor(spec, signal);
      if (image !== undefined) return image;
    }
    return undefined;
  }

  async nodes(signal?: AbortSignal): Promise<readonly Node[]> {
    const all = await Promise.all(
      this.#parts.map(async (part) => await ownNodes(this.#whole, part, await part.provider.nodes(signal))),
    );
    const nodes = all.flat();
    const names = new Map<string, Node>();
    for (const node of nodes) {
      const twin = names.get(node.name);
      if (twin !== undefined) {
        throw new PalletError(
          `Service "${this.#service.name}" has two nodes called "${node.name}": ${twin.id} and ${node.id}`,
          { kind: "config", help: "Map the group of each to one service, or give one another name." },
        );
      }
      names.set(node.name, node);
    }
    return nodes;
  }

  async estimate(...[request, signal]: Parameters<Provider["estimate"]>): ReturnType<Provider["estimate"]> {
    return await (await this.#partOf(request.group)).provider.estimate(request, signal);
  }

  async *create(...[request, signal]: Parameters<Provider["create"]>): ReturnType<Provider["create"]> {
    const part = await this.#partOf(request.group);
    for await (const result of part.provider.create(request, signal)) {
      yield "node" in result ? { ...result, node: outward(this.#service, part, result.node) } : result;
    }
  }

  async *ready(...[node, signal]: Parameters<Provider["ready"]>): ReturnType<Provider["ready"]> {
    const [part, inner] = this.#inward(node);
    yield* part.provider.ready(inner, signal);
  }

  start(nodes: readonly Node[], signal?: AbortSignal): Promise<void> {
    return this.#each(nodes, "start", (provider, own) => provider.start(own, signal));
  }

  stop(nodes: readonly Node[], signal?: AbortSignal): Promise<void> {
    return this.#each(nodes, "stop", (provider, own) => provider.stop(own, signal));
  }

  reboot(nodes: readonly Node[], signal?: AbortSignal): Promise<void> {
    return this.#each(nodes, "reboot", (provider, own) => provider.reboot(own, signal));
  }

  destroy(nodes: readonly Node[], signal?: AbortSignal): Promise<void> {
    return this.#each(nodes, "remove", (provider, own) => provider.destroy(own, signal));
  }

  async tag(...[node, tags, signal]: Parameters<Provider["tag"]>): Promise<void> {
    const [part, inner] = this.#inward(node);
    await part.provider.tag(inner, tags, signal);
  }

  async ensureGroup(...[group, spec, signal]: Parameters<Provider["ensureGroup"]>): Promise<void> {
    await (await this.#partOf(group)).provider.ensureGroup(group, spec, signal);
  }

  async removeGroup(group: string, signal?: AbortSignal): Promise<void> {
    for (const { name, provider } of this.#parts) {
      if (await this.#whole.routing.takes(group, name)) await provider.removeGroup(group, signal);
    }
  }

  async route(...[node, signal]: Parameters<Provider["route"]>): ReturnType<Provider["route"]> {
    const [part, inner] = this.#inward(node);
    return await part.provider.route(inner, signal);
  }

  async close(): Promise<void> {
    await Promise.all(this.#parts.map(({ provider }) => provider.close()));
  }
}

async function open(service: ServiceConfig, context: ProviderContext): Promise<Provider> {
  const options = validate(optionsSchema, service.options, {
    what: `service "${service.name}" (hybrid)`,
    kind: "config",
    ...(service.origin === undefined ? {} : { origin: service.origin }),
  });
  const routing = routingOf(service, options, context.call);
  const { openService } = context;
  if (openService === undefined) {
    throw new PalletError(`Service "${service.name}" (hybrid) is not told of the services it is made of`, {
      kind: "config",
      help: "A program names them as `services` beside `service`.",
    });
  }
  const parts: Part[] = [];
  try {
    for (const name of routing.services) parts.push({ name, provider: await openService(name) });
  } catch (error) {
    await Promise.all(parts.map(({ provider }) => provider.close()));
    throw error;
  }
  return new Hybrid({ service, parts, routing });
}

/** Groups of several services. */
export const provider: ProviderKind = {
  name: "hybrid",
  summary: "groups of several services, each of the one that it is mapped to",
  open,
};
