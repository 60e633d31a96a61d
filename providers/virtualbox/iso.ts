// Writes CD images: ISO 9660 level 1, and Joliet for the names as they are. All files are in the root folder.

/** A file of a CD image. */
export interface IsoFile {
  readonly name: string;
  readonly content: string;
}

const SECTOR = 2048;
/** Sectors: 16 and 17 describe the volume, once a naming; 18 ends that; two path tables a naming; two root folders. */
const TERMINATOR = 18;
const PATH_TABLES = 19;
const ROOTS = 23;
const FILES = 25;

/** Length of a path table that has the root folder alone. */
const PATH_TABLE_LENGTH = 10;

interface Placed {
  readonly file: IsoFile;
  readonly bytes: Uint8Array;
  readonly sector: number;
}

/** How names are written: plain, in capitals, 8 and 3 characters; or Joliet's, in UCS-2. */
interface Naming {
  readonly at: 0 | 1;
  text(text: string, bytes: number): Uint8Array;
  fileName(name: string): Uint8Array;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0) & 0x7f);
}

function ucs2(text: string): Uint8Array {
  return Uint8Array.from(
    Array.from({ length: text.length }, (_, at) => [text.charCodeAt(at) >> 8, text.charCodeAt(at) & 0xff])
      .flat(),
  );
}

function padded(bytes: Uint8Array, length: number, padding: Uint8Array): Uint8Array {
  const result = new Uint8Array(length);
  for (let at = 0; at < length; at++) result[at] = padding[at % padding.length] ?? 0;
  result.set(bytes.subarray(0, length));
  return result;
}

/** `user-data` as `USER_DAT.;1`. */
function shortName(name: string): string {
  const [stem = "", ending = ""] = name.toUpperCase().split(".");
  const letters = (text: string, most: number) => text.replaceAll(/[^A-Z0-9_]/g, "_").slice(0, most);
  return `${letters(stem, 8)}.${letters(ending, 3)};1`;
}

const plain: Naming = {
  at: 0,
  text: (text, bytes) => padded(ascii(text), bytes, ascii(" ")),
  fileName: (name) => ascii(shortName(name)),
};

const joliet: Naming = {
  at: 1,
  text: (text, bytes) => padded(ucs2(text), bytes, ucs2(" ")),
  fileName: (name) => ucs2(name),
};

/** Bytes of a record, written piece by piece. */
class Writer {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }

  byte(value: number): this {
    this.bytes[this.#at++] = value;
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }

  skip(count: number): this {
    this.#at += count;
    return this;
  }

  /** Both orders of bytes, one after the other. */
  both16(value: number): this {
    this.#view.setUint16(this.#at, value, true);
    this.#view.setUint16(this.#at + 2, value, false);
    return this.skip(4);
  }

  both32(value: number): this {
    this.#view.setUint32(this.#at, value, true);
    this.#view.setUint32(this.#at + 4, value, false);
    return this.skip(8);
  }

  one32(value: number, little: boolean): this {
    this.#view.setUint32(this.#at, value, little);
    return this.skip(4);
  }
}

function record(name: Uint8Array, sector: number, length: number, time: Date, isFolder: boolean): Uint8Array {
  const size = 33 + name.length + (name.length % 2 === 0 ? 1 : 0);
  return new Writer(size)
    .byte(size).byte(0).both32(sector).both32(length)
    .byte(time.getUTCFullYear() - 1900).byte(time.getUTCMonth() + 1).byte(time.getUTCDate())
    .byte(time.getUTCHours()).byte(time.getUTCMinutes()).byte(time.getUTCSeconds()).byte(0)
    .byte(isFolder ? 2 : 0).byte(0).byte(0).both16(1)
    .byte(name.length).raw(name).bytes;
}

function rootFolder(naming: Naming, files: readonly Placed[], time: Date): Uint8Array {
  const own = ROOTS + naming.at;
  const entries = files.map(({ file, bytes, sector }) => ({
    name: naming.fileName(file.name),
    bytes,
    sector,
  }));
  entries.sort((one, other) => compareBytes(one.name, other.name));
  const records = [
    record(Uint8Array.of(0), own, SECTOR, time, true),
    record(Uint8Array.of(1), own, SECTOR, time, true),
    ...entries.map(({ name, bytes, sector }) => record(name, sector, bytes.length, time, false)),
  ];
  const length = records.reduce((sum, one) => sum + one.length, 0);
  if (length > SECTOR) throw new RangeError("too many files for a folder of one sector");
  const writer = new Writer(SECTOR);
  for (const one of records) writer.raw(one);
  return writer.bytes;
}

function compareBytes(one: Uint8Array, other: Uint8Array): number {
  for (let at = 0; at < Math.min(one.length, other.length); at++) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

function pathTable(naming: Naming, little: boolean): Uint8Array {
  const writer = new Writer(SECTOR).byte(1).byte(0).one32(ROOTS + naming.at, little);
  return (little ? writer.byte(1).byte(0) : writer.byte(0).byte(1)).byte(0).bytes;
}

function digits(time: Date): Uint8Array {
  const text = time.toISOString().replaceAll(/\D/g, "").slice(0, 14);
  return Uint8Array.of(...ascii(`${text}00`), 0);
}

const NO_TIME = Uint8Array.of(...ascii("0".repeat(16)), 0);

function descriptor(naming: Naming, label: string, sectors: number, time: Date): Uint8Array {
  const tables = PATH_TABLES + naming.at * 2;
  const empty = (bytes: number) => naming.text("", bytes);
  const writer = new Writer(SECTOR)
    .byte(naming === plain ? 1 : 2).raw(ascii("CD001")).byte(1).byte(0)
    .raw(empty(32)).raw(naming.text(label, 32)).skip(8).both32(sectors);
  // The third of Joliet's escape sequences: names in UCS-2, of any character.
  if (naming === joliet) writer.raw(ascii("%/E")).skip(29);
  else writer.skip(32);
  return writer
    .both16(1).both16(1).both16(SECTOR).both32(PATH_TABLE_LENGTH)
    .one32(tables, true).one32(0, true).one32(tables + 1, false).one32(0, false)
    .raw(record(Uint8Array.of(0), ROOTS + naming.at, SECTOR, time, true))
    .raw(empty(128)).raw(empty(128)).raw(empty(128)).raw(empty(128))
    .raw(empty(37)).raw(empty(37)).raw(empty(37))
    .raw(digits(time)).raw(digits(time)).raw(NO_TIME).raw(NO_TIME)
    .byte(1).bytes;
}

/**
 * A CD image with these files. The same files at the same time make the same bytes.
 *
 * @throws {RangeError} when there are more files than one sector can list, some thirty.
 *
 * @example
 * ```ts
 * import { makeIso } from "./iso.ts";
 *
 * const iso = makeIso("cidata", [{ name: "meta-data", content: "instance-id: 1\n" }], new Date(0));
 * console.assert(new TextDecoder().decode(iso.subarray(0x8001, 0x8006)) === "CD001");
 * ```
 */
export function makeIso(
  label: string,
  files: readonly IsoFile[],
  time: Date = new Date(),
): Uint8Array<ArrayBuffer> {
  let next = FILES;
  const placed = files.map((file): Placed => {
    const bytes = new TextEncoder().encode(file.content);
    const sector = next;
    next += Math.ceil(bytes.length / SECTOR);
    return { file, bytes, sector };
  });
  const image = new Uint8Array(next * SECTOR);
  const put = (sector: number, bytes: Uint8Array) => image.set(bytes, sector * SECTOR);
  for (const naming of [plain, joliet]) {
    put(16 + naming.at, descriptor(naming, label, next, time));
    put(PATH_TABLES + naming.at * 2, pathTable(naming, true));
    put(PATH_TABLES + naming.at * 2 + 1, pathTable(naming, false));
    put(ROOTS + naming.at, rootFolder(naming, placed, time));
  }
  put(TERMINATOR, Uint8Array.of(255, ...ascii("CD001"), 1));
  for (const { bytes, sector } of placed) put(sector, bytes);
  return image;
}
