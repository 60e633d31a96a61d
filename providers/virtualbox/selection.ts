// What a node spec comes to: image, hardware, storage and adapters; or what speaks against it.
import type { HardwareModel } from "../../engine/provider/models.ts";
import type { Problem } from "../../engine/provider/provider.ts";
import { object, v } from "../../engine/schema.ts";
import type { NodeSpec, PortSpec } from "../../engine/spec/types.ts";
import { chooseHardware, type Machine } from "./hardware.ts";
import { type BoxImage, chooseImage, type ImageChoice, imageInline } from "./images.ts";
import { extrasOf, extrasProblems } from "./keys.ts";
import { type Network, networkSchema } from "./adapters.ts";
import { chooseAdapters, type ChosenAdapter, type HostNetworks, managementOf } from "./network.ts";
import type { BoxOptions } from "./options.ts";
import { defaultStorage, type Layout, layoutOf, storageProblems } from "./storage.ts";

/** What `provider.virtualbox` of a node spec may hold; its parts are judged by themselves. */
const nodeExtras = object({
  image: v.optional(v.unknown()),
  hardware: v.optional(v.unknown()),
  network: v.optional(networkSchema),
});

/** A port that has to lead into a node. */
export interface WantedPort {
  readonly protocol: string;
  readonly port: number;
}

/** What a node is made of, by its spec. */
export interface Selection {
  readonly image: BoxImage;
  readonly machine: Machine;
  readonly size: string;
  readonly layout: Layout;
  readonly adapters: readonly ChosenAdapter[];
  readonly management: number;
  readonly user: string;
  /** Ports of the spec that nobody reaches but by a forward. */
  readonly ports: readonly WantedPort[];
}

/** What selecting goes by besides the spec. */
export interface Stock extends ImageChoice {
  readonly sizes: readonly HardwareModel[];
  readonly networks: HostNetworks;
  readonly options: BoxOptions;
  readonly baseDir: string;
  /** As `uname -m` prints it. */
  readonly arch: string;
  /** Megabytes and cores of this machine. */
  readonly host: { readonly ram: number; readonly cores: number };
}

const PATH = "provider.virtualbox";

/** The image that a spec tells or chooses. */
export function selectImage(
  spec: NodeSpec,
  stock: ImageChoice & { readonly baseDir: string },
): BoxImage | readonly Problem[] {
  const own = spec.provider?.["virtualbox"];
  const inline = (own as { readonly image?: unknown } | undefined)?.image;
  if (inline === undefined) return chooseImage(spec.image ?? {}, stock);
  const asked = Object.keys(spec.image ?? {}).filter((key) => key !== "overrideLoginUser");
  if (asked.length === 0) return imageInline(inline, stock.baseDir);
  return [{ path: `image.${asked[0]}`, message: `${PATH}.image tells the image already` }];
}

function refuse(path: string, value: unknown, message: string, help?: string): readonly Problem[] {
  return value === undefined ? [] : [{ path, message, ...(help === undefined ? {} : { help }) }];
}

/** What VirtualBox has nothing for. */
function foreign({ hardware = {}, location = {}, qos = {} }: NodeSpec): readonly Problem[] {
  return [
    ...refuse(
      "hardware.minDisk",
      hardware.minDisk,
      "the disk of a node is as large as its image's",
      "Make the image's larger once: VBoxManage modifymedium disk FILE --resize MEGABYTES, before any node is made of it.",
    ),
    ...refuse(
      "location.locationId",
      location.locationId,
      "machines of VirtualBox are on this workstation alone",
    ),
    ...refuse(
      "location.subnetId",
      location.subnetId,
      "adapters say which network they are in",
      `See ${PATH}.network.`,
    ),
    ...refuse("qos.spotPrice", qos.spotPrice, "machines of VirtualBox cost nothing and have no spot price"),
    ...(qos.enableMonitoring === true
      ? [{ path: "qos.enableMonitoring", message: "VirtualBox does not monitor machines" }]
      : []),
  ];
}

function single(port: PortSpec): WantedPort | undefined {
  if (typeof port === "number") return { protocol: "tcp", port };
  const { startPort, endPort = startPort, protocol = "tcp" } = port;
  return startPort === endPort && protocol !== "icmp" ? { protocol, port: startPort } : undefined;
}

/** Ports of a spec as forwards, where NAT alone leads to the node; elsewhere this machine reaches all of them. */
function wantedPorts(spec: NodeSpec, attach: string): readonly WantedPort[] | readonly Problem[] {
  const ports = spec.network?.inboundPorts ?? [];
  if (attach !== "nat") return [];
  const wanted = ports.map(single);
  const at = wanted.indexOf(undefined);
  if (at !== -1) {
    return [{
      path: `network.inboundPorts[${at}]`,
      message: "behind NAT single ports of tcp and udp can be forwarded, not ranges or icmp",
      help: "Use network local or bridged, or list the ports.",
    }];
  }
  return wanted.filter((one) => one !== undefined).filter(({ port, protocol }) =>
    port !== 22 || protocol !== "tcp"
  );
}

function isProblems(value: object): value is readonly Problem[] {
  return Array.isArray(value);
}

function machineProblems({ machine }: { readonly machine: Machine }, { host }: Stock): readonly Problem[] {
  const { snapshotFolder, ram, cores } = machine;
  return [
    ...(ram <= host.ram
      ? []
      : [{ path: "hardware", message: `this machine has ${host.ram} megabytes of memory, not ${ram}` }]),
    ...(cores <= host.cores
      ? []
      : [{ path: "hardware", message: `this machine has ${host.cores} cores, not ${cores}` }]),
    ...(snapshotFolder === undefined || !/^(?:[/\\]|[A-Za-z]:|.*\.\.)/.test(snapshotFolder) ? [] : [{
      path: `${PATH}.hardware.snapshotFolder`,
      message:
        "must be within the machine's own folder: differences are kept there, and removed with the machine",
    }]),
    ...(machine.sharedFolders ?? []).flatMap(({ path }) =>
      /^(?:\/|[A-Za-z]:[\\/])/.test(path)
        ? []
        : [{ path: `${PATH}.hardware.sharedFolders`, message: `must be a whole path, not "${path}"` }]
    ),
  ];
}

/** What a node spec comes to: of network and storage the spec's word counts before its size's, its image's, the service's. */
export function select(spec: NodeSpec, stock: Stock): Selection | readonly Problem[] {
  const extras = spec.provider?.["virtualbox"] ?? {};
  const image = selectImage(spec, stock);
  const problems: Problem[] = [...foreign(spec), ...extrasProblems(nodeExtras, extras, PATH)];
  if (isProblems(image)) return [...problems, ...image];
  if (problems.length > 0) return problems;
  const own = extrasOf(nodeExtras, extras);
  const wish = {
    spec: spec.hardware ?? {},
    sizes: stock.sizes,
    preferred: stock.options.hardware,
    arch: stock.arch,
  };
  const chosen = chooseHardware({ ...wish, inline: own.hardware, under: image.extras.hardware });
  if (isProblems(chosen)) return chosen;
  const { machine } = chosen;
  const places: readonly (readonly [Network | undefined, string])[] = [
    [own.network as Network | undefined, `${PATH}.network`],
    [machine.network as Network | undefined, `${PATH}.hardware.network`],
    [image.extras.network as Network | undefined, `image "${image.image.id}" network`],
    [stock.options.network, "network of the service"],
  ];
  const [network = "local", path] = places.find(([value]) => value !== undefined) ?? [];
  const { adapters, problems: wrong } = chooseAdapters(network, stock.networks, stock.options, path ?? PATH);
  const management = managementOf(adapters);
  const storage = machine.storage ?? defaultStorage;
  const ports = wantedPorts(spec, adapters[management ?? -1]?.attach ?? "");
  const all = [
    ...wrong,
    ...storageProblems(storage, `${PATH}.hardware.storage`),
    ...machineProblems(chosen, stock),
    ...ports.filter((one): one is Problem => "message" in one),
  ];
  if (all.length > 0 || management === undefined) return all;
  return {
    image,
    machine,
    size: chosen.size,
    layout: layoutOf(storage, image.seeded),
    adapters,
    management,
    user: spec.image?.overrideLoginUser ?? image.image.loginUser,
    ports: ports.filter((one): one is WantedPort => "port" in one),
  };
}
