import assert from "node:assert/strict";
import diff from "./diff.sh" with { type: "text" };
import runtime from "./runtime.sh" with { type: "text" };

const seven = "1\n2\n3\n4\n5\n6\n7\n";

/** What was and what is: pairs of texts. */
const PAIRS: readonly (readonly [string, string])[] = [
  ["", "one\n"],
  ["", "one\ntwo"],
  ["one\n", ""],
  ["one\n", "one\n"],
  [seven, `0\n${seven}`],
  [seven, `${seven}8\n9\n`],
  [seven, seven.replace("4\n", "4\n\n%s \\n *\n")],
  [seven, seven.replace("4\n5\n", "")],
  [seven, seven.replace("4", "four")],
  [seven, seven.replace("7\n", "7")],
  [seven.trimEnd(), seven],
  [seven.trimEnd(), `${seven.trimEnd()} and`],
  [seven.trimEnd(), seven.replace("2\n", "").trimEnd()],
  ["a\na\na\n", "a\na\na\na\n"],
  ["\n\n", "\n"],
  // These need the program.
  [seven, seven.replace("2", "two").replace("6", "six")],
  [seven, seven.replace("4\n", "x\n4\ny\n")],
];

Deno.test("pallet_diff writes what the program diff writes, and runs it only where texts differ in several places", async () => {
  const directory = await Deno.makeTempDir();
  try {
    for (const [index, [old, now]] of PAIRS.entries()) {
      await Deno.writeTextFile(`${directory}/${index}.old`, old);
      await Deno.writeTextFile(`${directory}/${index}.new`, now);
    }
    const from = runtime.indexOf("pallet_small()");
    const small = runtime.slice(from, runtime.indexOf("\n}\n", from) + 3);
    const program = `set -euo pipefail; pallet_state=/nowhere pallet_tmp=$1\n${small}${diff}
      for ((at = 0; at < $2; at++)); do
        pallet_report=$1/$at
        command diff -u --label it --label it -- "$1/$at.old" "$1/$at.new" >"$1/$at.wanted" || true
        diff() { : >"$pallet_report.ran"; command diff "$@"; }
        pallet_diff "$1/$at.old" "$1/$at.new" it
        unset -f diff
      done`;
    const { success, stderr } = await new Deno.Command("bash", {
      args: ["-c", program, "diff", directory, String(PAIRS.length)],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const read = (name: string) => Deno.readTextFile(`${directory}/${name}`).catch(() => "");
    for (const [index, pair] of PAIRS.entries()) {
      assert.equal(await read(`${index}.diff`), await read(`${index}.wanted`), JSON.stringify(pair));
      const ran = await Deno.stat(`${directory}/${index}.ran`).then(() => true, () => false);
      assert.equal(ran, index >= PAIRS.length - 2, JSON.stringify(pair));
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
