import { PalletError } from "../../engine/errors.ts";
import type { Helper } from "./helper.ts";
import { nameServers } from "./machine.ts";
import { addressOf, chooseSubnet, formatSubnet, type LabNames, parseSubnet, routesOf } from "./names.ts";
import { finishRemovals, type Ground } from "./nodes.ts";
import type { LabOptions } from "./options.ts";
import type { Store } from "./store.ts";

/** What the nodes of a lab share: made before the first, removed after the last. */
export interface Network {
  /** Subnet of the lab, chosen with its first node; call it with the store locked. */
  subnet(): Promise<string>;
  /** The network, there when this resolves, and what nodes on it need. Records of nodes come first. */
  up(subnet: string, signal?: AbortSignal): Promise<Ground>;
  /** Whether a command was killed before the end of what it removed. */
  hasLeftovers(): Promise<boolean>;
  /** Ends what is half removed, and the network when no node is left. */
  sweep(): Promise<void>;
}

async function machineRoutes(): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command("ip", {
    args: ["-4", "-o", "route", "show", "table", "all"],
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
  }).output();
  if (success) return new TextDecoder().decode(stdout);
  throw new PalletError(`Cannot read the machine's routes: ${new TextDecoder().decode(stderr).trim()}`, {
    kind: "provider",
  });
}

/** The network of a lab. */
export function openNetwork(names: LabNames, options: LabOptions, helper: Helper, store: Store): Network {
  return {
    async subnet() {
      const known = await store.lab();
      if (known !== undefined) return known.subnet;
      const subnet = options.subnet ?? chooseSubnet(names, routesOf(await machineRoutes()));
      if (subnet === undefined) {
        throw new PalletError(
          "Cannot choose a subnet for the lab: the machine's routes cover all of 10.64.0.0/10",
          {
            kind: "provider",
            help: "Give the service one: option subnet.",
          },
        );
      }
      await store.writeLab({ format: 1, subnet: formatSubnet(subnet) });
      return formatSubnet(subnet);
    },
    async up(text, signal) {
      const subnet = parseSubnet(text);
      if (subnet === undefined) {
        throw new PalletError(`The lab's subnet is no network: ${text}`, { kind: "provider" });
      }
      const gateway = `${addressOf(subnet, 1)}/${subnet.prefix}`;
      const lines = await helper.run(
        "network-up",
        [names.bridge, names.table, gateway, text, store.folder],
        signal,
      );
      const mtu = lines.find((line) => line.startsWith("mtu="))?.slice(4) ?? "1500";
      const [resolv, publicKey] = await Promise.all([nameServers(options.dns), store.publicKey()]);
      return { names, subnet: text, mtu, resolv, publicKey };
    },
    async hasLeftovers() {
      if ((await store.removed()).length > 0) return true;
      return await store.lab() !== undefined && (await store.nodes()).length === 0;
    },
    async sweep() {
      await finishRemovals(helper, store, names);
      await store.locked(async () => {
        await store.dropHalves();
        await helper.run("network-down", [names.bridge, names.table, store.folder]);
        await store.tidy();
      });
    },
  };
}
