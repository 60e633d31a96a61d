import assert from "node:assert/strict";
import fc from "fast-check";
import { duration, escapeLine, escapeText, fold, pad, truncate, width } from "./text.ts";

Deno.test("escapeText() spells out what could move the cursor, and drops colours", () => {
  assert.equal(escapeText("\x1b[1;31mred\x1b[0m \x1b]0;title\x07 \r\n\tok"), "red \\x1b]0;title\\x07 \n\tok");
  assert.equal(escapeText("a\rb\u202ec\u009b2J"), "a\\rb\\u202ec\\x9b2J");
});

Deno.test("escapeLine() is one line without control characters, whatever it is given", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(escapeLine(text), /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/);
  }));
});

Deno.test("width() counts columns: wide characters are two, combining ones none", () => {
  assert.equal(width("abc"), 3);
  assert.equal(width("日本"), 4);
  assert.equal(width("e\u0301"), 1);
  assert.equal(width("🚀"), 2);
});

Deno.test("truncate() never exceeds the columns, and leaves what fits", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, columns) => {
    const cut = truncate(text, columns);
    assert.ok(width(cut) <= columns);
    if (width(text) <= columns && columns > 0) assert.equal(cut, text);
  }));
  assert.equal(truncate("abcdef", 4), "abc…");
});

Deno.test("pad() fills by columns, not by characters", () => {
  assert.equal(pad("日", 4), "日  ");
  assert.equal(pad("long", 2), "long");
});

Deno.test("duration() reads as people say it", () => {
  const said = [0, 99, 100, 9940, 9960, 59400, 59600, 3599000, 3600000, 7380000].map(duration);
  assert.deepEqual(said, ["0ms", "99ms", "0.1s", "9.9s", "10s", "59s", "1m00s", "59m59s", "1h00m", "2h03m"]);
});

Deno.test("fold() breaks between words alone, loses none, and fills lines", () => {
  assert.equal(fold("a bb ccc dddd", 4, 2), "a bb\n  ccc\n  dddd");
  const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((one) => !/\s/.test(one));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 1, max: 40 }), (words, columns) => {
      const lines = fold(words.join(" "), columns).split("\n");
      assert.deepEqual(lines.flatMap((line) => line.split(" ")), words);
      for (const line of lines) assert.ok(width(line) <= columns || !line.includes(" "), line);
    }),
  );
});
