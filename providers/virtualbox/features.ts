// How this VirtualBox spells what differs between versions. Found out by looking at what it says of itself.
import type { VBoxManage } from "./vboxmanage.ts";

/** Options by what they mean, the newest spelling first. */
const SPELLINGS = {
  utc: ["--rtc-use-utc", "--rtcuseutc"],
  clipboard: ["--clipboard-mode", "--clipboard"],
  dragAndDrop: ["--drag-and-drop", "--draganddrop"],
  pageFusion: ["--page-fusion", "--pagefusion"],
  memoryBalloon: ["--guest-memory-balloon", "--guestmemoryballoon"],
  cpuHotplug: ["--cpu-hotplug", "--cpuhotplug"],
  cpuCap: ["--cpu-execution-cap", "--cpuexecutioncap"],
  accelerate3d: ["--accelerate-3d", "--accelerate3d"],
  accelerate2d: ["--accelerate-2d-video", "--accelerate2dvideo"],
  monitors: ["--monitor-count", "--monitorcount"],
  snapshotFolder: ["--snapshot-folder", "--snapshotfolder"],
  hostOnlyAdapter: ["--host-only-adapter", "--hostonlyadapter"],
  hostOnlyNetwork: ["--host-only-net", "--hostonlynet"],
  bridgeAdapter: ["--bridge-adapter", "--bridgeadapter"],
  natNetwork: ["--nat-network", "--natnetwork"],
  natForward: ["--nat-pf", "--natpf"],
  genericDriver: ["--nic-generic-drv", "--nicgenericdrv"],
  nicType: ["--nic-type", "--nictype"],
  nicSpeed: ["--nic-speed", "--nicspeed"],
  nicPromiscuous: ["--nic-promisc", "--nicpromisc"],
  mac: ["--mac-address", "--macaddress"],
  cable: ["--cable-connected", "--cableconnected"],
  uartMode: ["--uart-mode", "--uartmode"],
  hpet: ["--x86-hpet", "--hpet"],
  pae: ["--x86-pae", "--pae"],
  nestedVirtualization: ["--x86-nested-hw-virt", "--nested-hw-virt"],
} as const;

/** What an option means. */
export type OptionName = keyof typeof SPELLINGS;

/** What this VirtualBox can, and how it wants to be told. Plain data. */
export interface Features {
  /** As it calls itself: `7.1.4r165100`. */
  readonly version: string;
  readonly options: Readonly<Record<OptionName, string>>;
  /** Whether a machine's architecture has to be told when it is made. */
  readonly architecture: boolean;
  /** Whether networks of the host stand in place of host-only interfaces. */
  readonly hostOnlyNetworks: boolean;
}

/** Whether a text about a command mentions an option: `--natpf<1-N>`, `--nat-pfN=`, `--cpus`. */
function mentions(text: string, option: string): boolean {
  return new RegExp(`${option}(?![a-z-])`).test(text);
}

/** `[7, 1]` of `7.1.4_Ubuntur165100`; a version that cannot be read counts as the newest. */
function numbers(version: string): readonly [number, number] {
  const found = /^(\d+)\.(\d+)/.exec(version.trim());
  return found === null ? [99, 0] : [Number(found[1]), Number(found[2])];
}

/**
 * What a VirtualBox can, by its version and its words about `modifyvm`, `createvm` and `list`. Where its words are of no
 * use its version counts: before 7.0 the old spellings hold. No version is refused.
 *
 * @example
 * ```ts
 * import { featuresOf } from "./features.ts";
 *
 * const old = featuresOf("6.1.50r161033", "[--rtcuseutc on|off] [--natpf<1-N> ...]");
 * console.assert(old.options.utc === "--rtcuseutc" && old.options.natForward === "--natpf");
 * ```
 */
export function featuresOf(version: string, words: string, os: string = Deno.build.os): Features {
  const [major, minor] = numbers(version);
  const told = mentions(words, "--memory");
  const spelling = (names: readonly [string, string]) => {
    const [newer, older] = names;
    if (mentions(words, newer)) return newer;
    return mentions(words, older) || major < 7 && !told ? older : newer;
  };
  const options = Object.fromEntries(
    Object.entries(SPELLINGS).map(([name, names]) => [name, spelling(names)]),
  ) as Record<OptionName, string>;
  if (!told && major >= 6) {
    // 6.1 has these new spellings already, and 7.1, which has those of x86 alone, takes the old ones too.
    Object.assign(options, {
      ...{ clipboard: "--clipboard-mode", natNetwork: "--nat-network" },
      ...{ hpet: "--hpet", pae: "--pae", nestedVirtualization: "--nested-hw-virt" },
    });
  }
  return {
    version: version.trim(),
    options,
    architecture: mentions(words, "--platform-architecture") ||
      !mentions(words, "--basefolder") && (major > 7 || major === 7 && minor >= 1),
    hostOnlyNetworks: os === "darwin" && (mentions(words, "--host-only-net") || major >= 7),
  };
}

/** Asks a VirtualBox what it can. */
export async function probe(vbox: VBoxManage, signal?: AbortSignal): Promise<Features> {
  const lines = (await vbox.look(["--version"], { signal })).trim().split("\n");
  // Warnings, of a kernel driver that is not loaded, come first.
  const version = lines.at(-1) ?? "";
  const about = async (command: string, sign: string) => {
    const help = await vbox.said(["help", command], { signal });
    return mentions(help, sign) ? help : await vbox.said([command], { signal });
  };
  const words = await Promise.all([about("modifyvm", "--memory"), about("createvm", "--basefolder")]);
  return featuresOf(version, words.join("\n"));
}
