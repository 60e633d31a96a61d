// Nodes that are none, for fakes: those of the engine's tests, and a plugin, which imports "pallet/plugin" alone.
import type { Image, Node, OsFacts, Route } from "pallet/plugin";

/** What all of them run. */
export const debian: OsFacts = { id: "debian", family: "debian", version: "12", codename: "bookworm" };

/** An image of that name. */
export function imageNamed(id: string): Image {
  return {
    id,
    os: debian,
    arch: "x86_64",
    description: "Debian 12",
    origin: "built in",
    loginUser: "root",
  };
}

/** Where a node would be reached. */
export function routeTo(node: Node): Route {
  return {
    kind: "ssh",
    sshConfig: false,
    address: node.primaryIp ?? "",
    port: 22,
    user: "root",
    hostKeyAlias: node.id,
    hostKeys: [],
    identities: [],
  };
}

/** A node's tags after a change; what is null goes. */
export function retagged(node: Node, tags: Readonly<Record<string, string | null>>): Node["tags"] {
  return Object.fromEntries(
    Object.entries({ ...node.tags, ...tags })
      .filter((entry): entry is [string, string] => entry[1] !== null),
  );
}
