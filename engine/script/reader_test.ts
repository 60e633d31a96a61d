import assert from "node:assert/strict";
import fc from "fast-check";
import { quote } from "./quote.ts";
import { BashReader, type Place } from "./reader.ts";

function placeAfter(bash: string): Place {
  const reader = new BashReader();
  reader.read(bash);
  return reader.place;
}

const places: Readonly<Record<Place, readonly string[]>> = {
  "word": [
    "",
    "echo ",
    "'a' \"b\" $'c\\'' ",
    'x="$(echo ',
    "# it's\n",
    "echo a#it's' ",
    "echo \\' \\\" \\# ",
    "cat <<EOF\n'\"\nEOF\n",
    "cat <<'E F' <<-\\G\n'\nE F\n\"\n\tG\n",
    "cat <<< 'x' ",
    '"$(case $x in a) echo "b" ;; (c) ;; esac; echo ',
    '"$(echo case)" ',
    "((x << 2)); ",
    'echo $((1 + (2 * 3))) ${#x} $# $$ "${x#"y"}" "${x:-it\'s}" "${x%\'"\'}" ',
    "f() { x=(a ",
    "[[ $x =~ ^(a|b)$ && ",
    "for ((i = 0; i < 3; i++)); do ",
    "diff <(sort ",
    "`date` ",
    "echo $",
    "a \\\n# it's\n",
  ].filter((bash) => bash !== "echo $"),
  "single quotes": ["'", "echo a'b", "x=$(echo '"],
  "$'...' quotes": ["$'", "$'a\\'"],
  "double quotes": ['"', '"$(echo "a") ', '"${x}', '"$(case $x in a) echo ;; esac)'],
  "a comment": ["#", "true; # it's", "$(# "],
  "a here-document": ["cat <<EOF\n", "cat <<EOF\nEOF \n", "cat <<-EOF | sort\n\tx"],
  "a quoted here-document": ["cat <<'EOF'\n", 'cat <<"E"OF\nEOF x', "cat <<\\E\n$("],
  "the delimiter of a here-document": ["cat <<", "cat <<- ", "cat <<E"],
  "${...}": ["${x:-", '"${x', "\"${x:-it's "],
  "arithmetic": ["$((", "((", "$(( (1 + 2) + ", "for (("],
  "backticks": ["`echo ", '"`', "`echo $(echo "],
  "a word that begins with $": ["echo $", '"a $'],
  "a word after a backslash": ["echo \\", '"\\'],
  "bash that cannot be followed": ["((a) | (b)) ", "x=((", "(( ' "],
};

for (const [place, texts] of Object.entries(places)) {
  Deno.test(`BashReader knows ${place}`, () => {
    for (const text of texts) assert.equal(placeAfter(text), place, text);
  });
}

Deno.test("BashReader knows the place of each piece when the text comes in pieces", () => {
  const reader = new BashReader();
  reader.read("cat <<EOF; echo ");
  reader.skipWord();
  assert.equal(reader.place, "word");
  assert.equal(reader.atWordStart, false);
  reader.read("\nit's\nEOF\n# ");
  assert.equal(reader.place, "a comment");
});

Deno.test("no text escapes from where BashReader says that a word may stand", async () => {
  const folder = await Deno.makeTempDir();
  const escaped = `${folder}/escaped`;
  const hostile =
    `x' $(echo A >${escaped}) "$(echo A >${escaped})" \`echo A >${escaped}\`\necho A >${escaped} #`;
  const token = fc.constantFrom(
    ...[
      "'",
      '"',
      "$(",
      ")",
      "(",
      "\\",
      " ",
      "#",
      "\n",
      "`",
      "${x:-",
      "${x#",
      "}",
      "a",
      "case a in a)",
      " esac ",
    ],
    ...[
      ";;",
      "<<E\n",
      "<<'E'\n",
      "E\n",
      "((",
      "))",
      "$((",
      "$'",
      "x=",
      ";",
      "echo ",
      "&& ",
      "|",
      "[[ ",
      " ]]",
      "<<<",
    ],
  );
  const closers = ["", ")", '"', "\nesac", "}", "))", ')"', "'", "\nE\n", " ]]", ";; esac)"];
  const prefixes = fc.sample(fc.array(token, { minLength: 1, maxLength: 10 }), { numRuns: 60, seed: 3 })
    .map((some) => some.join("")).filter((prefix) => placeAfter(prefix) === "word");
  assert.ok(prefixes.length > 10);
  try {
    for (const prefix of prefixes) {
      for (const closer of closers) {
        const bash = `cd ${folder}\n${prefix}${quote(hostile)}${closer}\n`;
        await new Deno.Command("timeout", { args: ["5", "bash", "-c", bash], stdin: "null", stderr: "null" })
          .output();
        assert.ok(!(await Deno.stat(escaped).catch(() => undefined)), JSON.stringify(prefix + closer));
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
