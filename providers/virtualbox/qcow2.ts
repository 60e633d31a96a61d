// Reads QCOW2 disks, which most cloud images are, so that it does not matter which of them a VirtualBox can read.
import { inflateRawSync } from "node:zlib";
import { PalletError } from "../../engine/errors.ts";

const MAGIC = 0x514649fb;

/** Where things are in a file. */
interface Layout {
  readonly clusterBits: number;
  /** Bytes of the disk that it stands for. */
  readonly size: number;
  readonly tableOffset: number;
  readonly tableLength: number;
}

/** Whether a file that begins like this is read by {@linkcode writeRaw}. */
export function isQcow2(start: Uint8Array): boolean {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  return start.length >= 104 && view.getUint32(0) === MAGIC && [2, 3].includes(view.getUint32(4));
}

function layoutOf(header: Uint8Array, path: string): Layout {
  const view = new DataView(header.buffer);
  const refuse = (why: string): never => {
    throw new PalletError(`Cannot read the disk ${path}: ${why}`, {
      kind: "provider",
      help: "Make a plain disk of it: qemu-img convert -O raw DISK DISK.raw, and add that.",
    });
  };
  const clusterBits = view.getUint32(20);
  const isNew = view.getUint32(4) >= 3;
  const features = isNew ? view.getBigUint64(72) : 0n;
  const has = (bit: number) => (features >> BigInt(bit) & 1n) === 1n;
  if (!isQcow2(header) || clusterBits < 9 || clusterBits > 21) return refuse("it is damaged");
  if (view.getBigUint64(8) !== 0n) return refuse("it is a difference to another disk");
  if (view.getUint32(32) !== 0) return refuse("it is encrypted");
  if (has(1)) return refuse("it says itself that it is damaged");
  if (has(2)) return refuse("its data is in another file");
  if (has(3) && header[104] !== 0) return refuse("it is packed in another way than by deflate");
  if (features >> 4n !== 0n) return refuse("it needs more than is known here");
  return {
    clusterBits,
    size: Number(view.getBigUint64(24)),
    tableLength: view.getUint32(36),
    tableOffset: Number(view.getBigUint64(40)),
  };
}

/** Reads so many bytes; zeros where the file ends before. */
async function readAt(file: Deno.FsFile, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  await file.seek(offset, Deno.SeekMode.Start);
  for (let left = bytes; left.length > 0;) {
    const read = await file.read(left);
    if (read === null) break;
    left = left.subarray(read);
  }
  return bytes;
}

async function writeAt(file: Deno.FsFile, offset: number, bytes: Uint8Array): Promise<void> {
  await file.seek(offset, Deno.SeekMode.Start);
  for (let left = bytes; left.length > 0;) left = left.subarray(await file.write(left));
}

async function tableAt(file: Deno.FsFile, offset: number, entries: number): Promise<readonly bigint[]> {
  const view = new DataView((await readAt(file, offset, entries * 8)).buffer);
  return Array.from({ length: entries }, (_, at) => view.getBigUint64(at * 8));
}

/** Bits 9 to 55: a place in the file. */
function offsetIn(entry: bigint): number {
  return Number(entry & 0x00fffffffffffe00n);
}

/** What a cluster holds; nothing where that is zeros. */
async function clusterOf(
  file: Deno.FsFile,
  entry: bigint,
  clusterBits: number,
): Promise<Uint8Array | undefined> {
  const length = 2 ** clusterBits;
  if ((entry >> 62n & 1n) === 0n) {
    const offset = offsetIn(entry);
    return offset === 0 || (entry & 1n) === 1n ? undefined : await readAt(file, offset, length);
  }
  const bits = BigInt(62 - (clusterBits - 8));
  const offset = Number(entry & (1n << bits) - 1n);
  const sectors = Number((entry & (1n << 62n) - 1n) >> bits) + 1;
  const packed = await readAt(file, offset, sectors * 512 - offset % 512);
  // What follows the packed bytes in their last sector is another cluster's.
  return inflateRawSync(packed, { maxOutputLength: length });
}

/**
 * Writes the disk that a QCOW2 file stands for as a raw one; where it holds nothing the new file has holes.
 *
 * @throws {PalletError} for one that is encrypted, a difference to another, damaged, or of a kind that is not known.
 */
export async function writeRaw(from: string, to: string): Promise<void> {
  using source = await Deno.open(from);
  using target = await Deno.open(to, { create: true, write: true, truncate: true });
  const { clusterBits, size, tableOffset, tableLength } = layoutOf(await readAt(source, 0, 112), from);
  const [cluster, perTable] = [2 ** clusterBits, 2 ** (clusterBits - 3)];
  await target.truncate(size);
  const tables = await tableAt(source, tableOffset, tableLength);
  for (const [at, table] of tables.entries()) {
    if (offsetIn(table) === 0) continue;
    const entries = await tableAt(source, offsetIn(table), perTable);
    for (const [index, entry] of entries.entries()) {
      const offset = (at * perTable + index) * cluster;
      const bytes = entry === 0n || offset >= size ? undefined : await clusterOf(source, entry, clusterBits);
      if (bytes !== undefined) await writeAt(target, offset, bytes.subarray(0, size - offset));
    }
  }
}
