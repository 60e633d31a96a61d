import assert from "node:assert/strict";
import fc from "fast-check";
import { LineFile, seal, unseal, unsealAll } from "./lines.ts";

Deno.test("seal() and unseal() are each other's opposite, for all that JSON can say", () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
    const { sum: _, ...plain } = JSON.parse(JSON.stringify(value));
    const line = seal(plain);
    assert.ok(!line.includes("\n"));
    assert.equal(typeof JSON.parse(line).sum, "string");
    assert.deepEqual(unseal(line), plain);
  }));
});

Deno.test("unseal() refuses a line of which one byte changed", () => {
  const line = seal({ type: "message", text: "all is well" });
  for (let at = 0; at < line.length; at++) {
    const other = line[at] === "x" ? "y" : "x";
    assert.equal(unseal(line.slice(0, at) + other + line.slice(at + 1)), undefined, `at ${at}`);
  }
});

Deno.test("fault 47: a torn last line is left out, a damaged one counted, and what is added later is whole", async () => {
  const folder = await Deno.makeTempDir({ prefix: "pallet-lines-" });
  try {
    const path = `${folder}/lines.jsonl`;
    const first = new LineFile(path);
    for (const n of [1, 2, 3]) first.add({ n });
    await Promise.all([first.sync(), first.sync()]);
    first.close();
    const text = Deno.readTextFileSync(path);
    for (let cut = 1; cut < 10; cut++) {
      Deno.writeTextFileSync(path, text.slice(0, -cut));
      const whole = cut === 1 ? [1, 2, 3] : [1, 2];
      assert.deepEqual(unsealAll(Deno.readTextFileSync(path)), {
        values: whole.map((n) => ({ n })),
        damaged: 0,
      });
      const again = new LineFile(path);
      again.add({ n: 4 });
      await again.sync();
      again.close();
      const { values, damaged } = unsealAll(Deno.readTextFileSync(path));
      assert.deepEqual(values, [...whole, 4].map((n) => ({ n })));
      assert.equal(damaged, cut === 1 ? 0 : 1);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
