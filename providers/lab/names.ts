import { createHash } from "node:crypto";

/** Names on the machine that belong to one lab, all made from its folder, so that labs never meet. */
export interface LabNames {
  /** Eight hexadecimal digits. */
  readonly id: string;
  /** At most 15 characters, as the kernel wants it. */
  readonly bridge: string;
  /** nft table of family inet. */
  readonly table: string;
  /** cgroup below which the nodes' cgroups are. */
  readonly cgroup: string;
}

/** Names of the lab whose state is in a folder. */
export function labNames(folder: string): LabNames {
  const id = createHash("sha256").update(folder).digest("hex").slice(0, 8);
  return { id, bridge: `plab-${id}`, table: `pallet_lab_${id}`, cgroup: `pallet-lab-${id}` };
}

/** Name of the machine's end of a node's link; at most 15 characters. */
export function vethName(lab: LabNames, index: number): string {
  return `pl${lab.id}-${index.toString(36)}`;
}

/** An IPv4 network. */
export interface Subnet {
  /** First address, as a number. */
  readonly base: number;
  /** 8 to 30. */
  readonly prefix: number;
}

/** `10.1.2.3` as a number; `undefined` when it is no address. */
export function parseAddress(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** A number as `10.1.2.3`. */
export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/** `10.1.2.0/24`, or an address alone; `undefined` when it is neither. The base is rounded down. */
export function parseSubnet(text: string): Subnet | undefined {
  const [address = "", prefix = "32", ...rest] = text.split("/");
  const base = parseAddress(address);
  if (base === undefined || rest.length > 0 || !/^\d{1,2}$/.test(prefix) || Number(prefix) > 32) {
    return undefined;
  }
  const size = 2 ** (32 - Number(prefix));
  return { base: Math.floor(base / size) * size, prefix: Number(prefix) };
}

/** `10.1.2.0/24`. */
export function formatSubnet(subnet: Subnet): string {
  return `${formatAddress(subnet.base)}/${subnet.prefix}`;
}

/** Whether two networks share an address. */
export function overlaps(one: Subnet, other: Subnet): boolean {
  const prefix = Math.min(one.prefix, other.prefix);
  const size = 2 ** (32 - prefix);
  return Math.floor(one.base / size) === Math.floor(other.base / size);
}

/**
 * A private /24 that meets none of the given networks; where it begins to look depends on the lab, so that two labs
 * that choose at the same time choose apart. `undefined` when all are taken.
 */
export function chooseSubnet(lab: LabNames, taken: readonly Subnet[]): Subnet | undefined {
  const first = parseAddress("10.64.0.0") ?? 0;
  const count = 2 ** 14;
  const start = Number.parseInt(lab.id, 16) % count;
  for (let step = 0; step < count; step++) {
    const subnet = { base: first + ((start + step) % count) * 256, prefix: 24 };
    if (!taken.some((other) => overlaps(other, subnet))) return subnet;
  }
  return undefined;
}

/** Addresses and networks that the output of `ip -4 -o route show table all` mentions. */
export function routesOf(output: string): readonly Subnet[] {
  return output.split("\n").flatMap((line) =>
    line.split(/\s+/).flatMap((word) => {
      const subnet = parseSubnet(word);
      return subnet === undefined || subnet.prefix === 0 ? [] : [subnet];
    })
  );
}

/** Address of a node by its index, 2 and up; the bridge has 1. */
export function addressOf(subnet: Subnet, index: number): string {
  return formatAddress(subnet.base + index);
}

/** Hardware address made from the IP address: a later node of that address is known to its neighbours already. */
export function hardwareAddress(address: string): string {
  const number = parseAddress(address) ?? 0;
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256);
  return ["02", "4c", ...bytes.map((byte) => byte.toString(16).padStart(2, "0"))].join(":");
}

/** Largest index that still is an address of a node. */
export function lastIndex(subnet: Subnet): number {
  return 2 ** (32 - subnet.prefix) - 2;
}
