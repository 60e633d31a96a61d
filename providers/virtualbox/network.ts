// What adapters are attached to on this machine, and by which one a node is reached.
import type { Problem } from "../../engine/provider/provider.ts";
import { type Adapter, type Network, presets } from "./adapters.ts";
import type { HostInterface } from "./parse.ts";

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

/** Adapters in a few words: `host-only vboxnet0 + nat`. */
export function describeNetwork(adapters: readonly ChosenAdapter[]): string {
  return adapters.map(({ attach, target }) => target === undefined ? attach : `${attach} ${target}`).join(
    " + ",
  );
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
