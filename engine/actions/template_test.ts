import assert from "node:assert/strict";
import fc from "fast-check";
import { renderTemplate } from "./template.ts";

const render = (text: string, values: Readonly<Record<string, string | number | boolean>> = {}) =>
  renderTemplate(text, values, "app.conf");

Deno.test("renderTemplate() puts values in, and leaves all else as it is", () => {
  assert.equal(render("a={{a}} b={{ b.c-d }}\n", { a: 1, "b.c-d": "$x" }), "a=1 b=$x\n");
  assert.equal(render("{ } }} $1 $& {a}"), "{ } }} $1 $& {a}");
  assert.equal(render("{{a}}{{a}}", { a: "{{b}}" }), "{{b}}{{b}}");
  assert.equal(render("{{{{a}}"), "{{a}}");
});

Deno.test("renderTemplate() names what is missing, unused or none, with its line", () => {
  assert.throws(
    () => render("\n\n{{hots}}", { host: 1 }),
    /app\.conf:3: there is no value for "hots"\. Did you mean "host"\?/,
  );
  assert.throws(() => render("x", { host: 1, port: 2 }), /app\.conf: it has no place for host, port/);
  for (const text of ["{{", "{{}}", "{{a b}}", "{{\na}}", "{{#if x}}", "{{toString", "{{{a}}"]) {
    assert.throws(() => render(text), /app\.conf:1: ".*" does not name a value/, text);
  }
  assert.throws(() => render("{{toString}}"), /there is no value for "toString"/);
  assert.throws(() => render("{{__proto__}}"), /there is no value for "__proto__"/);
});

Deno.test("renderTemplate() gives back any text whose braces are escaped", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("{", "}", "a", "$", "&", "\n") }), (text) => {
      assert.equal(render(text.replaceAll("{{", "{{{{")), text);
    }),
  );
});
