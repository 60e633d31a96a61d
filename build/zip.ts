// Archives for Windows, which has no sh to unpack a file with.
import { crc32, deflateRawSync } from "node:zlib";
import type { ProgramFile } from "./program.ts";

/** 1980-01-01, the first day that the format knows, and midnight. */
const DATE = 0x0021;

/** Numbers of the widths given, low byte first. */
function fields(...values: readonly (readonly [bytes: 2 | 4, value: number])[]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(values.reduce((size, [bytes]) => size + bytes, 0)));
  let at = 0;
  for (const [bytes, value] of values) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}

/** A zip archive of files. */
export function zip(files: readonly ProgramFile[]): Blob {
  const [parts, directory]: [Uint8Array<ArrayBuffer>[], Uint8Array<ArrayBuffer>[]] = [[], []];
  let [at, directorySize] = [0, 0];
  for (const { name, bytes } of files) {
    const packed = new Uint8Array(deflateRawSync(bytes, { level: 9 }));
    const path = new TextEncoder().encode(name);
    const common = fields(
      [2, 20], // version needed
      [2, 0x0800], // names are UTF-8
      [2, 8], // deflate
      [2, 0],
      [2, DATE],
      [4, crc32(bytes)],
      [4, packed.length],
      [4, bytes.length],
      [2, path.length],
      [2, 0],
    );
    const local = [fields([4, 0x04034b50]), common, path, packed];
    const entry = [
      fields([4, 0x02014b50], [2, 20]),
      common,
      fields([2, 0], [2, 0], [2, 0], [4, 0], [4, at]),
      path,
    ];
    parts.push(...local);
    directory.push(...entry);
    at += local.reduce((size, part) => size + part.length, 0);
    directorySize += entry.reduce((size, part) => size + part.length, 0);
  }
  const end = fields(
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, files.length],
    [2, files.length],
    [4, directorySize],
    [4, at],
    [2, 0],
  );
  return new Blob([...parts, ...directory, end]);
}
