// What editors are told of "pallet" and of the crates is what the sources say.
import assert from "node:assert/strict";
import { join } from "node:path";
import { filesBelow } from "../build/program_files.ts";
import { ROOT } from "../build/run.ts";
import { FOLDER, generate } from "../build/types/main.ts";

Deno.test("declarations for editors are made from the sources as they are", async () => {
  const made = await generate();
  for (const [name, text] of made) {
    const there = await Deno.readTextFile(join(ROOT, FOLDER, name)).catch(() => "");
    assert.equal(there === text, true, `${FOLDER}/${name} is stale: run \`deno task types\``);
  }
  assert.deepEqual(await filesBelow(join(ROOT, FOLDER)), [...made.keys()].toSorted());
});

Deno.test("declarations for editors stand alone and keep what the sources say of names", async () => {
  const text = await Deno.readTextFile(join(ROOT, FOLDER, "pallet.d.ts.txt"));
  assert.doesNotMatch(text, /valibot|\bany\b(?=[;,)>|\]])|^import |import\(/m);
  assert.match(
    text,
    /\/\*\*\n \* A file on the node with this content[^]*?@example[^]*?\n \*\/\nexport declare function remoteFile\(/,
  );
  assert.match(text, /\n {2}\/\*\* As `0644`\. \*\/\n {2}readonly mode\?: string;/);
  assert.doesNotMatch(text, /from "\.|@internal|makeAction/);
});
