// The services that a hybrid one is made of, seen as one.
import type { Capabilities, Provider, ServiceConfig } from "../../engine/provider/provider.ts";
import type { Node } from "../../engine/spec/node.ts";

/** A service of a hybrid one. */
export interface Part {
  readonly name: string;
  readonly provider: Provider;
}

/** What all parts can do together; a part that cannot says so itself when it is asked. */
export function capabilitiesOf(parts: readonly Part[]): Capabilities {
  const some = (can: (capabilities: Capabilities) => boolean) =>
    parts.some(({ provider }) => can(provider.capabilities));
  const onNodes = some(({ tagStore }) => tagStore === "node");
  return {
    create: some(({ create }) => create),
    destroy: some(({ destroy }) => destroy),
    stop: some(({ stop }) => stop),
    tag: !onNodes && parts.every(({ provider }) => provider.capabilities.tag),
    // Where one part keeps its tags on the nodes, all do: a run has one way to write them.
    ...(onNodes ? { tagStore: "node" as const } : {}),
  };
}

/** A part's node as the hybrid service's: under an id that tells the part. */
export function outward(service: ServiceConfig, part: Part, node: Node): Node {
  return { ...node, id: `${part.name}/${node.id}`, service: service.name, provider: "hybrid" };
}

/** Definitions of all parts; of one id the first is taken, which names the others as hidden. */
export function united<T extends { readonly id: string; readonly origin: string }>(
  all: readonly (readonly [Part, readonly T[]])[],
): readonly T[] {
  const found = new Map<string, T & { readonly shadows?: readonly string[] }>();
  for (const [part, items] of all) {
    for (const item of items) {
      const origin = `service ${part.name}: ${item.origin}`;
      const first = found.get(item.id);
      found.set(
        item.id,
        first === undefined ? { ...item, origin } : { ...first, shadows: [...first.shadows ?? [], origin] },
      );
    }
  }
  return [...found.values()];
}
