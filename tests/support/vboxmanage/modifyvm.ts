// `modifyvm`: a machine's attributes, as 6.1 and as 7.0 and later spell them.
import { Failure, lockedFailure, usage } from "./failure.ts";
import type { Machine, Nic } from "./state.ts";
import { type Options, parseLine } from "./words.ts";

/** Options of both, by what they mean: the spelling of 6.1, and that of 7.0 and later where it is another. */
const SPELLINGS: readonly (readonly [string, string?])[] = [
  ["--name"],
  ["--groups"],
  ["--description"],
  ["--ostype"],
  ["--memory"],
  ["--vram"],
  ["--cpus"],
  ["--firmware"],
  ["--acpi"],
  ["--ioapic"],
  ["--hpet", "--x86-hpet"],
  ["--pae", "--x86-pae"],
  ["--chipset"],
  ["--graphicscontroller"],
  ["--mouse"],
  ["--keyboard"],
  ["--nested-hw-virt", "--x86-nested-hw-virt"],
  ["--teleporter"],
  ["--clipboard-mode"],
  ["--bootn"],
  ["--nicn"],
  ["--intnetn"],
  ["--nat-networkn"],
  ["--pagefusion", "--page-fusion"],
  ["--guestmemoryballoon", "--guest-memory-balloon"],
  ["--cpuhotplug", "--cpu-hotplug"],
  ["--cpuexecutioncap", "--cpu-execution-cap"],
  ["--rtcuseutc", "--rtc-use-utc"],
  ["--monitorcount", "--monitor-count"],
  ["--accelerate3d", "--accelerate-3d"],
  ["--accelerate2dvideo", "--accelerate-2d-video"],
  ["--draganddrop", "--drag-and-drop"],
  ["--snapshotfolder", "--snapshot-folder"],
  ["--nictypen", "--nic-typen"],
  ["--nicspeedn", "--nic-speedn"],
  ["--nicpromiscn", "--nic-promiscn"],
  ["--nicgenericdrvn", "--nic-generic-drvn"],
  ["--cableconnectedn", "--cable-connectedn"],
  ["--bridgeadaptern", "--bridge-adaptern"],
  ["--hostonlyadaptern", "--host-only-adaptern"],
  ["--natpfn", "--nat-pfn"],
  ["--macaddressn", "--mac-addressn"],
];

/** Whether a version has the spellings of 7.0. */
export function isNew(version: string): boolean {
  return Number(version.split(".")[0]) >= 7;
}

function optionsOf(version: string): Options {
  const names = SPELLINGS.map(([old, renamed = old]) => [isNew(version) ? renamed : old, 1 as const]);
  const uartMode = isNew(version) ? "--uart-moden" : "--uartmoden";
  return { ...Object.fromEntries(names), "--uartn": "uart", [uartMode]: "uartMode" } as Options;
}

/** Whether an option's name ends with a number. */
function isNumbered(name: string): boolean {
  return /n$/.test(name) && !/(?:balloon|description|fusion)$/.test(name);
}

/** What the version says of the command: it is looked through for spellings. */
export function modifyUsage(version: string): string {
  const shown = Object.keys(optionsOf(version)).map((name) => {
    const numbers = isNew(version) ? "N" : name === "--bootn" ? "<1-4>" : "<1-N>";
    const option = isNumbered(name) ? `${name.slice(0, -1)}${numbers}` : name;
    return `[${option}${isNew(version) ? "=" : " "}<value>]`;
  });
  const title = isNew(version) ? " - Change settings for a virtual machine that is stopped" : "";
  return `Usage${title}:\n\nVBoxManage modifyvm <uuid|vmname>\n  ${shown.join("\n  ")}\n`;
}

const ON_OFF =
  /^(?:--(?:acpi|ioapic|(?:x86-)?(?:hpet|pae|nested-hw-virt)|teleporter|page-?fusion|cpu-?hotplug|rtc-?use-?utc|accelerate.*|cable-?connectedn))$/;

/** Values that an option may have. */
const VALUES: Readonly<Record<string, RegExp>> = {
  "--memory": /^\d+$/,
  "--vram": /^\d+$/,
  "--cpus": /^\d+$/,
  "--firmware": /^(?:bios|efi|efi32|efi64)$/,
  "--chipset": /^(?:piix3|ich9)$/,
  "--graphicscontroller": /^(?:none|vboxvga|vmsvga|vboxsvga)$/,
  "--mouse": /^(?:ps2|usb|usbtablet|usbmultitouch)$/,
  "--keyboard": /^(?:ps2|usb)$/,
  "--clipboard-mode": /^(?:disabled|hosttoguest|guesttohost|bidirectional)$/,
  "--bootn": /^(?:none|floppy|dvd|disk|net)$/,
  "--nicn": /^(?:none|null|nat|bridged|intnet|hostonly|generic|natnetwork|hostonlynet)$/,
  "--nictypen": /^(?:Am79C970A|Am79C973|82540EM|82543GC|82545EM|virtio)$/,
  "--nic-typen": /^(?:Am79C970A|Am79C973|82540EM|82543GC|82545EM|virtio)$/,
  "--macaddressn": /^(?:auto|[0-9A-F]{12})$/,
  "--mac-addressn": /^(?:auto|[0-9A-F]{12})$/,
  "--natpfn": /^[^,]*,(?:tcp|udp),[^,]*,\d+,[^,]*,\d+$/,
  "--nat-pfn": /^[^,]*,(?:tcp|udp),[^,]*,\d+,[^,]*,\d+$/,
};

function check(option: string, number: string, value: string): void {
  const places = option === "--bootn" ? 4 : 8;
  if (number !== "" && (Number(number) < 1 || Number(number) > places)) {
    throw usage(`Invalid NIC number specified: ${number}`);
  }
  const allowed = ON_OFF.test(option) ? /^(?:on|off)$/ : VALUES[option];
  if (allowed !== undefined && !allowed.test(value)) throw usage(`Invalid ${option} argument '${value}'`);
}

/** The adapter of a number. */
export function nicOf(machine: Machine, number: string): Nic {
  return machine.nics[number] ??= {
    attach: "none",
    target: "",
    mac: "",
    type: "82540EM",
    cable: true,
    forwards: [],
  };
}

const TARGETS = /^--(?:bridge-?adapter|host-?only-?adapter|intnet|nat-network|nic-?generic-?drv)n$/;

function applyNic(machine: Machine, option: string, number: string, value: string): void {
  const nic = nicOf(machine, number);
  const plain = option.replaceAll("-", "");
  if (plain === "nicn") nic.attach = value;
  else if (TARGETS.test(option)) nic.target = value;
  else if (plain === "macaddressn") nic.mac = value;
  else if (plain === "nictypen") nic.type = value;
  else if (plain === "cableconnectedn") nic.cable = value === "on";
  else if (plain === "natpfn") {
    if (nic.forwards.some((one) => one.split(",")[0] === value.split(",")[0])) {
      throw new Failure("A NAT rule of this name already exists", "E_INVALIDARG", "AddRedirect(...)");
    }
    nic.forwards.push(value);
  }
}

/** Changes a machine that does not run. */
export function modify(version: string, machine: Machine, words: readonly string[]): void {
  if (machine.state === "running" || machine.state === "paused") {
    throw lockedFailure(machine.name, "LockMachine(a->session, LockType_Write)");
  }
  const { given, rest } = parseLine(optionsOf(version), words);
  if (rest.length > 0) throw usage(`Invalid parameter '${rest[0]}'`);
  for (const [option, number, values] of given) {
    const [value = ""] = values;
    check(option, number, value);
    if (option === "--uartn") continue;
    if (option.startsWith("--uart")) machine.uart = { mode: value, file: values[1] ?? "" };
    else if (number !== "" && option !== "--bootn") applyNic(machine, option, number, value);
    else if (option === "--groups") machine.groups = value;
    else {
      const key = option.replace(number === "" ? /$^/ : /n$/, "").replace(/^--x86-/, "").replaceAll("-", "");
      machine.attributes[`${key}${number}`] = value;
    }
  }
}
