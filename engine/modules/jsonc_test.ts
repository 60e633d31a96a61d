import assert from "node:assert/strict";
import fc from "fast-check";
import { plainJson, withEntry } from "./jsonc.ts";

Deno.test("plainJson() takes comments and trailing commas away, and nothing else", () => {
  const text = '{ // one\n "a": "http://x", /* two\n */ "b": [1, 2,], // ,}\n}';
  const plain = plainJson(text);
  assert.equal(plain.length, text.length);
  assert.deepEqual(JSON.parse(plain), { a: "http://x", b: [1, 2] });
});

Deno.test("withEntry() adds to an object and leaves comments where they are", () => {
  const text = '{\n  // crates\n  "imports": {\n    "a": "x", // first\n  },\n  "tasks": {}\n}\n';
  assert.equal(
    withEntry(text, "imports", "b", "y"),
    '{\n  // crates\n  "imports": {\n    "a": "x", // first\n    "b": "y"\n  },\n  "tasks": {}\n}\n',
  );
  assert.equal(withEntry(text, "imports", "a", "z"), text.replace('"x"', '"z"'));
});

Deno.test("withEntry() makes the object that is not there", () => {
  assert.equal(
    withEntry('{\n  "tasks": {}\n}\n', "imports", "a", "x"),
    '{\n  "tasks": {},\n  "imports": {\n    "a": "x"\n  }\n}\n',
  );
  assert.equal(withEntry("{}", "imports", "a", "x"), '{\n  "imports": {\n    "a": "x"\n  }\n}');
  assert.throws(() => withEntry("[]", "imports", "a", "x"), SyntaxError);
  assert.throws(() => withEntry('{"imports": 1}', "imports", "a", "x"), SyntaxError);
});

Deno.test("withEntry() holds for any object", () => {
  const dictionary = fc.dictionary(fc.string().filter((key) => key !== "__proto__"), fc.jsonValue());
  const text = fc.string().filter((key) => key !== "__proto__");
  fc.assert(
    fc.property(dictionary, dictionary, text, text, fc.nat(2), (other, imports, key, value, indent) => {
      const before = { ...other, imports };
      const after = JSON.parse(
        plainJson(withEntry(JSON.stringify(before, null, indent), "imports", key, value)),
      );
      assert.deepEqual(
        after,
        JSON.parse(JSON.stringify({ ...other, imports: { ...imports, [key]: value } })),
      );
    }),
    { numRuns: 300 },
  );
});
