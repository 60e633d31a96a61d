import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeFrame, FrameReader } from "./frames.ts";

/** A reader of bytes that come in pieces of these sizes, over and over. */
function readerOf(bytes: Uint8Array, sizes: readonly number[], limit = Infinity): FrameReader {
  let at = 0;
  let turn = 0;
  const read = (): Promise<Uint8Array | undefined> => {
    if (at >= bytes.length) return Promise.resolve(undefined);
    const size = sizes[turn++ % sizes.length] ?? 1;
    const chunk = bytes.slice(at, at + size);
    at += size;
    return Promise.resolve(chunk);
  };
  return new FrameReader(read, limit);
}

Deno.test("FrameReader gives back what encodeFrame() took, however the pipe cuts it", async () => {
  const pieces = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.json()), pieces, async (messages, sizes) => {
      const frames = messages.map((message) => encodeFrame(message));
      const bytes = new Uint8Array(frames.flatMap((frame) => [...frame]));
      const reader = readerOf(bytes, sizes);
      for (const message of messages) assert.equal(await reader.next(), JSON.stringify(message));
      assert.equal(await reader.next(), undefined);
    }),
    { numRuns: 50 },
  );
});

Deno.test("FrameReader refuses a message over its limit before it is there", async () => {
  const reader = readerOf(new Uint8Array([0xff, 0xff, 0xff, 0xff]), [4], 1000);
  await assert.rejects(reader.next(), RangeError);
});

Deno.test("FrameReader ends with a pipe that breaks inside a message", async () => {
  assert.equal(await readerOf(encodeFrame("broken").slice(0, 8), [3]).next(), undefined);
});
