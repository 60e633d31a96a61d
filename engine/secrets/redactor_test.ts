import assert from "node:assert/strict";
import fc from "fast-check";
import { encodingsOf } from "./encodings.ts";
import { collapse, Redactor } from "./redactor.ts";

function knowing(...values: readonly string[]): Redactor {
  const redactor = new Redactor();
  for (const value of values) redactor.add(value);
  return redactor;
}

async function bash(script: string, value: string): Promise<string> {
  const { stdout } = await new Deno.Command("bash", { args: ["-c", script], env: { VALUE: value } }).output();
  return new TextDecoder().decode(stdout);
}

const VALUE = `hun'ter "2" $HOME \\ ü!%&<b>#7~x,y`;

Deno.test("fault 26: a value is masked as it is, in base64, and as shells, URLs, JSON and XML write it", async () => {
  const redactor = knowing(VALUE);
  const base64 = (text: string) => new TextEncoder().encode(text).toBase64();
  const forms = [
    `[${VALUE}]`,
    JSON.stringify({ VALUE }),
    base64(VALUE),
    base64(`me:${VALUE}`),
    base64(`u:${VALUE}@host`),
    base64(`${VALUE}\n`),
    base64(`x${VALUE}`).replaceAll("+", "-").replaceAll("/", "_"),
    encodeURIComponent(VALUE),
    new URLSearchParams({ q: VALUE }).toString(),
    await bash(`printf '%q' "$VALUE"`, VALUE),
    await bash(`export LC_ALL=C; printf '%q' "$VALUE"`, VALUE),
    await bash(`export LC_ALL=C; declare -p VALUE`, VALUE),
    await bash(`set -x; exec 2>&1; : "$VALUE"`, VALUE),
    await bash(`declare -p VALUE`, VALUE),
    await bash(`printf '%s' "$VALUE" | od -An -tx1 | tr -d ' \\n'`, VALUE),
    await bash(`x=$VALUE; printf '%s\\n' "\${x@Q}"`, VALUE),
  ];
  for (const form of forms) {
    const shown = redactor.text(form);
    assert.match(shown, /\*\*\*/, form);
    for (const part of ["hun", "ter", "HOME", "aHVu", "68756e"]) {
      assert.ok(!shown.includes(part), `${form}: ${shown}`);
    }
  }
});

Deno.test("fault 26: a value is masked wherever the pieces of a stream are cut", () => {
  const text = fc.stringMatching(/^[ab"' é€]{0,40}$/);
  fc.assert(
    fc.property(
      fc.stringMatching(/^[ab"' é€]{4,9}$/),
      text,
      text,
      fc.array(fc.nat(20)),
      (value, one, two, cuts) => {
        const redactor = knowing(value);
        const whole = `${one}${value}${two}`;
        const bytes = new TextEncoder().encode(whole);
        const stream = redactor.stream();
        let shown = "";
        const decoder = new TextDecoder();
        let at = 0;
        for (const size of cuts) {
          shown += decoder.decode(stream.push(bytes.subarray(at, at + size)), { stream: true });
          at = Math.min(bytes.length, at + size);
        }
        shown += decoder.decode(stream.push(bytes.subarray(at)), { stream: true });
        shown += decoder.decode(stream.flush());
        assert.ok(!shown.includes(value), JSON.stringify({ whole, value, shown }));
        assert.equal(shown, redactor.text(whole));
      },
    ),
  );
});

Deno.test("values hidden in place leave every other byte where it was", () => {
  const stream = knowing("hunter22").stream(true);
  const [one, two] = ["é: hunt", "er22, ü"].map((text) => new TextEncoder().encode(text));
  assert.ok(one !== undefined && two !== undefined);
  const first = stream.push(one);
  assert.equal(first.length + stream.held, one.length);
  const bytes = new Uint8Array([...first, ...stream.push(two), ...stream.flush()]);
  assert.equal(bytes.length, one.length + two.length);
  assert.equal(new TextDecoder().decode(collapse(bytes)), "é: ***, ü");
  const odd = knowing("hunter22").stream(true).push(new Uint8Array([0x61, 0xff, 0x62]));
  assert.equal(new TextDecoder().decode(collapse(odd)), "a\ufffdb", "a byte that is no text hides nothing");
});

Deno.test("what holds no value passes as it is, and at once unless it may be the beginning of one", () => {
  const stream = knowing("secret value").stream();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const push = (text: string) => decode(stream.push(new TextEncoder().encode(text)));
  assert.equal(push("hello\n"), "hello\n");
  assert.equal(push("a sec"), "a ");
  assert.equal(push("ond"), "second");
  assert.equal(push("secret va"), "");
  assert.equal(push("lue."), "***.");
  assert.equal(push("secret"), "");
  assert.equal(decode(stream.flush()), "secret");
  const other = fc.stringMatching(/^[x-z€ \n]{0,60}$/);
  fc.assert(fc.property(other, (text) => knowing("secret value").text(text) === text));
});

Deno.test("values that overlap, repeat, or hold each other leave nothing behind", () => {
  assert.equal(knowing("abcab").text("-abcabcab-"), "-***-");
  assert.equal(knowing("aaaa").text("baaaaaaaaab"), "b***b");
  assert.equal(knowing("secret", "secretive").text("secretive secrets"), "*** ***s");
});

Deno.test("lines of a long value are masked by themselves, short values are not looked for", () => {
  const key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqh\nkiG9w0B\n-----END KEY-----\n";
  const shown = knowing(key).text("> MIIEvQIBADANBgkqh\n> kiG9w0B\n");
  assert.equal(shown, "> ***\n> kiG9w0B\n");
  assert.deepEqual(encodingsOf("no"), []);
  assert.equal(knowing("no").empty, true);
});

Deno.test("data is masked in all its texts", () => {
  const redactor = knowing("hunter22");
  const data = { a: ["x hunter22", 1, null], "hunter22": { b: true } };
  assert.deepEqual(redactor.data(data), { a: ["x ***", 1, null], "***": { b: true } });
  assert.equal(new Redactor().data(data), data);
});

Deno.test("a text is masked however long it is", () => {
  const long = "0123456789".repeat(100_000);
  assert.equal(knowing("hunter22").text(`${long}hunter22`), `${long}***`);
});

Deno.test("much output with many values is masked quickly", () => {
  const redactor = knowing(...Array.from({ length: 20 }, (_, at) => `value number ${at} of many`));
  const chunk = new TextEncoder().encode("value of a line that is nothing special\n".repeat(200));
  const stream = redactor.stream();
  const begun = performance.now();
  for (let at = 0; at < 100; at++) stream.push(chunk);
  assert.ok(performance.now() - begun < 5000, `${performance.now() - begun}`);
});
