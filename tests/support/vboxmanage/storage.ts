// Controllers of machines, and the disks and discs at their places.
import { Failure, usage } from "./failure.ts";
import { mustBeOff } from "./machines.ts";
import { open, setType, usersOf, writeDisk } from "./media.ts";
import { isNew } from "./modifyvm.ts";
import type { Attachment, Controller, Machine, Medium, State } from "./state.ts";
import { needed, parseLine, valueOf } from "./words.ts";

/** `storagectl` */
export function storageCtl(machine: Machine, words: readonly string[]): string {
  const line = parseLine({
    "--name": 1,
    "--add": 1,
    "--controller": 1,
    "--portcount": 1,
    "--hostiocache": 1,
    "--bootable": 1,
    "--rename": 1,
    "--remove": 0,
  }, words);
  mustBeOff(machine);
  const name = needed(line, "--name");
  const bus = valueOf(line, "--add");
  if (bus === undefined || !["ide", "sata", "scsi", "floppy", "sas", "usb", "pcie", "virtio"].includes(bus)) {
    throw usage(`Invalid --add argument '${bus}'`);
  }
  if (machine.controllers.some((one) => one.name === name || one.bus === bus)) {
    throw new Failure(
      `Storage controller named '${name}' already exists`,
      "VBOX_E_OBJECT_IN_USE",
      "AddStorageController(...)",
    );
  }
  const type = valueOf(line, "--controller") ??
    { ide: "PIIX4", sata: "IntelAhci", scsi: "LsiLogic", sas: "LsiLogicSas", floppy: "I82078" }[bus] ?? bus;
  const ports = Number(valueOf(line, "--portcount") ?? ({ ide: 2, floppy: 1, scsi: 16 }[bus] ?? 1));
  machine.controllers.push({ name, bus, type, ports, attachments: [] });
  return "";
}

function difference(state: State, machine: Machine, parent: Medium): Medium {
  const uuid = crypto.randomUUID();
  const location = `${machine.folder}/Snapshots/{${uuid}}.vdi`;
  writeDisk(location, `<<< a difference to ${parent.uuid} >>>\n`);
  const medium: Medium = {
    uuid,
    kind: "disk",
    location,
    parent: parent.uuid,
    type: "normal",
    format: "VDI",
    capacity: parent.capacity,
  };
  state.media.push(medium);
  return medium;
}

function attachDisk(state: State, machine: Machine, path: string, mtype: string | undefined): string {
  const medium = open(state, "disk", path);
  // 6.1 sets it in any case, later ones where it is another.
  if (mtype !== undefined && (!isNew(state.version) || mtype !== medium.type)) setType(state, medium, mtype);
  if (medium.type === "multiattach" || medium.type === "immutable") {
    return difference(state, machine, medium).uuid;
  }
  const [user] = usersOf(state, medium.uuid);
  if (user !== undefined) {
    throw new Failure(
      `Medium '${medium.location}' is already attached to ${
        user.uuid === machine.uuid ? "this" : "another"
      } virtual machine`,
      "VBOX_E_OBJECT_IN_USE",
      "AttachDevice(Bstr(pszCtl).raw(), port, device, DeviceType_HardDisk, pMedium2Mount)",
    );
  }
  return medium.uuid;
}

function place(controller: Controller, port: number, device: number): void {
  const most = controller.bus === "ide" || controller.bus === "floppy" ? 2 : 1;
  if (Number.isNaN(port) || port >= controller.ports || device >= most) {
    throw new Failure(`Invalid port/device: ${port}/${device}`, "E_INVALIDARG", "AttachDevice(...)");
  }
}

/** `storageattach` */
export function storageAttach(state: State, machine: Machine, words: readonly string[]): string {
  const line = parseLine({
    "--storagectl": 1,
    "--port": 1,
    "--device": 1,
    "--type": 1,
    "--medium": 1,
    "--mtype": 1,
    "--comment": 1,
    "--nonrotational": 1,
    "--discard": 1,
    "--hotpluggable": 1,
    "--setuuid": 1,
    "--setparentuuid": 1,
  }, words);
  mustBeOff(machine);
  const name = needed(line, "--storagectl");
  const controller = machine.controllers.find((one) => one.name === name);
  if (controller === undefined) {
    throw new Failure(
      `Could not find a storage controller named '${name}'`,
      "VBOX_E_OBJECT_NOT_FOUND",
      "GetStorageControllerByName(...)",
    );
  }
  const port = Number(needed(line, "--port"));
  const device = Number(needed(line, "--device"));
  place(controller, port, device);
  const path = needed(line, "--medium");
  const others = controller.attachments.filter((one) => one.port !== port || one.device !== device);
  if (path === "none") {
    controller.attachments = others;
    return "";
  }
  const type = needed(line, "--type") as Attachment["type"];
  if (!["hdd", "dvddrive", "fdd"].includes(type)) throw usage(`Invalid --type argument '${type}'`);
  if ((type === "fdd") !== (controller.bus === "floppy")) {
    throw new Failure(
      "The given controller does not take such a device",
      "E_INVALIDARG",
      "AttachDevice(...)",
    );
  }
  const medium = type === "hdd"
    ? attachDisk(state, machine, path, valueOf(line, "--mtype"))
    : path === "emptydrive"
    ? path
    : open(state, type === "fdd" ? "floppy" : "dvd", path).uuid;
  controller.attachments = [...others, { port, device, type, medium }];
  return "";
}

/** `snapshot take`: every disk gets a difference. */
export function snapshot(state: State, machine: Machine, [what]: readonly string[]): string {
  if (what !== "take") throw usage(`Invalid snapshot command '${what}'`);
  for (const { attachments } of machine.controllers) {
    for (const one of attachments.filter(({ type }) => type === "hdd")) {
      const medium = state.media.find(({ uuid }) => uuid === one.medium);
      if (medium !== undefined) one.medium = difference(state, machine, medium).uuid;
    }
  }
  machine.snapshot = crypto.randomUUID();
  return `0%...100%\nSnapshot taken. UUID: ${machine.snapshot}\n`;
}

/** A machine that runs writes to its disks. */
export function writeToDisks(state: State, machine: Machine): void {
  for (const { type, medium } of machine.controllers.flatMap(({ attachments }) => attachments)) {
    const disk = state.media.find(({ uuid }) => uuid === medium);
    if (type === "hdd" && disk !== undefined) {
      Deno.writeTextFileSync(disk.location, `booted as ${machine.name}\n`, { append: true });
    }
  }
}
