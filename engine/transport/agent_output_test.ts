// Output of which there is much: what is told of it, and what the node keeps, with this machine as the node.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { isRoot } from "../../tests/support/needs.ts";
import { withSmallDisk } from "../../tests/support/small_disk.ts";
import { follow, localTest as test, runScript, script, type Seen, until, withLocalNode } from "./testing.ts";
import { scriptPath } from "./words.ts";

/** Bytes that are told of the head, and of the tail. */
const KEPT = 4194304;

/** What `seq` prints. */
function numbers(last: number): string {
  return Array.from({ length: last }, (_, at) => `${at + 1}\n`).join("");
}

function digest(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** That head and tail of a whole were told, and how much was not. */
function assertEnds(seen: Seen, whole: string): void {
  assert.equal(seen.end, "ended");
  assert.equal(digest(seen.output), digest(whole.slice(0, KEPT) + whole.slice(-KEPT)));
  assert.deepEqual(seen.omitted.map(({ bytes }) => bytes), [whole.length - 2 * KEPT]);
  const final = seen.records.at(-1);
  assert.equal(final?.type === "script-finished" && final.dropped, whole.length - 2 * KEPT);
  assert.equal(seen.offsets.output, whole.length);
}

test("of much output the head and the tail are told, and the node keeps the whole; a script may end at once", () =>
  withLocalNode(async ({ state, connect }) => {
    const connection = await connect();
    const sent = script("seq 7000000");
    const whole = numbers(7_000_000);
    const seen = await runScript(connection, sent);
    assertEnds(seen, whole);
    const path = `${state}/scripts/${scriptPath(sent.id)}/output`;
    assert.deepEqual(seen.omitted.map(({ lost, path }) => [lost, path]), [[0, path]]);
    assert.equal(digest(await Deno.readFile(path)), digest(whole));
  }));

test("much output of a script that takes secrets is not kept, and said to be gone", () =>
  withLocalNode(async ({ state, connect }) => {
    const connection = await connect();
    const sent = script("seq 3000000; sleep 0.3; echo end");
    await connection.start(sent, undefined, new Map([["a", "value"]]));
    const path = `${state}/scripts/${scriptPath(sent.id)}/output`;
    const during = until("the middle is freed", async () => {
      const { size, blocks } = await Deno.stat(path).catch(() => ({ size: 0, blocks: 0 }));
      return size > 3 * KEPT && (blocks ?? 0) * 512 < size - KEPT;
    });
    const [seen] = await Promise.all([follow(connection, sent), during]);
    const whole = `${numbers(3_000_000)}end\n`;
    assertEnds(seen, whole);
    const bytes = whole.length - 2 * KEPT;
    assert.deepEqual(seen.omitted, [{ bytes, lost: bytes }]);
    await connection.close();
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
  }));

const noMounts = !isRoot();
if (noMounts) console.log("Output that is more than a disk takes is not tested: only root may mount one");

Deno.test({
  name: "output that would take more than a tenth of the disk loses its middle, and how much is told",
  ignore: noMounts,
  fn: () =>
    withLocalNode(({ state, connect }) =>
      withSmallDisk(state, "100m", async () => {
        const connection = await connect();
        const sent = script("seq 1500000; sleep 0.5; seq 1500001 6000000; sleep 0.5; echo end");
        const seen = await runScript(connection, sent);
        const whole = `${numbers(6_000_000)}end\n`;
        assertEnds(seen, whole);
        const [omitted] = seen.omitted;
        assert.ok(omitted?.path !== undefined && omitted.lost > 0 && omitted.lost < omitted.bytes);
        const kept = await Deno.readFile(omitted.path);
        const from = kept.indexOf(0);
        assert.ok(from > 9_000_000 && from < 9_500_000, `${from} bytes are a tenth of what was free`);
        const gone = kept.subarray(from, from + omitted.lost);
        assert.ok(gone.every((byte) => byte === 0));
        const { blocks } = await Deno.stat(omitted.path);
        assert.ok((blocks ?? 0) * 512 < from + 2 * KEPT, "what is gone takes no room");
        kept.set(new TextEncoder().encode(whole.slice(from, from + omitted.lost)), from);
        assert.equal(digest(kept), digest(whole));
      })
    ),
});
