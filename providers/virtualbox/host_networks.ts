// What this machine has to attach adapters to, and the host-only network that is made where there is none.
import { messageOf, PalletError } from "../../engine/errors.ts";
import type { Problem } from "../../engine/provider/provider.ts";
import { formatAddress, formatSubnet, parseAddress, parseSubnet, type Subnet } from "../lab/names.ts";
import type { Features } from "./features.ts";
import type { HostNetworks } from "./network.ts";
import { type HostInterface, parseInterfaces, parseNames, parseParagraphs } from "./parse.ts";
import type { VBoxManage } from "./vboxmanage.ts";

/** Where VirtualBox reads which ranges host-only interfaces may have. */
const RANGES_FILE = "/etc/vbox/networks.conf";

/** The range that holds where the file is not there. */
const DEFAULT_RANGES: readonly Subnet[] = [{ base: parseAddress("192.168.56.0") ?? 0, prefix: 21 }];

/** All that adapters can be attached to. */
export async function hostNetworks(
  vbox: VBoxManage,
  { hostOnlyNetworks }: Features,
  signal?: AbortSignal,
): Promise<HostNetworks> {
  const list = (what: string) => vbox.look(["list", what], { signal });
  const [bridged, hostOnly, natNetworks, networks] = await Promise.all([
    list("bridgedifs").then(parseInterfaces),
    hostOnlyNetworks ? Promise.resolve([]) : list("hostonlyifs").then(parseInterfaces),
    list("natnets").then(parseNames),
    hostOnlyNetworks ? list("hostonlynets").then(parseNames) : Promise.resolve(undefined),
  ]);
  return {
    bridged,
    hostOnly,
    natNetworks,
    ...(networks === undefined ? {} : { hostOnlyNetworks: networks }),
  };
}

/**
 * Ranges of `networks.conf`: lines that begin with a star and list networks; `* *` allows all.
 *
 * @example
 * ```ts
 * import { parseRanges } from "./host_networks.ts";
 *
 * console.assert(parseRanges("# mine\n* 10.0.0.0/8 2001::/64\n").length === 1);
 * ```
 */
export function parseRanges(text: string): readonly Subnet[] {
  return text.split("\n").flatMap((line) => {
    const words = line.replace(/#.*/, "").trim().split(/\s+/);
    if (words[0] !== "*") return [];
    return words.slice(1).flatMap((word) =>
      word === "*" ? [{ base: 0, prefix: 0 }] : parseSubnet(word) ?? []
    );
  });
}

function within(inner: Subnet, outer: Subnet): boolean {
  const size = 2 ** (32 - outer.prefix);
  return inner.prefix >= outer.prefix && Math.floor(inner.base / size) * size === outer.base;
}

async function allowedRanges(file: string): Promise<readonly Subnet[]> {
  try {
    return parseRanges(await Deno.readTextFile(file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return DEFAULT_RANGES;
    }
    throw new PalletError(
      `Cannot read ${file}, which says which host-only ranges VirtualBox allows: ${messageOf(error)}`,
      {
        kind: "provider",
        help: `Make it readable: sudo chmod 644 ${file}`,
        cause: error,
      },
    );
  }
}

/** What speaks against making a host-only interface of a range: looked at before VirtualBox is asked. */
export async function rangeProblems(
  range: Subnet,
  os: string = Deno.build.os,
  file: string = RANGES_FILE,
): Promise<readonly Problem[]> {
  // Windows has no such limits.
  if (os === "windows") return [];
  const allowed = await allowedRanges(file);
  if (allowed.some((one) => within(range, one))) return [];
  const text = formatSubnet(range);
  return [{
    path: "local-range",
    message: `VirtualBox does not allow host-only interfaces of ${text}, but of ${
      allowed.map(formatSubnet).join(", ") || "no range"
    }`,
    help: `Choose another by option local-range, or allow it: echo '* ${text}' | sudo tee -a ${file}`,
  }];
}

function netmask(prefix: number): string {
  return formatAddress(2 ** 32 - 2 ** (32 - prefix));
}

async function madeInterface(vbox: VBoxManage, signal?: AbortSignal): Promise<string> {
  const said = await vbox.change("hostonlyif", ["hostonlyif", "create"], { signal });
  const name = /Interface '(.+)' was successfully created/.exec(said)?.[1];
  if (name !== undefined) return name;
  throw new PalletError(`Cannot tell which host-only interface VirtualBox has made: ${said.trim()}`, {
    kind: "provider",
  });
}

/** Gives an interface a DHCP server where it has none: the machine itself has the first address, the server the second. */
async function ensureDhcp(vbox: VBoxManage, one: HostInterface, signal?: AbortSignal): Promise<void> {
  const servers = parseParagraphs(await vbox.look(["list", "dhcpservers"], { signal }));
  const own = servers.find((fields) => fields.get("NetworkName") === one.network);
  if (own?.get("Enabled") === "Yes") return;
  const address = parseAddress(one.address);
  const mask = parseAddress(one.netmask);
  if (address === undefined || mask === undefined || mask === 0) return;
  const prefix = 32 - Math.log2(2 ** 32 - mask);
  const base = parseSubnet(`${one.address}/${prefix}`)?.base ?? 0;
  const last = base + 2 ** (32 - prefix) - 2;
  const first = Math.max(base + Math.min(100, Math.floor((last - base) / 4)), address + 1);
  const server = formatAddress(first);
  await vbox.change("dhcpserver", [
    "dhcpserver",
    own === undefined ? "add" : "modify",
    `--interface=${one.name}`,
    `--server-ip=${server}`,
    `--netmask=${one.netmask}`,
    `--lower-ip=${formatAddress(first + 1)}`,
    `--upper-ip=${formatAddress(last)}`,
    "--enable",
  ], { signal });
}

/**
 * The host-only network of adapters that name none: one that is there, or one that is made, once.
 *
 * @throws {PalletError} when its range is not allowed, or VirtualBox refuses.
 */
export async function ensureHostOnly(
  vbox: VBoxManage,
  features: Features,
  range: Subnet,
  wanted: string | undefined,
  signal?: AbortSignal,
): Promise<string> {
  const address = formatAddress(range.base + 1);
  const mask = netmask(range.prefix);
  const { hostOnly, hostOnlyNetworks } = await hostNetworks(vbox, features, signal);
  if (hostOnlyNetworks !== undefined) {
    const name = wanted ?? hostOnlyNetworks[0];
    if (name !== undefined) return name;
    await vbox.change("hostonlynet", [
      "hostonlynet",
      "add",
      "--name=pallet",
      `--netmask=${mask}`,
      `--lower-ip=${address}`,
      `--upper-ip=${formatAddress(range.base + 2 ** (32 - range.prefix) - 2)}`,
      "--enable",
    ], { signal });
    return "pallet";
  }
  const known = hostOnly.find(({ name }) => wanted === undefined || name === wanted);
  if (known !== undefined) {
    await ensureDhcp(vbox, known, signal);
    return known.name;
  }
  const [problem] = await rangeProblems(range);
  if (problem !== undefined) {
    throw new PalletError(`Cannot make a host-only interface: ${problem.message}`, {
      kind: "provider",
      ...(problem.help === undefined ? {} : { help: problem.help }),
    });
  }
  const name = await madeInterface(vbox, signal);
  await vbox.change("hostonlyif", ["hostonlyif", "ipconfig", name, "--ip", address, "--netmask", mask], {
    signal,
  });
  await ensureDhcp(vbox, {
    name,
    address,
    netmask: mask,
    up: true,
    network: `HostInterfaceNetworking-${name}`,
  }, signal);
  return name;
}
