// Makes images: of cloud images and boxes from files and the web, and of machines; shows what there is of each.
import { join, resolve } from "node:path";
import { messageOf, PalletError } from "../../engine/errors.ts";
import type { ServiceConfig } from "../../engine/provider/provider.ts";
import { ensureMultiAttach, mediumAt } from "./base_disk.ts";
import { attachedDisks } from "./destroy.ts";
import { findVBoxManage, plainLocale } from "./find.ts";
import { isBelow, locked, writeWhole } from "./folder.ts";
import { CONVERT_SECONDS, importDisk } from "./image_source.ts";
import { boxOptions, ownModels } from "./options.ts";
import { type Medium, parseMedia } from "./parse.ts";
import { shutDown, valuesOf } from "./power.ts";
import { makeVBoxManage } from "./vboxmanage.ts";

/** Where images of a service are kept. */
export interface ImageStoreOptions {
  readonly service: ServiceConfig;
  /** The provider's own folder. */
  readonly stateDir: string;
  readonly progress: (message: string) => void;
}

/** What is told of a new image. */
export interface NewImage {
  readonly name: string;
  readonly os: string;
  readonly username?: string;
  readonly privateKey?: string;
}

/** A disk of an image, as VirtualBox has it. */
export interface ImageDisk {
  readonly type: string;
  /** Megabytes. */
  readonly capacity?: number;
  /** Names of the machines that have a difference to it. */
  readonly usedBy: readonly string[];
}

/** Cleans a copied disk in a machine that is there for this alone. */
export interface Cleaner {
  /** Removes what a machine has left whose command was killed. */
  clear(): Promise<void>;
  /** Makes a machine of a disk, does in it what is to be done, and calls `take` with its name as long as it is there. */
  clean(disk: string, take: (machine: string) => Promise<void>): Promise<void>;
}

/** What makes images. */
export interface ImageStore {
  /** Takes a disk from a file or a URL; a hash that is told has to be its. Resolves with the image's disk. */
  add(image: NewImage, from: string, sha256?: string): Promise<string>;
  /**
   * Copies the disk of a machine that is powered off; what its snapshots hold is merged. What cleans it boots a machine
   * of the copy, whose disk becomes the image's.
   */
  fromMachine(image: NewImage, machine: string, cleaner?: Cleaner): Promise<string>;
  /** Disks by path, those that VirtualBox knows. */
  disks(): Promise<ReadonlyMap<string, ImageDisk>>;
}

function refuse(message: string, help: string): never {
  throw new PalletError(message, { kind: "provider", help });
}

/** Machines that use a disk, or a difference to it, or one to that. */
function usersOf(medium: Medium, media: readonly Medium[]): readonly string[] {
  const differences = media.filter(({ parent }) => parent === medium.uuid);
  return [...medium.usedBy, ...differences.flatMap((one) => usersOf(one, media))];
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** The images of a service. */
export async function openImageStore(
  { service, stateDir, progress }: ImageStoreOptions,
): Promise<ImageStore> {
  const options = boxOptions(service, stateDir);
  const vbox = makeVBoxManage(options.vboxmanage ?? await findVBoxManage(), {
    timeout: options.commandTimeout,
    locale: await plainLocale(),
  });
  const folder = ownModels(stateDir);

  /** Removes a folder in which an image was to be made, and what VirtualBox knows of disks in it. */
  const discard = async (work: string): Promise<void> => {
    if (!await exists(work)) return;
    for (const { location } of parseMedia(await vbox.look(["list", "hdds"]))) {
      if (isBelow(location, work)) await vbox.change(location, ["closemedium", "disk", location]);
    }
    await Deno.remove(work, { recursive: true });
  };

  const describe = async (image: NewImage, disk: string, source: string): Promise<void> => {
    const { name, os, username, privateKey } = image;
    const model = {
      os,
      disk,
      description: `made from ${source}`,
      ...(username === undefined ? {} : { username }),
      ...(privateKey === undefined ? {} : { "private-key": resolve(privateKey) }),
    };
    const text = `${JSON.stringify({ images: { [name]: model } }, null, 2)}\n`;
    await writeWhole(join(folder, `${name}.json`), text, 0o644);
  };

  /**
   * Makes an image in a folder of its own; its disk gets its place last, and whole. What a command has left that was
   * ended on the way is removed first: its lock tells that it has ended.
   */
  const make = async (
    image: NewImage,
    source: string,
    convert: (disk: string, work: string) => Promise<void>,
    clear: () => Promise<void> = () => Promise.resolve(),
  ): Promise<string> => {
    const { name } = image;
    if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) {
      refuse(
        `"${name}" cannot be the name of an image`,
        "Use letters, digits, dots, dashes and underscores.",
      );
    }
    return await locked(folder, name, async () => {
      const disk = join(folder, `${name}.vdi`);
      if (await exists(disk)) {
        refuse(
          `There is an image "${name}" already: ${disk}`,
          "Give the new one another name: nodes of the old one need it.",
        );
      }
      const work = join(folder, `.adding-${name}`);
      if (await exists(work)) await clear();
      await discard(work);
      await Deno.mkdir(work, { mode: 0o700 });
      try {
        const made = join(work, "made.vdi");
        await convert(made, work);
        // VirtualBox knows disks by their places: of this one it learns anew.
        await vbox.change(made, ["closemedium", "disk", made]);
        await describe(image, disk, source);
        await Deno.rename(made, disk);
      } finally {
        await discard(work).catch((error) => progress(`${work} is left: ${messageOf(error)}`));
      }
      await ensureMultiAttach(vbox, disk);
      return disk;
    });
  };

  const copyDisk = async (machine: string, to: string): Promise<void> => {
    const values = await valuesOf(vbox, machine);
    const state = values.get("VMState") ?? "unknown";
    if (state !== "poweroff" && state !== "aborted") {
      refuse(`Machine "${machine}" is ${state}: its disk is in use`, "Power it off first.");
    }
    const [path, ...others] = attachedDisks(values);
    if (others.length > 0) progress(`of its ${others.length + 1} disks the first: ${path}`);
    if (path === undefined) refuse(`Machine "${machine}" has no disk`, "Name one that has.");
    const { parent } = await mediumAt(vbox, path);
    if (parent !== undefined) progress("merging what its differences hold");
    await vbox.change(to, ["clonemedium", "disk", path, to, "--format", "VDI"], { timeout: CONVERT_SECONDS });
  };

  return {
    add: (image, from, sha256) =>
      make(image, from, (disk, work) => importDisk(vbox, { from, sha256, work, progress }, disk)),
    fromMachine: (image, machine, cleaner) =>
      make(image, `machine ${machine}`, async (disk, work) => {
        if (cleaner === undefined) return await copyDisk(machine, disk);
        const rough = join(work, "uncleaned.vdi");
        await copyDisk(machine, rough);
        await cleaner.clean(rough, async (name) => {
          const uuid = (await valuesOf(vbox, name)).get("UUID") ?? name;
          await shutDown(vbox, { uuid, name }, options.stopTimeout);
          await copyDisk(name, disk);
        });
      }, cleaner?.clear),
    async disks() {
      const media = parseMedia(await vbox.look(["list", "--long", "hdds"]));
      return new Map(
        media.filter(({ parent }) => parent === undefined).map((medium) => [medium.location, {
          type: medium.type,
          ...(medium.capacity === undefined ? {} : { capacity: medium.capacity }),
          usedBy: [...new Set(usersOf(medium, media))].sort(),
        }]),
      );
    },
  };
}
