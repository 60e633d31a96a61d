import assert from "node:assert/strict";
import fc from "fast-check";
import { Redactor } from "./redactor.ts";

const VALUE = "a token that is longer than most: 0123456789 ü and so on, and on, and on, up to here";

function knowing(value: string): Redactor {
  const redactor = new Redactor();
  redactor.add(value);
  return redactor;
}

async function printed(script: string): Promise<string> {
  const { stdout } = await new Deno.Command("bash", { args: ["-c", script], env: { VALUE } }).output();
  return new TextDecoder().decode(stdout);
}

Deno.test("fault 26: base64 and hexadecimal are masked however they are broken into lines and groups", async () => {
  for (
    const script of [
      'printf %s "$VALUE" | base64',
      'printf "user:%s@host" "$VALUE" | base64',
      'printf "u:%s" "$VALUE" | base64 -w 8',
      'printf %s "$VALUE" | base64 -w 20 | sed "s/$/\\r/"',
      'printf %s "$VALUE" | od -An -v -tx1',
      'printf %s "$VALUE" | od -An -v -tx1 -w8 | tr a-f A-F',
    ]
  ) {
    const text = await printed(`echo before; ${script}; echo after`);
    const shown = knowing(VALUE).text(text);
    assert.match(shown, /^before\n[^]{0,8}\*\*\*[^]{0,12}\nafter\n$/, script);
  }
});

Deno.test("forms that are broken into lines are masked wherever the pieces of a stream are cut", async () => {
  const text = `some words, ${await printed('printf "u:%s" "$VALUE" | base64 -w 16')} more words`;
  const whole = new TextEncoder().encode(text);
  const form = knowing(VALUE).wrapped.find((one) => text.replace(/\s/g, "").includes(one)) ?? assert.fail();
  fc.assert(fc.property(fc.array(fc.nat(40)), (sizes) => {
    const stream = knowing(VALUE).stream();
    const decoder = new TextDecoder();
    let [at, shown] = [0, ""];
    for (const size of sizes) {
      shown += decoder.decode(stream.push(whole.subarray(at, at + size)), { stream: true });
      at = Math.min(whole.length, at + size);
    }
    shown += decoder.decode(stream.push(whole.subarray(at)), { stream: true });
    shown += decoder.decode(stream.flush());
    const dense = shown.replace(/\s/g, "");
    // A few characters may have gone out before anybody could know what they begin.
    for (let from = 0; from + 8 <= form.length; from += 4) {
      assert.ok(!dense.includes(form.slice(from, from + 8)), shown);
    }
    assert.match(shown, /^some words, .*\*\*\*[^]* more words$/);
  }));
});

Deno.test("lines that only look as if a form began are shown at once, but for a few", () => {
  const stream = knowing(VALUE).stream();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.equal(decode(stream.push(new TextEncoder().encode("it ends with Y\n"))), "it ends with Y\n");
});
