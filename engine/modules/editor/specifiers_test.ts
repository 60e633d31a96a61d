import assert from "node:assert/strict";
import { selfTypes, specifiersOf } from "./specifiers.ts";

Deno.test("specifiersOf() finds imports and exports of values and types, at their places", () => {
  const source = [
    'import a, { type B } from "./a.ts";',
    "import type { C } from './c.ts';",
    'import * as d from "d"; import "./e.ts"',
    'export * from "./f.ts"; export { g } from\n  "./g.ts";',
    'import h from "./h.json" with { type: "json" };',
    'const i = await import("./i.ts"); type J = import("./j.ts").J;',
  ].join("\n");
  const found = specifiersOf(source);
  const expected = ["./a.ts", "./c.ts", "d", "./e.ts", "./f.ts", "./g.ts", "./h.json", "./i.ts", "./j.ts"];
  assert.deepEqual(found.map(({ text }) => text), expected);
  for (const { text, start, end } of found) assert.equal(source.slice(start, end), text);
});

Deno.test("specifiersOf() finds none in comments, templates, texts and other calls", () => {
  const source = [
    '// import "./a.ts"',
    '/* import "./b.ts"\n import "./c.ts" */',
    'const d = `import "./d.ts"`;',
    `const e = 'import "./e.ts"';`,
    'const f = Array.from("abc"), g = { from: "./g.ts" };',
    'const h = "it is from", i = "./i.ts";',
  ].join("\n");
  assert.deepEqual(specifiersOf(source), []);
});

Deno.test("specifiersOf() reads hostile sources in one pass", () => {
  const size = 1 << 20;
  const hostile = [
    "/* ",
    '"\\"',
    "'\\'",
    "`\\`",
    "export ",
    "import ",
    "from ",
    "from(",
    "\n",
    "/*/",
    "from \n",
  ];
  for (const part of hostile) {
    const begun = performance.now();
    specifiersOf(part.repeat(size / part.length));
    selfTypes(part.repeat(size / part.length));
    assert.ok(performance.now() - begun < 2000, JSON.stringify(part));
  }
});

Deno.test("selfTypes() reads where a JavaScript module has its types", () => {
  assert.equal(selfTypes('// A module.\n/* @ts-self-types="./a.d.ts" */\nexport {};'), "./a.d.ts");
  assert.equal(selfTypes('const text = "@ts-self-types=\\"./a.d.ts\\"";'), undefined);
});
