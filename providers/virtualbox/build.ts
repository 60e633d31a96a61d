// Makes a machine of its plan, step by step; what it takes of commands is all here.
import { join } from "node:path";
import { PalletError } from "../../engine/errors.ts";
import { ensureMultiAttach } from "./base_disk.ts";
import type { Features } from "./features.ts";
import { isBelow, keep, locked, writeWhole } from "./folder.ts";
import { consoleFile, modifyOptions } from "./modify.ts";
import { parseMachineReadable, parseMachines } from "./parse.ts";
import { type Plan, RECORD_KEY } from "./plan.ts";
import { seedIso } from "./seed.ts";
import type { Slot } from "./storage.ts";
import type { VBoxManage } from "./vboxmanage.ts";

/** What making takes besides a plan. */
export interface Workshop {
  readonly vbox: VBoxManage;
  readonly features: Features;
  /** Folder of the service's locks. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
}

/** Kind of a device in VirtualBox's words, and what is in it. */
interface Attachment {
  readonly type: "hdd" | "dvddrive" | "fdd";
  readonly medium: string;
  readonly multiAttach?: true;
}

function seedFile(folder: string): string {
  return join(folder, "seed.iso");
}

/** Where the disk of a place is, which is made with the machine. */
export function diskFile(folder: string, { controller, port, device }: Slot, format: string): string {
  const place = `${controller} ${port} ${device}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return join(folder, "disks", `${place}.${format.toLowerCase()}`);
}

async function disk(shop: Workshop, { record }: Plan, slot: Slot): Promise<Attachment> {
  const { what } = slot;
  if (what === "image") return { type: "hdd", medium: record.base, multiAttach: true };
  if (what === "seed") return { type: "dvddrive", medium: seedFile(record.folder) };
  if (what === "dvd") return { type: "dvddrive", medium: "emptydrive" };
  if (what === "floppy") return { type: "fdd", medium: "emptydrive" };
  const { format = "VDI", variant = "Standard", disk: size = 1, dvd, floppy } = what;
  if (dvd !== undefined) return { type: "dvddrive", medium: dvd };
  if (floppy !== undefined) return { type: "fdd", medium: floppy };
  if (typeof size === "string") return { type: "hdd", medium: size, multiAttach: true };
  const file = diskFile(record.folder, slot, format);
  await Deno.mkdir(join(record.folder, "disks"), { recursive: true });
  const megabytes = String(Math.ceil(size * 1024));
  await shop.vbox.change(record.uuid, [
    ...["createmedium", "disk", "--filename", file, "--size", megabytes],
    ...["--format", format, "--variant", variant],
  ], { signal: shop.signal });
  return { type: "hdd", medium: file };
}

/** Whether what is at a place is a difference to a disk that others use too. */
function isShared({ what }: Slot): boolean {
  return what === "image" || typeof what === "object" && typeof what.disk === "string";
}

/** The step that failed, before VirtualBox's own words. */
async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PalletError)) throw error;
    throw new PalletError(`${what}: ${error.message}`, {
      kind: "provider",
      ...(error.help === undefined ? {} : { help: error.help }),
      cause: error,
    });
  }
}

/** @throws {PalletError} when another machine has the name already. */
async function refuseTaken({ vbox, signal }: Workshop, { record }: Plan): Promise<void> {
  const all = parseMachines(await vbox.look(["list", "vms"], { signal }));
  const other = all.find(({ name }) => name === record.name);
  if (other === undefined) return;
  throw new PalletError(
    `VirtualBox has a machine "${record.name}" (${other.uuid}) already, which is not of this service`,
    {
      kind: "provider",
      help: "Rename that one (VBoxManage modifyvm UUID --name OTHER), or the group.",
    },
  );
}

async function register(shop: Workshop, plan: Plan): Promise<void> {
  const { record, osType, arm } = plan;
  const { vbox, features, signal } = shop;
  await refuseTaken(shop, plan);
  await vbox.change(record.uuid, [
    ...["createvm", "--name", record.name, "--ostype", osType, "--groups", `/pallet/${record.group}`],
    ...["--basefolder", record.folder, "--uuid", record.uuid, "--register"],
    ...(features.architecture ? ["--platform-architecture", arm ? "arm" : "x86"] : []),
  ], { signal });
  await vbox.change(record.uuid, ["setextradata", record.uuid, RECORD_KEY, JSON.stringify(record)], {
    signal,
  });
}

async function writeSeed({ record, seed, adapters }: Plan): Promise<void> {
  if (seed === undefined) return;
  const iso = seedIso({
    instance: record.uuid,
    hostname: record.name,
    user: record.user,
    authorizedKeys: [seed.authorizedKey],
    hostKey: seed.hostKey,
    adapters: adapters.map(({ mac, address, gateway }) => ({
      mac,
      address,
      gateway,
      optional: mac !== record.management.mac,
    })),
  });
  await writeWhole(seedFile(record.folder), iso, 0o600);
}

async function attach(shop: Workshop, plan: Plan, slot: Slot): Promise<void> {
  const { vbox, folder, signal } = shop;
  const { uuid } = plan.record;
  const { type, medium, multiAttach } = await disk(shop, plan, slot);
  const args = [
    ...["storageattach", uuid, "--storagectl", slot.controller],
    ...["--port", String(slot.port), "--device", String(slot.device), "--type", type, "--medium", medium],
  ];
  if (multiAttach === undefined) {
    await vbox.change(uuid, args, { signal });
    return;
  }
  // Looked at and attached without anything in between: a base that is normal would be written to. Its type is not told
  // once more (--mtype): VirtualBox sets no type, not even the one that a disk has, while a machine holds it.
  await locked(folder, "base", async () => {
    await ensureMultiAttach(vbox, medium, signal);
    await vbox.change(uuid, args, { signal });
  });
}

/** @throws {PalletError} when the machine has the shared disk itself and not a difference to it; it is detached then. */
async function verify(shop: Workshop, plan: Plan): Promise<void> {
  const { vbox, signal } = shop;
  const { record, layout } = plan;
  const values = parseMachineReadable(
    await vbox.look(["showvminfo", record.uuid, "--machinereadable"], { signal }),
  );
  for (const slot of layout.slots.filter(isShared)) {
    const path = values.get(`${slot.controller}-${slot.port}-${slot.device}`) ?? "none";
    if (isBelow(path, record.folder)) continue;
    await vbox.change(record.uuid, [
      ...["storageattach", record.uuid, "--storagectl", slot.controller],
      ...["--port", String(slot.port), "--device", String(slot.device), "--medium", "none"],
    ], { signal });
    throw new PalletError(
      `VirtualBox has attached "${path}" and not a difference to it in the node's own folder; it is detached again`,
      { kind: "provider", help: `Look at the disk: VBoxManage showmediuminfo disk ${path}` },
    );
  }
}

/** Starts a machine that does not run. */
export async function startMachine(shop: Workshop, plan: Pick<Plan, "record">): Promise<void> {
  const { uuid, folder, start } = plan.record;
  // What it told of its addresses when it last ran may be wrong by now.
  await Deno.remove(consoleFile(folder)).catch(() => {});
  await shop.vbox.change(uuid, ["startvm", uuid, "--type", start], { signal: shop.signal });
}

/**
 * Makes a machine and starts it. Its record is in VirtualBox before anything else is, so that a machine that was half
 * made is known as ours.
 *
 * @throws {PalletError} with the step that failed and VirtualBox's own words.
 */
export async function buildMachine(shop: Workshop, plan: Plan): Promise<void> {
  const { vbox, features, signal, folder } = shop;
  const { record, layout, machine } = plan;
  const { uuid } = record;
  const change = (...args: readonly string[]) => vbox.change(uuid, args, { signal });
  await keep({ stage: "making", plan });
  await step("registering it", () => locked(folder, "names", () => register(shop, plan)));
  await step("setting its attributes", () => change("modifyvm", uuid, ...modifyOptions(plan, features)));
  for (const { name, bus, type, ports, ioCache } of layout.controllers) {
    await step(`adding ${name}`, () =>
      change(
        ...["storagectl", uuid, "--name", name, "--add", bus],
        ...(type === undefined ? [] : ["--controller", type]),
        ...(bus === "sata" || bus === "sas" || bus === "virtio" ? ["--portcount", String(ports)] : []),
        ...(ioCache === undefined ? [] : ["--hostiocache", ioCache ? "on" : "off"]),
        ...["--bootable", bus === "floppy" ? "off" : "on"],
      ));
  }
  await step("writing its seed", () => writeSeed(plan));
  for (const slot of layout.slots) {
    const what = slot.what === "image" ? "attaching its disk" : "attaching its other devices";
    await step(what, () => attach(shop, plan, slot));
  }
  for (const { name, path, automount, writable } of machine.sharedFolders ?? []) {
    await step(`sharing folder ${path}`, () =>
      change(
        ...["sharedfolder", "add", uuid, "--name", name, "--hostpath", path],
        ...(automount === true ? ["--automount"] : []),
        ...(writable === true ? [] : ["--readonly"]),
      ));
  }
  await step("verifying its disk", () => verify(shop, plan));
  await keep({ stage: "made", plan });
  await step("starting it", () => startMachine(shop, plan));
}
