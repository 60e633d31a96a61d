import assert from "node:assert/strict";
import fc from "fast-check";
import type { ScriptItem } from "./connection.ts";
import { START } from "../script/types.ts";
import { LineSplitter } from "./lines.ts";
import { ScriptStream } from "./stream.ts";

const MARK = "0f9a-mark";
const encoder = new TextEncoder();

/** Gives a stream what a channel would, both sides cut into pieces, in any order of the two. */
async function feed(records: string, output: Uint8Array, sizes: readonly number[], head: number) {
  const stream = new ScriptStream(START, MARK, head);
  const lines = new LineSplitter();
  const sides = [
    {
      bytes: encoder.encode(records),
      take: (part: Uint8Array) => lines.push(part, (...line) => stream.line(...line)),
    },
    { bytes: output, take: (part: Uint8Array) => void stream.output(part) },
  ];
  const items: ScriptItem[] = [];
  for (let turn = 0; sides.some(({ bytes }) => bytes.length > 0); turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    const side = sides[size % 2] ?? sides[0];
    const busy = side !== undefined && side.bytes.length > 0
      ? side
      : sides.find(({ bytes }) => bytes.length > 0);
    if (busy === undefined) break;
    busy.take(busy.bytes.subarray(0, size));
    busy.bytes = busy.bytes.subarray(size);
    if (turn === 3) stream.listen(START, (item) => items.push(item));
  }
  stream.listen(START, (item) => items.push(item));
  return { end: await stream.end, items, stream };
}

function join(parts: readonly Uint8Array[]): string {
  return parts.map((part) => new TextDecoder("latin1").decode(part)).join("");
}

const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 });

Deno.test("ScriptStream tells the same whatever pieces come, and records after the output before them", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.stringMatching(/^[ -~]{0,30}\n$/), { maxLength: 8 }),
    fc.array(fc.stringMatching(/^[0-9a-f\n-]{0,12}$/), { minLength: 1, maxLength: 8 }),
    pieces,
    async (texts, outputs, sizes) => {
      let offset = 0;
      let records = "script-started\t1.0\tboot\n";
      for (const [index, text] of outputs.entries()) {
        offset += text.length;
        records += `change\t${index}\t${(texts[index] ?? "x\n").replaceAll("%", "")}`;
        records += `action-finished\t${index}\tok\t0\t2.0\t${offset}\t\t\n`;
      }
      records += `script-finished\tok\t3.0\t${offset}\t0\t\n\n@end\n`;
      const { end, items } = await feed(records, encoder.encode(outputs.join("") + MARK), sizes, Infinity);
      assert.equal(end, "ended");
      let told = 0;
      for (const item of items) {
        if (item.kind === "output") told = item.next.output;
        if (item.kind === "record" && "output" in item.record) assert.ok(item.record.output <= told);
      }
      assert.equal(
        join(items.flatMap((item) => item.kind === "output" ? [item.bytes] : [])),
        outputs.join(""),
      );
      const last = items.filter((item) => item.kind === "record").at(-1);
      assert.ok(last?.kind === "record" && last.record.type === "script-finished");
      assert.equal(last.next.records, encoder.encode(records.slice(0, -"\n@end\n".length)).length);
    },
  ));
});

Deno.test("ScriptStream places what comes after the head, and counts what was left out", async () => {
  const records = "script-finished\tok\t3.0\t100\t0\t\n\n@rest 90 30 /kept here\n\n@end\n";
  await fc.assert(fc.asyncProperty(pieces, async (sizes) => {
    const { end, items, stream } = await feed(
      records,
      encoder.encode("0123456789ABCDEFGHIJ" + MARK),
      sizes,
      10,
    );
    assert.equal(end, "ended");
    const outputs = items.flatMap((item) => item.kind === "output" ? [item] : []);
    for (const { bytes, next } of outputs) {
      assert.ok(next.output <= 10 || next.output - bytes.length >= 90);
    }
    assert.equal(join(outputs.map(({ bytes }) => bytes)), "0123456789ABCDEFGHIJ");
    assert.equal(stream.told.output, 100);
    const final = items.at(-1);
    assert.ok(final?.kind === "record" && final.record.type === "script-finished");
    assert.equal(final.record.dropped, 80);
    const omitted = { bytes: 80, lost: 30, path: "/kept here" };
    assert.deepEqual(items.flatMap((item) => item.kind === "omitted" ? [item.omitted] : []), [omitted]);
    const before = items[items.findIndex((item) => item.kind === "omitted") - 1];
    assert.equal(before?.kind === "output" && before.next.output, 10);
  }));
});

Deno.test("ScriptStream calls a script without a last record dead, also when its last line is torn", async () => {
  const whole = await feed("script-started\t1.0\tb\n\n@end\n", encoder.encode(MARK), [3], 100);
  assert.equal(whole.end, "died");
  const torn = await feed("script-started\t1.0\tb\naction-fin\n@end\n", encoder.encode(MARK), [3], 100);
  assert.equal(torn.end, "died");
  assert.equal(torn.stream.failure, undefined);
  assert.deepEqual(torn.stream.told, { records: 21, output: 0 });
});

Deno.test("ScriptStream does not pass over a record that it cannot read", async () => {
  const records = "rubbish\nscript-finished\tok\t3.0\t0\t0\t\n\n@end\n";
  const { stream } = await feed(records, encoder.encode(MARK), [50], 100);
  assert.match(String(stream.failure), /Cannot read the status record "rubbish"/);
});

Deno.test("ScriptStream that loses its channel is lost, unless it was told its end", async () => {
  const stream = new ScriptStream(START, MARK, 100);
  stream.line("script-started\t1.0\tb", 21);
  stream.lose();
  assert.equal(await stream.end, "lost");
  const ended = new ScriptStream(START, MARK, 100);
  ended.line("script-finished\tok\t3.0\t0\t0\t", 30);
  ended.lose();
  assert.equal(await ended.end, "ended");
});

Deno.test("ScriptStream tells a record between outputs that it stands between, though they came as one", async () => {
  const records = ["action-finished\t0\tok\t0\t2.0\t4\t\t", "script-finished\tok\t3.0\t7\t0\t"];
  const stream = new ScriptStream(START, MARK, 100);
  const told: string[] = [];
  stream.listen(START, (item) => {
    if (item.kind === "output") told.push(join([item.bytes]));
    if (item.kind === "record") told.push(item.record.type);
  });
  for (const record of records) stream.line(record, record.length + 1);
  stream.output(encoder.encode(`one\ntwo${MARK}`));
  stream.line("@end", 5);
  assert.equal(await stream.end, "ended");
  assert.deepEqual(told, ["one\n", "action-finished", "two", "script-finished"]);
});

Deno.test("ScriptStream gives what comes after its mark to the next one", () => {
  const stream = new ScriptStream(START, MARK, 100);
  assert.equal(join([stream.output(encoder.encode(`mine${MARK}yours`))]), "yours");
  assert.ok(stream.stderrDone);
});
