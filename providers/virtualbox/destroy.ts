// Removes machines, and of disks only those that are in the node's own folder and nobody else's.
import { PalletError } from "../../engine/errors.ts";
import { mediumAt } from "./base_disk.ts";
import { VBoxManageError } from "./errors.ts";
import { isBelow } from "./folder.ts";
import type { NodeRecord } from "./plan.ts";
import { powerOff, valuesOf } from "./power.ts";
import { DISC } from "./storage.ts";
import type { VBoxManage } from "./vboxmanage.ts";

type Values = ReadonlyMap<string, string>;

/** A disk at its place. */
interface Attached {
  readonly controller: string;
  readonly port: string;
  readonly device: string;
  readonly path: string;
  /** Discs go off VirtualBox's list with the machine, and are never removed by it. */
  readonly isDisc: boolean;
}

/** What is attached to a machine's controllers but to those of floppies. */
function attached(machine: Values): readonly Attached[] {
  const controllers = [...machine].flatMap(([key, name]) => {
    const number = /^storagecontrollername(\d+)$/.exec(key)?.[1];
    return number === undefined || machine.get(`storagecontrollertype${number}`) === "I82078" ? [] : [name];
  });
  return controllers.flatMap((controller) =>
    [...machine].flatMap(([key, path]) => {
      if (!key.startsWith(`${controller}-`) || path === "none" || path === "emptydrive") return [];
      const place = /^-(\d+)-(\d+)$/.exec(key.slice(controller.length));
      if (place === null) return [];
      const [, port = "", device = ""] = place;
      // Before 7.0 it is not told of which place a disc is ejected, or not.
      const isDisc = DISC.test(path) || machine.has(`${controller}-IsEjected-${port}-${device}`);
      return [{ controller, port, device, path, isDisc }];
    })
  );
}

/** Paths of a machine's disks. */
export function attachedDisks(machine: Values): readonly string[] {
  return attached(machine).filter(({ isDisc }) => !isDisc).map(({ path }) => path);
}

/** Paths of the disks that may go: in the node's folder, and either a difference to another or made with the node. */
async function ownDisks(
  vbox: VBoxManage,
  { folder, disks }: NodeRecord,
  media: readonly Attached[],
): Promise<readonly string[]> {
  const own: string[] = [];
  for (const { path } of media) {
    if (!isBelow(path, folder)) continue;
    const { parent } = await mediumAt(vbox, path);
    if (parent !== undefined || disks.includes(path)) own.push(path);
  }
  return own;
}

/** With snapshots VirtualBox itself removes the disks: all of the chain but what is multi-attach. */
async function refuseUnsafeChain(
  vbox: VBoxManage,
  record: NodeRecord,
  media: readonly Attached[],
): Promise<void> {
  for (const { path, isDisc } of media) {
    if (isDisc) continue;
    let medium = await mediumAt(vbox, path);
    while (medium.parent !== undefined && isBelow(medium.location, record.folder)) {
      medium = await mediumAt(vbox, medium.parent);
    }
    if (isBelow(medium.location, record.folder) || medium.type === "multiattach") continue;
    throw new PalletError(
      `Cannot remove machine "${record.name}": it has snapshots, and its disk hangs on "${medium.location}", which is ${medium.type}: VirtualBox would remove that too`,
      {
        kind: "provider",
        help: `Remove its snapshots first: VBoxManage snapshot ${record.uuid} list`,
      },
    );
  }
}

async function detach(vbox: VBoxManage, uuid: string, { controller, port, device }: Attached): Promise<void> {
  await vbox.change(uuid, [
    ...["storageattach", uuid, "--storagectl", controller],
    ...["--port", port, "--device", device, "--medium", "none"],
  ]);
}

async function removeDisk(vbox: VBoxManage, uuid: string, path: string): Promise<void> {
  try {
    await vbox.change(uuid, ["closemedium", "disk", path, "--delete"]);
  } catch (error) {
    // VirtualBox removes some differences by itself when they are detached.
    if (!(error instanceof VBoxManageError) || !isGone(error)) throw error;
  }
}

/** Whether an error says that something is not there. */
export function isGone(error: VBoxManageError): boolean {
  return error.code === "VBOX_E_OBJECT_NOT_FOUND" ||
    /VERR_FILE_NOT_FOUND|VERR_PATH_NOT_FOUND/.test(error.message);
}

async function unregister(vbox: VBoxManage, record: NodeRecord): Promise<void> {
  const { uuid } = record;
  let machine = await valuesOf(vbox, uuid);
  if (machine.get("name") === "<inaccessible>") {
    // Which disks it has VirtualBox cannot tell: none is removed.
    await vbox.change(uuid, ["unregistervm", uuid]);
    return;
  }
  await powerOff(vbox, record);
  machine = await valuesOf(vbox, uuid);
  if (/saved/.test(machine.get("VMState") ?? "")) {
    await vbox.change(uuid, ["discardstate", uuid]);
    machine = await valuesOf(vbox, uuid);
  }
  const media = attached(machine);
  if (machine.has("CurrentSnapshotUUID")) {
    await refuseUnsafeChain(vbox, record, media);
  } else {
    const disks = media.filter(({ isDisc }) => !isDisc);
    const own = await ownDisks(vbox, record, disks);
    for (const one of disks) await detach(vbox, uuid, one);
    for (const path of own) await removeDisk(vbox, uuid, path);
  }
  await vbox.change(uuid, ["unregistervm", uuid, "--delete"]);
}

/**
 * Removes a machine with its folder. Disks outside of that folder, and disks in it that are no difference to another
 * and were not made with the machine, stay: those in the folder keep it.
 *
 * @throws {PalletError} with VirtualBox's own words.
 */
export async function destroyMachine(
  vbox: VBoxManage,
  record: NodeRecord,
  registered: boolean,
): Promise<void> {
  if (registered) {
    try {
      await unregister(vbox, record);
    } catch (error) {
      if (!(error instanceof VBoxManageError)) throw error;
      if (/Could not find a registered machine/.test(error.message)) return await removeFolder(record);
      throw error;
    }
  }
  await removeFolder(record);
}

/** Disks are removed by VirtualBox alone: one that is still there is not the node's. */
const FOREIGN = /\.(?:vdi|vmdk|vhd|vhdx|hdd|img|ova|qcow2?)$/i;

async function removeFolder({ folder }: NodeRecord): Promise<void> {
  if (await hasForeign(folder)) {
    await Deno.remove(`${folder}/node.json`).catch(() => {});
    return;
  }
  await Deno.remove(folder, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

async function hasForeign(folder: string): Promise<boolean> {
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.isDirectory ? await hasForeign(`${folder}/${entry.name}`) : FOREIGN.test(entry.name)) {
        return true;
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return false;
}
