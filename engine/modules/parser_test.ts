// Sources that are made to hang a parser, or to run it out of stack or memory.
import assert from "node:assert/strict";
import { PalletError } from "../errors.ts";
import { openParser } from "./parser.ts";

const URL_ = "https://example.com/mod.ts";
const DEEP = 200_000;

const DEADLY: readonly (readonly [what: string, source: string, expected: RegExp])[] = [
  ["parentheses", `const a = ${"(".repeat(DEEP)}`, /it is nested too deep/],
  ["five million parentheses", "(".repeat(5_000_000), /it is nested too deep/],
  ["lists", `const a = ${"[".repeat(DEEP)}${"]".repeat(DEEP)};`, /it is nested too deep/],
  ["types", `type A = ${"Array<".repeat(DEEP)}1${">".repeat(DEEP)};`, /it is nested too deep/],
  ["template strings", `const a = ${"`${".repeat(DEEP)}1${"}`".repeat(DEEP)};`, /it is nested too deep/],
  ["negations", `const a = ${"!".repeat(DEEP)}1;`, /it is nested too deep/],
  ["alternatives", `${"if (a) {} else ".repeat(DEEP)};`, /nested too deep|did not end within 1 s/],
];

for (const [what, source, expected] of DEADLY) {
  Deno.test(`a module of endless ${what} costs nothing but itself`, async () => {
    const parser = openParser({ time: 1 });
    try {
      const error: unknown = await parser.parse(source, true, URL_).then(() => undefined, (thrown) => thrown);
      assert.ok(error instanceof PalletError, Deno.inspect(error));
      assert.match(error.message, expected);
      assert.ok(error.message.startsWith(`Cannot parse "${URL_}": `));
      assert.deepEqual(error.origin, { file: URL_, line: 1, column: 1 });
      // The next one is parsed all the same.
      const next = await parser.parse("export const a: number = 1;", true, URL_);
      assert.ok("code" in next && next.code === "export const a         = 1;");
    } finally {
      await parser.close();
    }
  });
}

const LARGE: readonly (readonly [what: string, source: string])[] = [
  ["a long string", `const a = "${"x".repeat(5_000_000)}";`],
  ["a long template", `const a = \`${"x ".repeat(2_000_000)}\`;`],
  ["a long comment", `/*${"* ".repeat(2_000_000)}*/`],
  ["a long list", `const a = [${"1,".repeat(500_000)}];`],
  ["many statements", "const { a } = b;\n".repeat(20_000).replaceAll("const", "var")],
  ["many imports", 'import "./a.ts";\n'.repeat(5_000)],
  ["many exports", Array.from({ length: 5_000 }, (_, at) => `export type T${at} = ${at};`).join("\n")],
];

Deno.test("large modules of strangers are parsed", async () => {
  const parser = openParser();
  try {
    for (const [what, source] of LARGE) {
      const parsed = await parser.parse(source, true, URL_);
      assert.ok("code" in parsed, `${what}: ${JSON.stringify(parsed).slice(0, 200)}`);
    }
  } finally {
    await parser.close();
  }
});

Deno.test("a stranger's module is parsed as one of the project is", async () => {
  const source = `import type { A } from "./a.ts";
import { b } from "./b.ts" with { type: "json" };
export const pallet = ">=0.1.0";
enum Color { red = 1 }
export default [Color, b];
export type { A };
export * from "./c.ts";
`;
  const parser = openParser();
  try {
    const own = await parser.parse(source, true, "file:///project/infra.ts");
    assert.ok("code" in own, JSON.stringify(own));
    assert.deepEqual([own.engine, own.imports.length, own.map !== undefined], [">=0.1.0", 2, true]);
    assert.deepEqual(JSON.parse(JSON.stringify(own)), await parser.parse(source, true, URL_));
    for (const broken of ["const = 1;", "\n\nexport { a b };"]) {
      const problem = await parser.parse(broken, true, "file:///project/infra.ts");
      assert.ok("problem" in problem);
      assert.deepEqual(await parser.parse(broken, true, URL_), problem);
    }
  } finally {
    await parser.close();
  }
});

Deno.test("a module whose documentation never ends costs nothing but itself", async () => {
  const text = (comment: string): string => `${comment}\nexport const a = 1;\n`;
  const exports = [{ kind: "value", name: "a" }] as const;
  const parser = openParser({ time: 1 });
  try {
    const endless = { [URL_]: { text: text(`//${"/** so on".repeat(50_000)}`), exports, resolved: {} } };
    await assert.rejects(parser.describe(URL_, endless), (error: unknown) => {
      assert.ok(error instanceof PalletError);
      assert.equal(error.message, `Cannot read what is exported by "${URL_}": that did not end within 1 s`);
      return true;
    });
    const found = await parser.describe(URL_, {
      [URL_]: { text: text("/** One. */"), exports, resolved: {} },
    });
    assert.deepEqual(found, [{ name: "a", kind: "value", declaration: "const a", documentation: "One." }]);
  } finally {
    await parser.close();
  }
});
