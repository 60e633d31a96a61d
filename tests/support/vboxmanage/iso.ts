// Reads the files of a CD image by its Joliet names, as a guest's kernel would: written apart from what writes them.

/** What is on a CD. */
export interface Disc {
  readonly label: string;
  readonly files: ReadonlyMap<string, string>;
}

/** Reads a CD image. */
export async function readIso(path: string): Promise<Disc> {
  const bytes = await Deno.readFile(path);
  const view = new DataView(bytes.buffer);
  const ucs2 = (from: number, length: number) =>
    new TextDecoder("utf-16be").decode(bytes.subarray(from, from + length));
  for (let sector = 16;; sector++) {
    const at = sector * 2048;
    if (new TextDecoder().decode(bytes.subarray(at + 1, at + 6)) !== "CD001") throw new Error("no CD image");
    const kind = bytes[at];
    if (kind === 255) throw new Error("a CD without Joliet's names");
    if (kind !== 2) continue;
    const root = at + 156;
    let record = view.getUint32(root + 2, true) * 2048;
    const end = record + view.getUint32(root + 10, true);
    const files = new Map<string, string>();
    while (record < end && bytes[record] !== 0) {
      const name = ucs2(record + 33, bytes[record + 32] ?? 0).replace(/;1$/, "");
      const from = view.getUint32(record + 2, true) * 2048;
      const length = view.getUint32(record + 10, true);
      if (((bytes[record + 25] ?? 0) & 2) === 0) {
        files.set(name, new TextDecoder().decode(bytes.subarray(from, from + length)));
      }
      record += bytes[record] ?? 0;
    }
    return { label: ucs2(at + 40, 32).trimEnd(), files };
  }
}
