import assert from "node:assert/strict";
import fc from "fast-check";
import { PalletError } from "../errors.ts";
import { captured } from "../plan/deferred.ts";
import { rawScript, sh, type ShValue } from "./sh.ts";

const run = async (bash: string): Promise<string> => {
  const { stdout, stderr, success } = await new Deno.Command("bash", { args: ["-c", bash], stdin: "null" })
    .output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(stdout);
};

Deno.test("sh quotes what is interpolated, composes scripts, and makes words of lists", () => {
  assert.equal(sh`echo ${"a b"} ${1} ${true}`.text, "echo 'a b' 1 true");
  assert.equal(sh`rm -f -- ${["a b", "c", 3]}`.text, "rm -f -- 'a b' c 3");
  assert.equal(sh`x=(${["a", ["b c", []]]})`.text, "x=(a 'b c' )");
  assert.equal(sh`${sh`true`} && ${sh`echo ${"it's"}`}`.text, `true && echo 'it'\\''s'`);
  assert.equal(sh`echo ${[sh`"$HOME"`, "$HOME"]}`.text, `echo "$HOME" '$HOME'`);
  assert.equal(sh`--file=${"a b"}.txt`.text, "--file='a b'.txt");
  assert.equal(rawScript('echo "$HOME"').text, 'echo "$HOME"');
});

Deno.test("sh puts a deferred value into bash as a token between double quotes", () => {
  const version = captured("version");
  assert.equal(sh`echo ${version} ${`v${version}`}`.text, `echo "${version}" v"${version}"`);
});

Deno.test("fault 28: sh keeps any values apart in any of its places", async () => {
  const text = fc.string({ unit: "binary", maxLength: 20 }).map((some) => some.replaceAll("\0", ""));
  await fc.assert(
    fc.asyncProperty(text, text, fc.array(text, { maxLength: 4 }), async (a, b, list) => {
      const show = sh`printf '%s\0'`;
      const script = sh`
        # a comment's it's
        show() { ${show} "$@"; }
        show ${a} x${b}y ${list} end # it's
        show "$(printf '%sX' ${a})"
        case ${a} in ${b}) show equal ;; *) show "$(case ${b} in ${b}) ${show} ${b}X ;; esac | tr -d '\0')" ;; esac
        name=${b}
        cat <<EOF
        $name \${name}
        EOF
        `;
      const out = (await run(script.text)).split("\0");
      const words = [a, `x${b}y`, ...list, "end"];
      assert.deepEqual(out.slice(0, words.length), words);
      assert.equal(out[words.length], `${a}X`);
      assert.equal(out[words.length + 1], a === b ? "equal" : `${b}X`);
      assert.equal(out[words.length + 2], `${b} ${b}\n`);
    }),
    { numRuns: 60 },
  );
});

Deno.test("sh takes away what only the source needed: outer line ends and common indentation", () => {
  const value = "x\n    y";
  assert.equal(
    sh`
      if true; then
        echo ${value}

      fi
    `.text,
    "if true; then\n  echo 'x\n    y'\n\nfi",
  );
  assert.equal(sh`echo a`.text, "echo a");
  assert.equal(sh`  echo a`.text, "  echo a");
  assert.equal(
    sh`a\
    b`.text,
    "a\\\nb",
  );
  assert.equal(
    sh`
      ${"a"}
        ${"b"}
      ${"c"}
    `.text,
    "a\n  b\nc",
  );
  assert.equal(sh`\n\t\x`.text, "\\n\\t\\x");
  assert.equal(sh`\${HOME} \`date\``.text, "${HOME} `date`");
  assert.equal(sh`${""}`.text, "''");
});

Deno.test("sh leaves a composed script's lines alone", () => {
  const inner = rawScript("cat <<EOF\n  two\nEOF");
  assert.equal(
    sh`
      begin
      ${inner}
      end
    `.text,
    "begin\ncat <<EOF\n  two\nEOF\nend",
  );
});

const x = "x";
const refused: Readonly<Record<string, () => unknown>> = {
  "double quotes": () => sh`echo "hello ${x}"`,
  "single quotes": () => sh`echo 'hello ${x}'`,
  "$'...' quotes": () => sh`echo $'hello ${x}'`,
  "a comment": () => sh`true # ${x}`,
  "a here-document": () =>
    sh`
    cat <<EOF
    ${x}
    EOF`,
  "a quoted here-document": () =>
    sh`
    cat <<'EOF'
    ${x}
    EOF`,
  "the delimiter of a here-document": () => sh`cat <<${x}`,
  "${...}": () => sh`echo "\${y:-${x}}"`,
  "arithmetic": () => sh`echo $((${x} + 1))`,
  "backticks": () => sh`echo \`echo ${x}\``,
  "a word that begins with $": () => sh`echo $${x}`,
  "a part of a word": () => sh`--file=${[x, x]}`,
  "double quotes of a composed script": () => sh`${rawScript('echo "')}${x}`,
};

Deno.test("sh refuses a value where quoting cannot keep it one word, and says where", () => {
  for (const [place, make] of Object.entries(refused)) {
    assert.throws(make, (error) => {
      assert.ok(error instanceof PalletError);
      assert.equal(error.kind, "infra");
      assert.match(
        error.message,
        new RegExp(place.replaceAll(/[$.{}]/g, "\\$&").replace(" of a composed script", "")),
      );
      assert.ok(error.help !== undefined && error.origin?.file.endsWith("sh_test.ts"));
      return true;
    }, place);
  }
});

Deno.test("sh takes a number in arithmetic, and after digits no redirection", () => {
  assert.equal(
    sh`echo $((${2} + $x)); for ((i = 0; i < ${3}; i++)); do :; done`.text.includes("$((2 +"),
    true,
  );
  assert.equal(sh`echo ${"2"}>file`.text, "echo '2'>file");
  assert.equal(sh`echo ${[1, 2]}>file`.text, "echo 1 '2'>file");
});

Deno.test("sh refuses what has no text", () => {
  for (const value of [undefined, null, {}, () => 1, NaN, Infinity, Symbol("x")]) {
    assert.throws(() => sh`echo ${value as unknown as ShValue}`, PalletError);
  }
});
