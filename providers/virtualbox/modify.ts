// A machine's attributes as options of `modifyvm`.
import { join } from "node:path";
import type { Features, OptionName } from "./features.ts";
import type { Machine } from "./hardware.ts";
import type { Plan, PlannedAdapter } from "./plan.ts";

function onOff(value: boolean): string {
  return value ? "on" : "off";
}

/** VirtualBox's words for what a clipboard does. */
function direction(value: string): string {
  return value.replaceAll("-", "");
}

/** VirtualBox's words for devices that a machine boots from. */
const BOOT: Readonly<Record<string, string>> = { network: "net" };

/** Attributes whose option has one name everywhere. */
const PLAIN: readonly (readonly [keyof Machine, string])[] = [
  ["cores", "--cpus"],
  ["ram", "--memory"],
  ["vram", "--vram"],
  ["description", "--description"],
  ["firmware", "--firmware"],
  ["chipset", "--chipset"],
  ["graphics", "--graphicscontroller"],
  ["pointing", "--mouse"],
  ["keyboard", "--keyboard"],
  ["ioApic", "--ioapic"],
  ["acpi", "--acpi"],
  ["teleporter", "--teleporter"],
];

/** Attributes whose option differs between versions. */
const SPELLED: readonly (readonly [keyof Machine, OptionName])[] = [
  ["utc", "utc"],
  ["hpet", "hpet"],
  ["pae", "pae"],
  ["nestedVirtualization", "nestedVirtualization"],
  ["monitors", "monitors"],
  ["memoryBalloon", "memoryBalloon"],
  ["cpuHotplug", "cpuHotplug"],
  ["cpuCap", "cpuCap"],
  ["pageFusion", "pageFusion"],
  ["accelerate3d", "accelerate3d"],
  ["accelerate2d", "accelerate2d"],
  ["snapshotFolder", "snapshotFolder"],
];

function word(value: unknown): string {
  return typeof value === "boolean" ? onOff(value) : String(value);
}

/** Attributes that a virtual processor of Arm does not have. */
const X86_ALONE: ReadonlySet<keyof Machine> = new Set(
  ["ioApic", "acpi", "hpet", "pae", "chipset", "nestedVirtualization"] as const,
);

function attributes(machine: Machine, { options }: Features, arm: boolean): readonly string[] {
  const told = (key: keyof Machine, option: string): readonly string[] =>
    machine[key] === undefined || arm && X86_ALONE.has(key) ? [] : [option, word(machine[key])];
  const { bootOrder, clipboard, dragAndDrop } = machine;
  return [
    ...PLAIN.flatMap(([key, option]) => told(key, option)),
    ...SPELLED.flatMap(([key, name]) => told(key, options[name])),
    ...(clipboard === undefined ? [] : [options.clipboard, direction(clipboard)]),
    ...(dragAndDrop === undefined ? [] : [options.dragAndDrop, direction(dragAndDrop)]),
    ...[1, 2, 3, 4].flatMap((place) => {
      const device = (bootOrder ?? ["disk", "dvd"])[place - 1] ?? "none";
      return [`--boot${place}`, BOOT[device] ?? device];
    }),
  ];
}

/** What an adapter is attached to, in VirtualBox's words, and by which option its target is told. */
const ATTACHMENTS: Readonly<Record<string, readonly [word: string, target?: OptionName | "--intnet"]>> = {
  "host-only": ["hostonly", "hostOnlyAdapter"],
  "host-only-network": ["hostonlynet", "hostOnlyNetwork"],
  bridged: ["bridged", "bridgeAdapter"],
  nat: ["nat"],
  "nat-network": ["natnetwork", "natNetwork"],
  internal: ["intnet", "--intnet"],
  generic: ["generic", "genericDriver"],
};

function adapterOptions(adapter: PlannedAdapter, number: number, { options }: Features): readonly string[] {
  const [attach = adapter.attach, target] = ATTACHMENTS[adapter.attach] ?? [];
  const spelled = target === undefined || target === "--intnet" ? target : options[target];
  const told = (name: string, value: string | number | undefined): readonly string[] =>
    value === undefined ? [] : [`${name}${number}`, String(value)];
  return [
    ...told("--nic", attach),
    ...(spelled === undefined ? [] : told(spelled, adapter.target)),
    ...told(options.mac, adapter.mac),
    ...told(options.nicType, adapter.type),
    ...told(options.nicSpeed, adapter.speed),
    ...told(options.nicPromiscuous, adapter.promiscuous),
    ...told(options.cable, onOff(adapter.connected ?? true)),
    ...adapter.forwards.flatMap(({ name, protocol, hostAddress, hostPort, guestPort }) =>
      told(options.natForward, `${name},${protocol},${hostAddress},${hostPort},,${guestPort}`)
    ),
  ];
}

/** What a node writes on its serial port goes here. */
export function consoleFile(folder: string): string {
  return join(folder, "console.log");
}

/** All options of `modifyvm` for a machine. */
export function modifyOptions(plan: Plan, features: Features): readonly string[] {
  return [
    ...attributes(plan.machine, features, plan.arm),
    ...plan.adapters.flatMap((adapter, at) => adapterOptions(adapter, at + 1, features)),
    "--uart1",
    ...(plan.arm ? ["0xffdd0000", "33"] : ["0x3F8", "4"]),
    `${features.options.uartMode}1`,
    "file",
    consoleFile(plan.record.folder),
  ];
}
