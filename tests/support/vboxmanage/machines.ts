// Commands about machines.
import { Failure, lockedFailure, usage } from "./failure.ts";
import { guestProperties } from "./guests.ts";
import { childrenOf, forget, usersOf } from "./media.ts";
import { isNew } from "./modifyvm.ts";
import type { Machine, State } from "./state.ts";
import { has, needed, type Options, parseLine, valueOf } from "./words.ts";

const OS_TYPES =
  /^(?:(?:Debian|Ubuntu|Fedora|RedHat|Oracle|OpenSUSE|ArchLinux|Linux26|Other)(?:_64|_arm64)?|Linux_arm64)$/;

/** The machine of a name or id. */
export function find(state: State, name: string | undefined): Machine {
  if (name === undefined) throw usage("VM name or UUID required");
  const machine = state.machines.find((one) => one.uuid === name) ??
    state.machines.find((one) => one.name === name);
  if (machine !== undefined) return machine;
  throw new Failure(
    `Could not find a registered machine ${
      /^[0-9a-f-]{36}$/.test(name) ? `with UUID {${name}}` : `named '${name}'`
    }`,
    "VBOX_E_OBJECT_NOT_FOUND",
    "FindMachine(Bstr(a->argv[0]).raw(), machine.asOutParam())",
  );
}

function now(): string {
  return new Date().toISOString().replace("Z", "000000");
}

/** Sets what state a machine is in. */
export function setState(machine: Machine, state: string): void {
  machine.state = state;
  machine.since = now();
}

/** What the version says of `createvm`. */
export function createUsage(version: string): string {
  return `Usage:\n\nVBoxManage createvm <--name=name> ${
    needsArchitecture(version) ? "<--platform-architecture=x86 | arm> " : ""
  }[--basefolder=basefolder] [--default] [--groups=group-ID[,...]] [--ostype=ostype] [--register] [--uuid=uuid]\n`;
}

function needsArchitecture(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 7 || major === 7 && minor >= 1;
}

/** `createvm` */
export function createVm(state: State, words: readonly string[]): string {
  const options: Options = {
    "--name": 1,
    "--ostype": 1,
    "--groups": 1,
    "--basefolder": 1,
    "--uuid": 1,
    "--register": 0,
    "--default": 0,
    ...(needsArchitecture(state.version) ? { "--platform-architecture": 1 } : {}),
  };
  const line = parseLine(options, words);
  if (line.rest.length > 0) throw usage(`Invalid parameter '${line.rest[0]}'`);
  const name = needed(line, "--name");
  if (needsArchitecture(state.version)) needed(line, "--platform-architecture");
  const osType = valueOf(line, "--ostype") ?? "Other";
  if (!OS_TYPES.test(osType)) {
    throw new Failure(
      `Guest OS type '${osType}' is invalid`,
      "VBOX_E_OBJECT_NOT_FOUND",
      "CreateMachine(...)",
    );
  }
  const groups = valueOf(line, "--groups") ?? "/";
  const base = valueOf(line, "--basefolder") ?? "/tmp/VirtualBox VMs";
  const folder = `${base}${groups === "/" ? "" : groups.split(",")[0]}/${name}`;
  const settingsFile = `${folder}/${name}.vbox`;
  const uuid = valueOf(line, "--uuid") ?? crypto.randomUUID();
  if (state.machines.some((one) => one.settingsFile === settingsFile)) {
    throw new Failure(
      `Machine settings file '${settingsFile}' already exists`,
      "VBOX_E_FILE_ERROR",
      "CreateMachine(...)",
    );
  }
  if (state.machines.some((one) => one.uuid === uuid)) {
    throw new Failure(
      `Registered machine with UUID {${uuid}} already exists`,
      "E_INVALIDARG",
      "RegisterMachine(machine)",
    );
  }
  Deno.mkdirSync(folder, { recursive: true });
  Deno.writeTextFileSync(settingsFile, `<VirtualBox name="${name}"/>\n`);
  if (!has(line, "--register")) {
    return `Virtual machine '${name}' is created.\nUUID: ${uuid}\nSettings file: '${settingsFile}'\n`;
  }
  state.machines.push({
    uuid,
    name,
    groups,
    osType,
    folder,
    settingsFile,
    state: "poweroff",
    since: now(),
    attributes: {},
    nics: {},
    controllers: [],
    extra: {},
    sharedFolders: [],
  });
  return `Virtual machine '${name}' is created and registered.\nUUID: ${uuid}\nSettings file: '${settingsFile}'\n`;
}

/** @throws {Failure} for a machine that has a process. */
export function mustBeOff(machine: Machine, context = "LockMachine(a->session, LockType_Write)"): void {
  if (["running", "paused", "starting"].includes(machine.state)) throw lockedFailure(machine.name, context);
}

/** Removes a disk and those above it that VirtualBox thinks of as the machine's: normal ones that nobody else needs. */
function removeChain(state: State, uuid: string): void {
  const medium = state.media.find((one) => one.uuid === uuid);
  if (medium === undefined) return;
  forget(state, medium, true);
  const parent = state.media.find((one) => one.uuid === medium.parent);
  if (parent === undefined || parent.type !== "normal") return;
  if (childrenOf(state, parent.uuid).length === 0 && usersOf(state, parent.uuid).length === 0) {
    removeChain(state, parent.uuid);
  }
}

/** `unregistervm` */
export function unregisterVm(state: State, machine: Machine, words: readonly string[]): string {
  const line = parseLine({ "--delete": 0, ...(isNew(state.version) ? { "--delete-all": 0 } : {}) }, words);
  if (["running", "paused", "starting"].includes(machine.state)) {
    throw new Failure(
      `Cannot unregister the machine '${machine.name}' while it is locked`,
      "VBOX_E_INVALID_OBJECT_STATE",
      "Unregister(CleanupMode_DetachAllReturnHardDisksOnly, ...)",
    );
  }
  state.machines = state.machines.filter(({ uuid }) => uuid !== machine.uuid);
  const media = machine.controllers.flatMap(({ attachments }) => attachments);
  for (const { type, medium } of media) {
    const own = state.media.find(({ uuid }) => uuid === medium);
    if (own === undefined) continue;
    if (type === "hdd" && has(line, "--delete")) removeChain(state, medium);
    else if (type !== "hdd" && usersOf(state, medium).length === 0) forget(state, own, false);
  }
  if (!has(line, "--delete")) return "";
  for (const path of [machine.settingsFile, `${machine.folder}/Snapshots`, machine.folder]) {
    try {
      // Folders go when they are empty.
      Deno.removeSync(path);
    } catch {
      continue;
    }
  }
  return "";
}

/** What a machine needs of its host to start. */
export function mustStart(state: State, machine: Machine): void {
  mustBeOff(machine, "LaunchVMProcess(a->session, sessionType.raw(), ...)");
  if (!state.driver) {
    throw new Failure(
      "The VirtualBox Linux kernel driver is either not loaded or not set up correctly. VERR_VM_DRIVER_NOT_INSTALLED (-1908)",
      "E_FAIL",
      "LaunchVMProcess(...)",
    );
  }
  for (const { attach, target } of Object.values(machine.nics)) {
    const known = attach === "hostonly" ? state.hostOnly : attach === "bridged" ? state.bridged : undefined;
    if (known !== undefined && known.every(({ name }) => name !== target)) {
      throw new Failure(
        `Nonexistent host networking interface, name '${target}' (VERR_INTERNAL_ERROR)`,
        "E_FAIL",
        "LaunchVMProcess(...)",
      );
    }
  }
  if (machine.controllers.every(({ attachments }) => attachments.every(({ type }) => type !== "hdd"))) {
    throw new Failure("No bootable medium found! System halted.", "E_FAIL");
  }
}

/** `guestproperty` */
export function guestProperty(state: State, [what, name, key]: readonly string[]): string {
  const machine = find(state, name);
  const all = guestProperties(state, machine);
  if (what === "get") {
    const value = all.find(([one]) => one === key)?.[1];
    return value === undefined ? "No value set!\n" : `Value: ${value}\n`;
  }
  if (what !== "enumerate") throw usage(`Invalid command '${what}'`);
  if (all.length === 0) return "No properties found.\n";
  return all.map(([one, value]) =>
    isNew(state.version)
      ? `${one.padEnd(36)} = '${value}' @ 2024-11-02T10:00:00.000Z TRANSIENT, TRANSRESET\n`
      : `Name: ${one}, value: ${value}, timestamp: 1730541600000000000, flags: TRANSIENT, TRANSRESET\n`
  ).join("");
}

/** `getextradata` */
export function getExtraData(state: State, [name, key]: readonly string[]): string {
  const { extra } = name === "global" ? state : find(state, name);
  if (key === "enumerate") {
    return Object.entries(extra).map(([one, value]) => `Key: ${one}, Value: ${value}\n`).join("");
  }
  const value = extra[key ?? ""];
  return value === undefined ? "No value set!\n" : `Value: ${value}\n`;
}

/** `setextradata` */
export function setExtraData(machine: Machine, [key, value]: readonly string[]): string {
  if (key === undefined) throw usage("Not enough parameters");
  if (value === undefined || value === "") delete machine.extra[key];
  else machine.extra[key] = value;
  return "";
}

/** `sharedfolder add` */
export function sharedFolder(state: State, [what, name, ...words]: readonly string[]): string {
  if (what !== "add") throw usage(`Invalid parameter '${what}'`);
  const line = parseLine({
    "--name": 1,
    "--hostpath": 1,
    "--automount": 0,
    "--readonly": 0,
    "--transient": 0,
  }, words);
  find(state, name).sharedFolders.push({
    name: needed(line, "--name"),
    path: needed(line, "--hostpath"),
    writable: !has(line, "--readonly"),
  });
  return "";
}
