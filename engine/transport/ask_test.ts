import assert from "node:assert/strict";
import { askOnce } from "./ask.ts";

Deno.test("askOnce() asks each question once, and one at a time", async () => {
  const asked: string[] = [];
  let open = 0;
  const ask = askOnce(async ({ text }) => {
    assert.equal(++open, 1);
    asked.push(text);
    await new Promise((resolve) => setTimeout(resolve, 5));
    open--;
    return `answer to ${text}`;
  });
  const texts = ["a", "b", "a", "a", "b"];
  const answers = await Promise.all(texts.map((text) => ask({ kind: "passphrase", text })));
  assert.deepEqual(answers, texts.map((text) => `answer to ${text}`));
  assert.deepEqual(asked, ["a", "b"]);
});

Deno.test("askOnce() asks the next question when one could not be asked", async () => {
  const ask = askOnce(({ text }) => text === "bad" ? Promise.reject(new Error("no")) : Promise.resolve(text));
  const bad = ask({ kind: "host-key", text: "bad" });
  const good = ask({ kind: "host-key", text: "good" });
  await assert.rejects(bad, /no/);
  assert.equal(await good, "good");
});
