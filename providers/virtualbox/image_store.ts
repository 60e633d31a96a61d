// Makes images: of cloud images and boxes from files and the web, and of machines; shows what there is of each.
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { messageOf, PalletError } from "../../engine/errors.ts";
import type { ServiceConfig } from "../../engine/provider/provider.ts";
import { ensureMultiAttach, mediumAt } from "./base_disk.ts";
import { findVBoxManage } from "./find.ts";
import { writeWhole } from "./folder.ts";
import { boxOptions, ownModels } from "./options.ts";
import { type Medium, parseMachineReadable, parseMedia } from "./parse.ts";
import { makeVBoxManage, type VBoxManage } from "./vboxmanage.ts";

/** Seconds that converting a disk may take. */
const CONVERT_SECONDS = 3600;

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
  /** Differences to it: one a node. */
  readonly differences: number;
}

/** What makes images. */
export interface ImageStore {
  /** Takes a disk from a file or a URL; a hash that is told has to be its. Resolves with the image's disk. */
  add(image: NewImage, from: string, sha256?: string): Promise<string>;
  /** Copies the disk of a machine that is powered off; what its snapshots hold is merged. */
  fromMachine(image: NewImage, machine: string): Promise<string>;
  /** Disks by path, those that VirtualBox knows. */
  disks(): Promise<ReadonlyMap<string, ImageDisk>>;
}

function refuse(message: string, help: string): never {
  throw new PalletError(message, { kind: "provider", help });
}

async function download(url: string, to: string): Promise<void> {
  const response = await fetch(url).catch((error) =>
    refuse(`Cannot fetch ${url}: ${messageOf(error)}`, "Is it right, and the network up?")
  );
  const type = response.headers.get("content-type") ?? "";
  if (!response.ok || response.body === null || /^text\/html/.test(type)) {
    await response.body?.cancel();
    refuse(
      `Cannot fetch ${url}: status ${response.status}${
        type.startsWith("text/html") ? ", a web page and no disk" : ""
      }`,
      "Open it in a browser, and take the address of the disk itself.",
    );
  }
  const file = await Deno.open(to, { create: true, write: true, truncate: true });
  await response.body.pipeTo(file.writable);
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await Deno.open(path);
  for await (const chunk of file.readable) hash.update(chunk);
  return hash.digest("hex");
}

/** What a file holds, by its first bytes: its name may say anything. */
async function kindOf(path: string): Promise<"disk" | "archive" | "raw"> {
  const file = await Deno.open(path);
  const bytes = new Uint8Array(512);
  await file.read(bytes);
  file.close();
  const text = new TextDecoder("latin1").decode(bytes);
  if (text.startsWith("\x1f\x8b") || text.slice(257, 262) === "ustar") return "archive";
  const disks = ["<<< ", "KDMV", "# Disk DescriptorFile", "QFI\xfb", "conectix", "vhdxfile"];
  return disks.some((sign) => text.startsWith(sign)) ? "disk" : "raw";
}

/** The disk in an OVA or a Vagrant box. */
async function unpacked(archive: string, folder: string): Promise<string> {
  const { success, stderr } = await new Deno.Command("tar", {
    args: ["-xf", archive, "-C", folder],
    stdin: "null",
  }).output();
  if (!success) {
    refuse(
      `Cannot unpack ${archive}: ${new TextDecoder().decode(stderr).trim()}`,
      "Is it an OVA or a Vagrant box?",
    );
  }
  const disks: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && (/\.(?:vmdk|vdi|vhd)$/i.test(name) || /^box(?:_0)?\.img$/.test(name))) {
      disks.push(join(folder, name));
    }
  }
  const [disk, ...others] = disks;
  if (disk === undefined) {
    refuse(`There is no disk in ${archive}`, "It has to be an OVA or a Vagrant box with one disk.");
  }
  if (others.length > 0) {
    refuse(`There are ${disks.length} disks in ${archive}`, "Unpack it, and add the one to boot from.");
  }
  return disk;
}

async function convert(vbox: VBoxManage, from: string, to: string): Promise<void> {
  const options = { timeout: CONVERT_SECONDS };
  if (await kindOf(from) === "raw") {
    await vbox.change(to, ["convertfromraw", from, to, "--format", "VDI"], options);
    return;
  }
  const known = parseMedia(await vbox.look(["list", "hdds"])).some(({ location }) => location === from);
  try {
    await vbox.change(to, ["clonemedium", "disk", from, to, "--format", "VDI"], options);
  } catch (error) {
    if (!(error instanceof PalletError) || !/qcow/i.test(error.message)) throw error;
    refuse(
      error.message,
      `This VirtualBox does not read that kind of QCOW: qemu-img convert -O vdi ${from} ${from}.vdi, and add that.`,
    );
  } finally {
    // VirtualBox remembers every disk that it has read.
    if (!known) await vbox.change(from, ["closemedium", "disk", from]).catch(() => {});
  }
}

/** The images of a service. */
export async function openImageStore(
  { service, stateDir, progress }: ImageStoreOptions,
): Promise<ImageStore> {
  const options = boxOptions(service, stateDir);
  const vbox = makeVBoxManage(options.vboxmanage ?? await findVBoxManage(), {
    timeout: options.commandTimeout,
  });
  const folder = ownModels(stateDir);

  const target = async (name: string): Promise<string> => {
    if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) {
      refuse(
        `"${name}" cannot be the name of an image`,
        "Use letters, digits, dots, dashes and underscores.",
      );
    }
    const disk = join(folder, `${name}.vdi`);
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    if (await Deno.stat(disk).then(() => true, () => false)) {
      refuse(
        `There is an image "${name}" already: ${disk}`,
        "Give the new one another name: nodes of the old one need it.",
      );
    }
    return disk;
  };

  /** Makes a disk multi-attach and writes down what it is; without either it is no image. */
  const finish = async (image: NewImage, disk: string, source: string): Promise<string> => {
    await ensureMultiAttach(vbox, disk);
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
    return disk;
  };

  const make = async (
    image: NewImage,
    source: string,
    work: (disk: string) => Promise<void>,
  ): Promise<string> => {
    const disk = await target(image.name);
    try {
      await work(disk);
      return await finish(image, disk, source);
    } catch (error) {
      await vbox.change(disk, ["closemedium", "disk", disk, "--delete"]).catch(() => {});
      await Deno.remove(disk).catch(() => {});
      throw error;
    }
  };

  return {
    add: (image, from, sha256) =>
      make(image, from, async (disk) => {
        const work = await Deno.makeTempDir({ dir: folder, prefix: ".adding-" });
        try {
          const isUrl = /^https?:\/\//.test(from);
          const file = isUrl ? join(work, "download") : resolve(from);
          if (isUrl) {
            progress(`fetching ${from}`);
            await download(from, file);
          } else if (!await Deno.stat(file).then((info) => info.isFile, () => false)) {
            refuse(`There is no file ${file}`, "Name a disk, an OVA, a Vagrant box, or a URL of one.");
          }
          const found = await sha256Of(file);
          progress(`sha256 ${found}`);
          if (sha256 !== undefined && sha256.toLowerCase() !== found) {
            refuse(
              `${from} has the SHA-256 ${found}, not ${sha256}`,
              "It is not what it should be: fetch it again, or ask whoever gave the hash.",
            );
          }
          const source = await kindOf(file) === "archive" ? await unpacked(file, work) : file;
          progress("converting it to a disk of VirtualBox");
          await convert(vbox, source, disk);
        } finally {
          await Deno.remove(work, { recursive: true });
        }
      }),
    fromMachine: (image, machine) =>
      make(image, `machine ${machine}`, async (disk) => {
        const values = parseMachineReadable(await vbox.look(["showvminfo", machine, "--machinereadable"]));
        const state = values.get("VMState") ?? "unknown";
        if (state !== "poweroff" && state !== "aborted") {
          refuse(`Machine "${machine}" is ${state}: its disk is in use`, "Power it off first.");
        }
        const names = [...values].filter(([key]) => /^storagecontrollername\d+$/.test(key)).map(([, name]) =>
          name
        );
        const [path] = [...values].filter(([key, value]) =>
          names.some((name) => key.startsWith(`${name}-`) && /^-\d+-\d+$/.test(key.slice(name.length))) &&
          !/^(?:none|emptydrive)$|\.iso$/i.test(value)
        ).map(([, value]) => value);
        if (path === undefined) refuse(`Machine "${machine}" has no disk`, "Name one that has.");
        const { parent } = await mediumAt(vbox, path);
        if (parent !== undefined) progress("merging what its differences hold");
        await vbox.change(disk, ["clonemedium", "disk", path, disk, "--format", "VDI"], {
          timeout: CONVERT_SECONDS,
        });
      }),
    async disks() {
      const media: readonly Medium[] = parseMedia(await vbox.look(["list", "hdds"]));
      return new Map(
        media.filter(({ parent }) => parent === undefined).map((medium) => [medium.location, {
          type: medium.type,
          ...(medium.capacity === undefined ? {} : { capacity: medium.capacity }),
          differences: media.filter(({ parent }) => parent === medium.uuid).length,
        }]),
      );
    },
  };
}
