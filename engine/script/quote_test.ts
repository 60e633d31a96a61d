import assert from "node:assert/strict";
import fc from "fast-check";
import { captured } from "../plan/deferred.ts";
import { PalletError } from "../errors.ts";
import { quote, quoteLiteral } from "./quote.ts";

/** Texts that bash, icon fonts or our own tokens give a meaning. */
const parts = fc.oneof(
  fc.constantFrom(
    ..."'\"$`\\!*?[]{}()<>|&;#~= \t\n\r",
    "$(",
    "$'",
    "${",
    "''",
    "-",
    "--",
    "if",
    "case",
    "time",
    "\u{F0D0}",
    "\u{F0D1}",
    "\u{F0D0}captured:",
    "\u{F0D0}captured:%FF:x\u{F0D1}",
    "ü",
    "😀",
    "\u202E",
  ),
  fc.string({ unit: "binary", maxLength: 4 }),
);
const texts = fc.array(parts, { maxLength: 12 }).map((some) => some.join("").replaceAll("\0", ""));

/** The words that bash sees. */
async function wordsInBash(words: readonly string[]): Promise<readonly string[]> {
  const child = new Deno.Command("bash", { stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`printf '%s\\0' ${words.join(" ")}\n`));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(stdout).split("\0").slice(0, -1);
}

Deno.test("fault 28: quote() gives bash one word with exactly the text, whatever it holds", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(texts, { minLength: 20, maxLength: 60 }), async (some) => {
      assert.deepEqual(await wordsInBash(some.map(quote)), some);
      assert.deepEqual(await wordsInBash(some.map(quoteLiteral)), some);
    }),
    { numRuns: 40 },
  );
});

Deno.test("quote() gives a word to a command's place that is no keyword and no assignment", async () => {
  const script = ["if", "for", "time", "case", "A=b", "!", "{"].map((word) => `${quote(word)}() { :; }; `)
    .join("");
  const child = await new Deno.Command("bash", { args: ["-c", `${quote("A=b")}`] }).output();
  assert.equal(child.code, 127, script);
  assert.equal(quote("if"), "'if'");
});

Deno.test("quote() leaves plain words as they are", () => {
  for (const word of ["a", "/srv/app-1.2", "user@host:22", "50%", "--flag", "0644"]) {
    assert.equal(quote(word), word);
  }
  assert.equal(quote(""), "''");
});

Deno.test("quote() puts a token between double quotes, and quoteLiteral() takes it for text", () => {
  const token = captured("version").toString();
  assert.equal(quote(`it's ${token}`), `'it'\\''s '"${token}"`);
  assert.equal(quoteLiteral(token), `'${token}'`);
});

Deno.test("quote() refuses what no argument can hold", () => {
  for (const text of ["a\0b", "\uD800", "\uDC00x"]) assert.throws(() => quote(text), PalletError);
});
