import assert from "node:assert/strict";
import { join } from "node:path";
import { writeRaw } from "./qcow2.ts";

/** Disks of 24 kilobytes that qemu-img 7.2 has made, clusters of 512 bytes, packed once more by gzip. */
const COMPRESSED =
  "H4sIAAAAAAACAwt08/zNwMDAzIAKOCFUAozPCKHYoFwmJDGCgAWICxhGwSAGLKNBMFIBIxwyjQbGyAMNYJJjNCBGKHAAk1yDxR3iozFCX6B90iPU47SOll6ghp+v3kn9JAlWZWBqSE6QYD3S0HTkyZsrIqzOrBqHOY4ZtBn6JPAESxzmOWbQbqiTwOPd2vhNQGQ0CIc0AABQ+YHWAAwAAA==";
const PLAIN =
  "H4sIAAAAAAACA+3R3wrBYBjH8W1JSJIkSXqT5NR/bkA5dAc0EzmgbRfgvp0o+73FmSLFvp/Vvs+7k9XzrhbLq+M4nvMsn2Rtz26SrI7ewzf8vgwrSCv35Qd/6HJ/51hEqu+/oBbVklpWK2pVran1D/2/oTbVlmrUttpRu2qPC3xTvA/M7hBGsYkCPz6FbAQAAAAAAABpdN74x2Br+kbDwA5DO4zsMLbDxA5TO8zsMDesFAAAAMCX3QBCJU1SACoAAA==";

async function unpacked(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([Uint8Array.fromBase64(text)]).stream().pipeThrough(
    new DecompressionStream("gzip"),
  );
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** What a file of these bytes stands for. */
async function rawOf(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-qcow2-" });
  try {
    await Deno.writeFile(join(folder, "disk"), bytes);
    await writeRaw(join(folder, "disk"), join(folder, "raw"));
    return await Deno.readFile(join(folder, "raw"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const expected = new Uint8Array(24 * 1024);
expected.set(new TextEncoder().encode("the first sector"));
expected.set(
  new TextEncoder().encode([1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => `packed ${number} `).join("")),
  9000,
);

Deno.test("writeRaw() reads disks of version 2 and 3, plain and compressed", async () => {
  for (const text of [COMPRESSED, PLAIN]) assert.deepEqual(await rawOf(await unpacked(text)), expected);
});

Deno.test("writeRaw() refuses what it would read wrongly, and says why", async () => {
  const whole = await unpacked(COMPRESSED);
  const changed = (offset: number, value: number) => {
    const bytes = whole.slice();
    bytes[offset] = value;
    return rawOf(bytes);
  };
  await assert.rejects(changed(15, 1), /Cannot read the disk .*: it is a difference to another disk/);
  await assert.rejects(changed(35, 1), /it is encrypted/);
  await assert.rejects(changed(79, 2), /it says itself that it is damaged/);
  await assert.rejects(changed(79, 4), /its data is in another file/);
  await assert.rejects(changed(79, 16), /it needs more than is known here/);
  await assert.rejects(changed(23, 60), /it is damaged/);
});
