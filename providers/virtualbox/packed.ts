// Files that are packed: by gzip, by xz, or in an archive.
import { join } from "node:path";
import { messageOf, PalletError } from "../../engine/errors.ts";

function refuse(message: string, help: string, cause?: unknown): never {
  throw new PalletError(message, { kind: "provider", help, ...(cause === undefined ? {} : { cause }) });
}

type Unpacking = (packed: Deno.FsFile["readable"]) => Promise<ReadableStream<Uint8Array>>;

const STREAMS: Readonly<Record<"gzip" | "xz", Unpacking>> = {
  gzip: (packed) => Promise.resolve(packed.pipeThrough(new DecompressionStream("gzip"))),
  async xz(packed) {
    const { default: xz } = await import("xz-decompress");
    return new xz.XzReadableStream(packed);
  },
};

/** Unpacks a file that is packed by itself. */
export async function unpackStream(by: keyof typeof STREAMS, path: string, to: string): Promise<void> {
  const [packed, plain] = [await Deno.open(path), await Deno.create(to)];
  try {
    await (await STREAMS[by](packed.readable)).pipeTo(plain.writable);
  } catch (error) {
    refuse(
      `Cannot unpack ${path} by ${by}: ${messageOf(error)}`,
      `Is it whole? If ${by} -t says that it is, unpack it by ${by} -d, and add that.`,
      error,
    );
  }
}

/** The disk in an OVA, a Vagrant box or another archive. */
export async function diskInArchive(archive: string, folder: string): Promise<string> {
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
    if (isFile && /\.(?:vmdk|vdi|vhd|raw|img|qcow2)$/i.test(name)) disks.push(join(folder, name));
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
