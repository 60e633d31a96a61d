import assert from "node:assert/strict";
import { PalletError } from "../../engine/errors.ts";
import { flag, number, oneOf, optional, readOptions, text, textMap, texts } from "./options.ts";

const fields = {
  name: text,
  list: optional(texts, ["a"]),
  count: optional(number),
  on: optional(flag, true),
  names: optional(textMap, {}),
  kind: optional(oneOf("one", "two"), "one"),
};

Deno.test("readOptions() gives what is there, and what stands for what is not", () => {
  assert.deepEqual(readOptions({ name: "x" }, fields), {
    name: "x",
    list: ["a"],
    count: undefined,
    on: true,
    names: {},
    kind: "one",
  });
  assert.deepEqual(readOptions({ name: "x", count: 0, on: false, kind: "two" }, fields), {
    name: "x",
    list: ["a"],
    count: 0,
    on: false,
    names: {},
    kind: "two",
  });
});

Deno.test("readOptions() names every key that is wrong, missing or unknown", () => {
  const given = { nam: "x", list: [1], count: "1", on: 1, names: { a: 1 }, kind: "three", constructor: 1 };
  assert.throws(() => readOptions(given, fields), (error) => {
    assert.ok(error instanceof PalletError && error.kind === "config");
    for (
      const words of [
        'unknown key "nam". Did you mean "name"?',
        'unknown key "constructor"',
        "name: is missing",
        "list: must be a list of texts",
        "count: must be a number",
        "on: must be true or false",
        "names: must be a map of texts",
        "kind: must be one of one, two",
      ]
    ) assert.ok(error.message.includes(words), `${words} in ${error.message}`);
    return true;
  });
});
