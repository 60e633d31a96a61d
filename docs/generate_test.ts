import assert from "node:assert/strict";
import { generate, reference } from "./generate.ts";

Deno.test("the reference is what the code says", async () => {
  const made = await generate();
  for (const [name, text] of made) {
    const there = await Deno.readTextFile(new URL(name, reference)).catch(() => "");
    assert.equal(there === text, true, `docs/reference/${name} is stale: run \`deno task docs\``);
  }
  const files = [...Deno.readDirSync(reference)].map((entry) => entry.name).toSorted();
  assert.deepEqual(files, [...made.keys()].toSorted());
});
