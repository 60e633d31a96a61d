// Reads what VBoxManage writes, of 6.1 to 7.2.

/** A machine as `list vms` has it; what it cannot read has the name `<inaccessible>`. */
export interface ListedMachine {
  readonly name: string;
  readonly uuid: string;
}

/** Lines `"name" {uuid}`; a name may hold quotes. */
export function parseMachines(text: string): readonly ListedMachine[] {
  return text.split("\n").flatMap((line) => {
    const found = /^"(.*)" \{([0-9a-fA-F-]{36})\}\s*$/.exec(line);
    return found === null ? [] : [{ name: found[1] ?? "", uuid: (found[2] ?? "").toLowerCase() }];
  });
}

/** 7.0 and later escape quotes and backslashes, earlier ones nothing: told apart by whether all backslashes fit. */
function unescaped(value: string): string {
  return /^(?:[^\\"]|\\[\\"])*$/.test(value) ? value.replaceAll(/\\([\\"])/g, "$1") : value;
}

/** `key=value` lines of `--machinereadable`; a quoted value may go over several lines. */
export function parseMachineReadable(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at++) {
    let line = lines[at] ?? "";
    const start = /^(?:"((?:[^"\\]|\\.)*)"|([^"=]+))=(.*)$/.exec(line);
    if (start === null) continue;
    const key = start[1] === undefined ? start[2] ?? "" : unescaped(start[1]);
    let value = start[3] ?? "";
    if (value.startsWith('"')) {
      while (!(value.length > 1 && value.endsWith('"')) && at + 1 < lines.length) {
        at++;
        line = lines[at] ?? "";
        value = `${value}\n${line}`;
      }
      value = unescaped(value.slice(1, value.endsWith('"') ? -1 : undefined));
    }
    values.set(key, value);
  }
  return values;
}

/** `Key:   value` lines; indented ones continue the value above. */
export type Fields = ReadonlyMap<string, string>;

function parseFields(text: string): Fields {
  const fields = new Map<string, string>();
  let last: string | undefined;
  for (const line of text.split("\n")) {
    const found = /^([^\s:][^:]*):(?:\s+(.*))?$/.exec(line);
    if (found !== null) {
      last = found[1] ?? "";
      fields.set(last, (found[2] ?? "").trim());
    } else if (last !== undefined && /^\s+\S/.test(line)) {
      fields.set(last, `${fields.get(last) ?? ""}\n${line.trim()}`);
    }
  }
  return fields;
}

/** Paragraphs of fields, as `list hdds`, `list bridgedifs` and the like print them. */
export function parseParagraphs(text: string): readonly Fields[] {
  return text.split(/\n[ \t]*\n/).map(parseFields).filter((fields) => fields.size > 0);
}

/** A machine of `list --long vms`. */
export interface LongMachine {
  readonly name: string;
  readonly uuid: string;
  readonly groups: readonly string[];
  readonly settingsFile: string;
  /** `running`, `poweroff`, `saved`, `aborted`, ... as `--machinereadable` has it, or `inaccessible`. */
  readonly state: string;
  /** Megabytes. */
  readonly memory?: number;
  readonly cpus?: number;
}

/** The words of `State:` that `--machinereadable` writes in another way. */
const STATES: Readonly<Record<string, string>> = {
  "powered off": "poweroff",
  "guru meditation": "gurumeditation",
  "live snapshotting": "livesnapshotting",
  "teleporting paused vm": "teleportingpausedvm",
  "restoring snapshot": "restoringsnapshot",
  "deleting snapshot": "deletingsnapshot",
  "setting up": "settingup",
};

function longMachine(block: string): readonly LongMachine[] {
  // What follows the first empty line repeats keys for devices and folders.
  const fields = parseFields(block);
  const first = (key: string) => new RegExp(`^${key}:[ \\t]*(.*)$`, "m").exec(block)?.[1]?.trim() ?? "";
  const uuid = first("UUID").toLowerCase();
  if (uuid === "") return [];
  const name = first("Name");
  const inaccessible = /^<inaccessible!?>$/.test(name);
  const said = first("State").replace(/\s*\(since .*\)$/, "");
  const memory = Number.parseInt(first("Memory size"));
  const cpus = Number.parseInt(fields.get("Number of CPUs") ?? "");
  return [{
    name,
    uuid,
    groups: first("Groups").split(",").filter((group) => group !== ""),
    settingsFile: first("Config file"),
    state: inaccessible ? "inaccessible" : STATES[said] ?? said,
    ...(Number.isNaN(memory) ? {} : { memory }),
    ...(Number.isNaN(cpus) ? {} : { cpus }),
  }];
}

/** Machines of `list --long vms`. A line `Name:` begins one, unless it is a shared folder's, whose name is in quotes. */
export function parseLongMachines(text: string): readonly LongMachine[] {
  return text.split(
    /^(?=Name:[ \t]+[^'\n]*\n(?:Encryption:[^\n]*\n)?(?:Groups|UUID|Guest OS|Platform Architecture):)/m,
  )
    .flatMap(longMachine);
}

/** Properties of `guestproperty enumerate`: `Name: K, value: V, timestamp: T, flags: F` to 6.1, `K = 'V' @ T F` since. */
export function parseGuestProperties(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const old = /^Name: (\S+), value: (.*), timestamp: \d+, flags:.*$/.exec(line);
    const found = old ?? /^(\S+)\s*= '(.*)'(?:\s+@ \S+.*)?\s*$/.exec(line);
    if (found !== null) values.set(found[1] ?? "", found[2] ?? "");
  }
  return values;
}

/** An adapter's hardware address as twelve capital digits, however it was written. */
export function plainMac(mac: string): string {
  return mac.replaceAll(/[^0-9a-fA-F]/g, "").toUpperCase();
}

/** IPv4 addresses by hardware address, as the guest tells them. */
export function parseGuestAddresses(text: string): ReadonlyMap<string, string> {
  const values = parseGuestProperties(text);
  const addresses = new Map<string, string>();
  for (const [key, mac] of values) {
    const slot = /^\/VirtualBox\/GuestInfo\/Net\/(\d+)\/MAC$/.exec(key)?.[1];
    const address = slot === undefined ? undefined : values.get(`/VirtualBox/GuestInfo/Net/${slot}/V4/IP`);
    // The guest's numbers are those of its own interfaces, not of the adapters: only the hardware address tells.
    if (address !== undefined && isAddress(address)) addresses.set(plainMac(mac), address);
  }
  return addresses;
}

/** Whether a text is an IPv4 address that a machine can have. */
export function isAddress(text: string): boolean {
  return /^(?:\d{1,3}\.){3}\d{1,3}$/.test(text) && text !== "0.0.0.0" && !text.startsWith("169.254.");
}

/** The value of `getextradata ID KEY`; nothing where there is none. */
export function parseExtraData(text: string): string | undefined {
  const found = /^Value: ([\s\S]*?)\n?$/m.exec(text);
  return found === null ? undefined : found[1];
}

/** A disk, as `showmediuminfo` and `list hdds` have it. */
export interface Medium {
  readonly uuid: string;
  /** Absent: a base. */
  readonly parent?: string;
  /** `normal`, `multiattach`, `immutable`, ... */
  readonly type: string;
  readonly location: string;
  readonly format: string;
  readonly state: string;
  /** Megabytes. */
  readonly capacity?: number;
  /** Names of machines. */
  readonly usedBy: readonly string[];
  readonly children: readonly string[];
}

function mediumOf(fields: Fields): readonly Medium[] {
  const get = (key: string) => fields.get(key) ?? "";
  const uuid = get("UUID");
  if (uuid === "") return [];
  const parent = get("Parent UUID");
  const capacity = Number.parseInt(get("Capacity"));
  return [{
    uuid: uuid.toLowerCase(),
    ...(parent === "" || parent === "base" ? {} : { parent: parent.toLowerCase() }),
    type: get("Type").replace(/\s*\(.*\)$/, ""),
    location: get("Location"),
    format: get("Storage format"),
    state: get("State"),
    ...(Number.isNaN(capacity) ? {} : { capacity }),
    usedBy: get("In use by VMs").split("\n").flatMap((line) => {
      const name = line.replace(/ \(UUID: [0-9a-fA-F-]+\).*$/, "");
      return name === "" ? [] : [name];
    }),
    children: get("Child UUIDs").split(/\s+/).filter((child) => child !== ""),
  }];
}

/** A disk of `showmediuminfo`. */
export function parseMedium(text: string): Medium | undefined {
  return mediumOf(parseFields(text))[0];
}

/** Disks of `list hdds`. */
export function parseMedia(text: string): readonly Medium[] {
  return parseParagraphs(text).flatMap(mediumOf);
}

/** An interface of this machine, as `list bridgedifs` and `list hostonlyifs` have it. */
export interface HostInterface {
  readonly name: string;
  readonly address: string;
  readonly netmask: string;
  readonly up: boolean;
  /** Name that a DHCP server is known by. */
  readonly network: string;
}

/** Interfaces of `list bridgedifs` and `list hostonlyifs`. */
export function parseInterfaces(text: string): readonly HostInterface[] {
  return parseParagraphs(text).filter((fields) => fields.has("Name")).map((fields) => ({
    name: fields.get("Name") ?? "",
    address: fields.get("IPAddress") ?? "",
    netmask: fields.get("NetworkMask") ?? "",
    up: fields.get("Status") === "Up",
    network: fields.get("VBoxNetworkName") ?? "",
  }));
}

/** Names of `list hostonlynets`, `list natnetworks` and the like. */
export function parseNames(text: string): readonly string[] {
  return parseParagraphs(text).flatMap((fields) => fields.get("Name") ?? fields.get("NetworkName") ?? []);
}

/** The address of `dhcpserver findlease`; nothing where there is no lease that holds. */
export function parseLease(text: string): string | undefined {
  const fields = parseFields(text);
  const address = fields.get("IP Address") ?? "";
  return isAddress(address) && !/^(?:expired|released|free)$/.test(fields.get("State") ?? "")
    ? address
    : undefined;
}
