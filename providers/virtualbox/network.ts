// Adapters of machines: presets, or any list of up to eight.
import { object, type Schema, v } from "../../engine/schema.ts";
import type { Problem } from "../../engine/provider/provider.ts";
import type { HostInterface } from "./parse.ts";

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));
const port = v.pipe(
  v.number(),
  v.integer("must be a port, 1 to 65535"),
  v.minValue(1, "must be a port, 1 to 65535"),
  v.maxValue(65535, "must be a port, 1 to 65535"),
);

const forward = object({
  name: v.optional(v.pipe(text, v.regex(/^[\w.-]+$/, "must be letters, digits, dots, dashes"))),
  protocol: v.optional(v.picklist(["tcp", "udp"])),
  hostAddress: v.optional(v.pipe(v.string(), v.ip("must be an IP address"))),
  hostPort: v.optional(port),
  guestPort: port,
});

const adapter = v.pipe(
  object({
    attach: v.picklist([
      "host-only",
      "host-only-network",
      "bridged",
      "nat",
      "nat-network",
      "internal",
      "generic",
    ]),
    interface: v.optional(text),
    network: v.optional(text),
    driver: v.optional(text),
    type: v.optional(v.picklist(["Am79C970A", "Am79C973", "82540EM", "82543GC", "82545EM", "virtio"])),
    mac: v.optional(
      v.pipe(v.string(), v.regex(/^(?:[0-9A-Fa-f]{2}[:-]?){5}[0-9A-Fa-f]{2}$/, "must be a hardware address")),
    ),
    speed: v.optional(
      v.pipe(v.number(), v.integer("must be whole kilobits"), v.minValue(1, "must be 1 or more")),
    ),
    connected: v.optional(v.boolean()),
    promiscuous: v.optional(v.picklist(["deny", "allow-vms", "allow-all"])),
    forwards: v.optional(v.array(forward)),
    management: v.optional(v.boolean()),
    address: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^(?:\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/, "must be an address and its network: 192.168.56.10/24"),
      ),
    ),
    gateway: v.optional(v.pipe(v.string(), v.ipv4("must be an IPv4 address"))),
  }),
);

/** One adapter of a machine. */
export type Adapter = v.InferOutput<typeof adapter>;

/** Adapters that have names. */
export const presets: Readonly<Record<"local" | "bridged" | "nat", readonly Adapter[]>> = {
  local: [{ attach: "host-only" }, { attach: "nat" }],
  bridged: [{ attach: "bridged" }],
  nat: [{ attach: "nat" }],
};

/** `local`, `bridged`, `nat`, or a list of adapters. */
export type Network = keyof typeof presets | readonly Adapter[];

const list = v.pipe(
  v.array(adapter),
  v.minLength(1, "must have at least one adapter"),
  v.maxLength(8, "must have at most 8 adapters"),
);

/** The schema of a network: told apart first, so that a wrong list is told by its own keys. */
export const networkSchema: Schema<Network> = v.lazy((value) =>
  Array.isArray(value) ? list : v.picklist(["local", "bridged", "nat"])
) as Schema<Network>;

/** What this machine has to attach adapters to. */
export interface HostNetworks {
  readonly bridged: readonly HostInterface[];
  readonly hostOnly: readonly HostInterface[];
  /** Names of host-only networks; absent where there are none but interfaces. */
  readonly hostOnlyNetworks?: readonly string[];
  readonly natNetworks: readonly string[];
}

/** What a service prefers where an adapter does not say. */
export interface Preferences {
  readonly localInterface?: string | undefined;
  readonly bridgedInterface?: string | undefined;
}

/** An adapter whose interface is known, but for a host-only one that is to be made. */
export interface ChosenAdapter extends Adapter {
  /** Name of the interface or network; absent where it needs none, or is to be made. */
  readonly target?: string;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "There is none." : `There is ${names.join(", ")}.`;
}

function describe({ name, address, up }: HostInterface): string {
  return `"${name}" (${up ? address || "no address" : "down"})`;
}

function bridgedTarget(wanted: string | undefined, { bridged }: HostNetworks): string | Problem {
  const found = wanted === undefined
    ? bridged.find(({ up, address }) => up && address !== "" && address !== "0.0.0.0")
    : bridged.find(({ name }) => name === wanted);
  const help = bridged.length === 0
    ? "VirtualBox lists none: its network driver may not be loaded."
    : `There is ${bridged.map(describe).join(", ")}.`;
  if (found === undefined) {
    return {
      path: "",
      message: wanted === undefined
        ? "this machine has no interface to bridge to that is up and has an address"
        : `this machine has no interface "${wanted}" to bridge to`,
      help,
    };
  }
  return found.up ? found.name : { path: "", message: `interface "${found.name}" is down`, help };
}

function hostOnlyTarget(wanted: string | undefined, networks: HostNetworks): string | undefined | Problem {
  const { hostOnly, hostOnlyNetworks } = networks;
  const names = hostOnlyNetworks ?? hostOnly.map(({ name }) => name);
  if (wanted === undefined) return names[0];
  if (names.includes(wanted)) return wanted;
  const kind = hostOnlyNetworks === undefined ? "interface" : "network";
  return {
    path: "",
    message: `this machine has no host-only ${kind} "${wanted}"`,
    help: `${listed(names)} Without a name, one is made.`,
  };
}

function targetOf(
  one: Adapter,
  networks: HostNetworks,
  preferences: Preferences,
): string | undefined | Problem {
  switch (one.attach) {
    case "bridged":
      return bridgedTarget(one.interface ?? preferences.bridgedInterface, networks);
    case "host-only":
    case "host-only-network":
      if (one.attach === "host-only-network" && networks.hostOnlyNetworks === undefined) {
        return {
          path: "",
          message: "this VirtualBox has host-only interfaces, and no host-only networks",
          help: "Attach it to host-only.",
        };
      }
      return hostOnlyTarget(one.interface ?? one.network ?? preferences.localInterface, networks);
    case "nat-network":
      if (one.network !== undefined && networks.natNetworks.includes(one.network)) return one.network;
      return {
        path: "",
        message: one.network === undefined
          ? "an adapter of a NAT network needs its name: network"
          : `there is no NAT network "${one.network}"`,
        help: `${listed(networks.natNetworks)} VBoxManage natnetwork add makes one.`,
      };
    case "internal":
      return one.network ?? "intnet";
    case "generic":
      return one.driver ?? { path: "", message: "a generic adapter needs its driver" };
    case "nat":
      return undefined;
  }
}

/**
 * An adapter in the words of this VirtualBox: on macOS networks stand in place of interfaces since 7.0, and nowhere
 * else.
 */
function spoken(one: Adapter, { hostOnlyNetworks }: HostNetworks): Adapter {
  return one.attach === "host-only" && hostOnlyNetworks !== undefined
    ? { ...one, attach: "host-only-network" }
    : one;
}

/** Keys that say something for some adapters alone. */
const MEANT: Readonly<Partial<Record<keyof Adapter, readonly Adapter["attach"][]>>> = {
  interface: ["host-only", "bridged"],
  network: ["host-only-network", "nat-network", "internal"],
  driver: ["generic"],
  forwards: ["nat"],
};

function misplaced(one: Adapter, path: string): readonly Problem[] {
  return Object.entries(MEANT).flatMap(([key, kinds]) =>
    one[key as keyof Adapter] === undefined || kinds.includes(one.attach)
      ? []
      : [{ path: `${path}.${key}`, message: `an adapter attached to "${one.attach}" has none` }]
  );
}

/** Whether nodes can be reached by an adapter, and how well. */
const REACH: readonly Adapter["attach"][] = ["host-only", "host-only-network", "bridged", "nat"];

/** Place of the adapter whose address is the node's: the one that says so, else the one that is reached most simply. */
export function managementOf(adapters: readonly Adapter[]): number | undefined {
  const told = adapters.findIndex(({ management }) => management === true);
  if (told !== -1) return told;
  for (const attach of REACH) {
    const at = adapters.findIndex((one) => one.attach === attach && one.connected !== false);
    if (at !== -1) return at;
  }
  return undefined;
}

/** The adapters of a network with their interfaces, and what speaks against them. */
export function chooseAdapters(
  network: Network,
  networks: HostNetworks,
  preferences: Preferences,
  path: string,
): { readonly adapters: readonly ChosenAdapter[]; readonly problems: readonly Problem[] } {
  const adapters = typeof network === "string" ? presets[network] : network;
  const problems: Problem[] = [];
  const chosen = adapters.map((said, at): ChosenAdapter => {
    const place = typeof network === "string" ? path : `${path}[${at}]`;
    problems.push(...misplaced(said, place));
    const one = spoken(said, networks);
    const target = targetOf(one, networks, preferences);
    if (typeof target === "object") {
      problems.push({ ...target, path: place });
      return one;
    }
    return target === undefined ? one : { ...one, target };
  });
  if (adapters.filter(({ management }) => management === true).length > 1) {
    problems.push({ path, message: "one adapter alone can be the one for management" });
  }
  const management = managementOf(adapters);
  const kind = management === undefined ? undefined : adapters[management]?.attach;
  if (kind === undefined || !REACH.includes(kind)) {
    problems.push({
      path,
      message: "this machine reaches a node by none of these adapters",
      help: "Add one that is host-only, bridged or nat; management: true says which is used.",
    });
  }
  return { adapters: chosen, problems };
}
