import assert from "node:assert/strict";
import fc from "fast-check";
import { assertBash } from "../../tests/support/golden.ts";
import { phaseOf, planCrate } from "../../tests/support/crates.ts";
import { execScript, lineInFile } from "../actions/list.ts";
import { remoteFile, secret, sh } from "../mod.ts";
import { encodeSecrets, secretsOf } from "./secrets.ts";
import { testInRoot } from "../../tests/support/throwaway.ts";

const phase = phaseOf(() => [
  remoteFile("/etc/plain", { content: "plain\n" }),
  remoteFile("/etc/app.env", { content: `A=${secret("db/pass.word-1")}\nB=${secret("other")}\n` }),
  execScript(sh`login ${secret("other")}`),
  lineInFile("/etc/app.env", `C=${secret("other")}`),
]);

Deno.test("a script with secrets holds their names, takes each value once, and is sound bash", async () => {
  const { script } = await planCrate(phase, "debian-12");
  await assertBash(script.text);
  assert.match(script.text, /^pallet_secrets pallet_value_1 db\/pass\.word-1 pallet_value_2 other$/m);
  assert.deepEqual(secretsOf(script.text), ["db/pass.word-1", "other"]);
  assert.equal(script.text.match(/^ {2}pallet_hide$/gm)?.length, 3, "of four actions");
  assert.match(script.text, /\/etc\/app\.env '' '' 0600/);
  assert.doesNotMatch(script.text, /[\u{F0D0}\u{F0D1}]/u);
});

Deno.test("a script without secrets has nothing of them", async () => {
  const { script } = await planCrate(
    phaseOf(() => remoteFile("/etc/plain", { content: "pallet_secrets a b\n" })),
    "debian-12",
  );
  assert.deepEqual(secretsOf(script.text), []);
  assert.doesNotMatch(script.text, /^pallet_hide\(\)/m);
});

Deno.test("values survive the way to bash, whatever they hold", async () => {
  const text = fc.string({ unit: "binary", maxLength: 40 }).filter((value) =>
    !value.includes("\0") && value.isWellFormed()
  );
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 5 }), async (values) => {
      const words = encodeSecrets(new Map(values.map((value, at) => [`n/${at}`, value])));
      assert.match(words, /^[\w./=\\ -]*$/);
      const child = new Deno.Command("bash", {
        args: [
          "-c",
          `while read -r word; do printf -v value %b "\${word#*=}"; printf '%s\\0' "$value"; done`,
        ],
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(`${words.split(" ").join("\n")}\n`));
      await writer.close();
      const { stdout } = await child.output();
      assert.deepEqual(
        new TextDecoder("utf-8", { ignoreBOM: true }).decode(stdout).split("\0").slice(0, -1),
        values,
      );
    }),
    { numRuns: 40 },
  );
});

testInRoot("a script whose secrets did not come does nothing, and says which is missing", async (root) => {
  const touching = phaseOf(() => [
    execScript(sh`touch /tmp/before`),
    execScript(sh`printf %s ${secret("db/password")} >/tmp/password`),
  ]);
  const { script } = await planCrate(touching, "debian-12");
  const { result, results, records } = await root.runScript(script);
  assert.equal(result, "failed");
  assert.deepEqual(results.map((action) => action.result), ["skipped", "skipped"]);
  const last = records.at(-1);
  assert.equal(
    last?.type === "script-finished" && last.message,
    "secret db/password did not come with the script",
  );
  assert.equal((await root.bash("ls /tmp")).stdout, "");
});
