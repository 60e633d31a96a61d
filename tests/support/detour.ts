// Lab nodes reached through proxies: a service of listed nodes that leads to those of a project's lab.
import type { LabProject } from "./lab.ts";
import { type Proxy, startProxy } from "./proxy.ts";

/** Name of the service that goes by the proxies. */
export const DETOUR = "detour";

/** How {@linkcode withDetour} leads to nodes. */
export interface DetourOptions {
  /** Nodes that are reached by a proxy; those that are not named are listed with their own addresses. */
  readonly nodes: readonly string[];
  /** Milliseconds there and back. */
  readonly roundTrip?: number;
  /** Seconds to regain a lost connection: 20. */
  readonly reconnect?: number;
}

/** Gives the project a service `detour` of its lab's nodes, some of them behind proxies, by name. */
export async function withDetour(
  project: LabProject,
  options: DetourOptions,
  body: (proxies: ReadonlyMap<string, Proxy>) => Promise<void>,
): Promise<void> {
  const proxies = new Map<string, Proxy>();
  try {
    const nodes: unknown[] = [];
    for (const { name, group } of await project.lab.nodes()) {
      const { address, port = 22, user, hostKeys, identities } = await project.route(name);
      const entry = { name, group, user, "host-keys": hostKeys, identities, tags: { bootstrapped: "true" } };
      if (options.nodes.includes(name)) {
        const { roundTrip } = options;
        const proxy = startProxy({ address, port, ...(roundTrip === undefined ? {} : { roundTrip }) });
        proxies.set(name, proxy);
        nodes.push({ ...entry, address: "127.0.0.1", port: proxy.port });
      } else {
        nodes.push({ ...entry, address, port });
      }
    }
    // JSON is YAML.
    await project.write(
      "pallet.yaml",
      JSON.stringify({
        services: {
          test: { provider: "lab", image: "host" },
          [DETOUR]: { provider: "node-list", nodes },
        },
        "default-service": "test",
        "ssh-config": "none",
        defaults: { "connect-timeout": 10, "reconnect-timeout": options.reconnect ?? 20 },
      }),
    );
    await body(proxies);
  } finally {
    for (const proxy of proxies.values()) await proxy.close();
  }
}
