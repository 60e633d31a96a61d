import assert from "node:assert/strict";
import { styledText } from "./plugin.ts";

Deno.test("styledText() leaves a plugin its colours and no other power over the terminal", () => {
  assert.equal(styledText("\x1b[1;31mred\x1b[0m\nline"), "\x1b[1;31mred\x1b[0m\nline");
  for (
    const hostile of [
      "\x1b]52;c;aGk=\x07",
      "\x1b[2J",
      "\x1b]0;title\x07",
      "\x9b2J",
      "\x1b[?1049h",
      "a\rb",
      "\x1b[31",
    ]
  ) {
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(styledText(hostile), /[\x00-\x08\x0b-\x1f\x7f-\x9f]/, JSON.stringify(hostile));
  }
});
