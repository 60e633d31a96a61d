// What an image is made from: a file or a URL, told apart by what is in it, and made a disk of VirtualBox.
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { messageOf, PalletError } from "../../engine/errors.ts";
import { diskInArchive, unpackStream } from "./packed.ts";
import { parseMedia } from "./parse.ts";
import { isQcow2, writeRaw } from "./qcow2.ts";
import type { VBoxManage } from "./vboxmanage.ts";

/** Seconds that converting a disk may take. */
export const CONVERT_SECONDS = 3600;

/** What is to be made a disk. */
export interface Source {
  /** A path or a URL. */
  readonly from: string;
  /** What its SHA-256 has to be. */
  readonly sha256?: string | undefined;
  /** A folder for what is needed on the way. */
  readonly work: string;
  readonly progress: (message: string) => void;
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

/** The file of a source, whose hash is what it should be. */
async function fileOf({ from, sha256, work, progress }: Source): Promise<string> {
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
  return file;
}

type Kind = "disk" | "qcow2" | "gzip" | "xz" | "archive" | "raw";

/** How files begin that are no disks, and what they are. */
const OTHERS: readonly (readonly [start: string, what: string])[] = [
  ["PK\x03\x04", "packed by zip"],
  ["BZh", "packed by bzip2"],
  ["\x28\xb5\x2f\xfd", "packed by zstd"],
  ["7z\xbc\xaf", "packed by 7-Zip"],
];

/** What a file holds, by its first bytes: its name may say anything. */
async function kindOf(path: string): Promise<Kind> {
  using file = await Deno.open(path);
  const bytes = new Uint8Array(512);
  await file.read(bytes);
  if (isQcow2(bytes)) return "qcow2";
  const text = String.fromCharCode(...bytes);
  if (text.startsWith("\x1f\x8b")) return "gzip";
  if (text.startsWith("\xfd7zXZ\0")) return "xz";
  if (text.slice(257, 262) === "ustar") return "archive";
  const disks = ["<<< ", "KDMV", "# Disk DescriptorFile", "QFI\xfb", "conectix", "vhdxfile"];
  if (disks.some((sign) => text.startsWith(sign))) return "disk";
  const other = OTHERS.find(([start]) => text.startsWith(start))?.[1];
  if (other !== undefined) refuse(`${path} is ${other}`, "Unpack it, and add the disk that was in it.");
  // A raw disk has nothing that tells it but the end of its first sector.
  if (bytes[510] === 0x55 && bytes[511] === 0xaa) return "raw";
  return refuse(
    `${path} is no disk: nothing in it is what a machine boots from`,
    "Take a disk with partitions (.qcow2, .img, .raw, .vdi, .vmdk, .vhd), an .ova or a Vagrant .box.",
  );
}

async function convert(vbox: VBoxManage, from: string, to: string, work: string): Promise<void> {
  const options = { timeout: CONVERT_SECONDS };
  const within = async (name: string) => {
    const folder = join(work, name);
    await Deno.mkdir(folder);
    return folder;
  };
  const kind = await kindOf(from);
  switch (kind) {
    case "gzip":
    case "xz": {
      const plain = join(await within(`${kind}-plain`), "disk");
      await unpackStream(kind, from, plain);
      return await convert(vbox, plain, to, work);
    }
    case "archive":
      return await convert(vbox, await diskInArchive(from, await within("unpacked")), to, work);
    case "qcow2": {
      const raw = join(await within("raw"), "disk");
      await writeRaw(from, raw);
      await vbox.change(to, ["convertfromraw", raw, to, "--format", "VDI"], options);
      return;
    }
    case "raw":
      await vbox.change(to, ["convertfromraw", from, to, "--format", "VDI"], options);
      return;
    case "disk": {
      const known = parseMedia(await vbox.look(["list", "hdds"])).some(({ location }) => location === from);
      await vbox.change(to, ["clonemedium", "disk", from, to, "--format", "VDI"], options);
      // VirtualBox remembers every disk that it has read.
      if (!known) await vbox.change(from, ["closemedium", "disk", from]);
    }
  }
}

/** Makes a disk of VirtualBox of a source. */
export async function importDisk(vbox: VBoxManage, source: Source, disk: string): Promise<void> {
  const file = await fileOf(source);
  source.progress("converting it to a disk of VirtualBox");
  await convert(vbox, file, disk, source.work);
}
