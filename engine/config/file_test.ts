import assert from "node:assert/strict";
import { PalletError } from "../errors.ts";
import { parseConfig } from "./file.ts";

async function problem(text: string): Promise<PalletError> {
  try {
    await parseConfig(text, "/p/pallet.yaml", "project");
  } catch (error) {
    if (error instanceof PalletError) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: "the configuration was accepted" });
}

const at = (error: PalletError) => `${error.origin?.line}:${error.origin?.column}`;

Deno.test("parseConfig() names the place of an unknown key and the nearest known one", async () => {
  const error = await problem("services:\n  mine: { provider: lab }\nenviroment:\n  proxy: x\n");
  assert.match(error.message, /unknown key "enviroment"\. Did you mean "environment"\?/);
  assert.equal(at(error), "3:1");
  assert.equal(error.origin?.file, "/p/pallet.yaml");
});

Deno.test("parseConfig() names the place of a value of the wrong type", async () => {
  const error = await problem("defaults:\n  parallel: many\n");
  assert.match(error.message, /defaults\.parallel: must be a number, not "many"/);
  assert.equal(at(error), "2:13");
  assert.equal(error.excerpt, "2 |   parallel: many\n  |             ^^^^");
});

Deno.test("parseConfig() names the place of what is missing", async () => {
  const error = await problem("services:\n  mine: { region: x }\n");
  assert.match(error.message, /services\.mine\.provider: is missing/);
  assert.equal(at(error), "2:3");
});

Deno.test("parseConfig() names the place of broken YAML and of a key said twice", async () => {
  assert.equal(at(await problem("services: [\n")), "2:1");
  const twice = await problem("infra: a.ts\ninfra: b.ts\n");
  assert.match(twice.message, /unique/);
  assert.equal(at(twice), "2:1");
});

Deno.test("parseConfig() lists all problems", async () => {
  const error = await problem("infra: 3\ndefaults: { batch: lots }\n");
  assert.match(
    error.message,
    /2 problems:\n {2}line 1, column 8: infra: .*\n {4}1 \| infra: 3\n {6}\| {8}\^\n {2}line 2, column 20: defaults\.batch/,
  );
});

Deno.test("parseConfig() refuses what is no plain data, an alias bomb, and a document that is no map", async () => {
  assert.match((await problem("environment: { a: .nan }\n")).message, /environment/);
  const bomb = [
    "a: &a [x,x,x,x,x,x,x,x,x,x]",
    ..."bcdefgh".split("").map((name, index) => {
      const before = String.fromCharCode("a".charCodeAt(0) + index);
      return `${name}: &${name} [${Array(10).fill(`*${before}`).join(",")}]`;
    }),
  ].map((line) => `  ${line}`).join("\n");
  assert.match((await problem(`environment:\n${bomb}\n`)).message, /alias/i);
  assert.match((await problem("- a\n")).message, /it must be a map of keys and values/);
});

Deno.test("parseConfig() takes an empty file", async () => {
  assert.deepEqual((await parseConfig("", "/p/pallet.yaml", "project")).values, {});
});

Deno.test("parseConfig() refuses the project's keys in the user's file", async () => {
  await assert.rejects(parseConfig("infra: a.ts\n", "/u/config.yaml", "user"), /unknown key "infra"/);
});

Deno.test("parseConfig() names the place of what is wrong in an environment", async () => {
  const yaml = [
    "environment:",
    "  stage: { any: [thing] }",
    "  proxy: http://x y",
    "  groups: { web: { count: -1 } }",
    "services:",
    "  prod: { provider: lab, environment: { packager: yum } }",
  ];
  await assert.rejects(parseConfig(yaml.join("\n"), "/srv/pallet.yaml", "project"), (error: PalletError) => {
    assert.equal(error.kind, "config");
    assert.match(error.message, /line 3, column 10: environment\.proxy: must be a URL, not "http:\/\/x y"\n/);
    assert.match(
      error.message,
      /line 4, column 27: environment\.groups\.web\.count: must be 0 or more, not -1\n/,
    );
    assert.match(
      error.message,
      /line 6, column 51: services\.prod\.environment\.packager: must be "apt" \| "dnf"/,
    );
    assert.deepEqual(error.origin, { file: "/srv/pallet.yaml", line: 3, column: 10 });
    return true;
  });
});

Deno.test("parseConfig() names an alias without its anchor, a second document, and places behind a byte order mark", async () => {
  const alias = await problem("environment: { a: *gone }\n");
  assert.match(alias.message, /there is no anchor &gone before this/);
  assert.equal(at(alias), "1:19");
  const second = await problem("defaults: {}\n---\ndefaults: {}\n");
  assert.match(second.message, /it holds more than one document/);
  assert.equal(at(second), "2:1");
  const marked = await problem("\uFEFFdefaults: { parallel: 0 }\r\n");
  assert.equal(at(marked), "1:23");
  assert.equal(marked.excerpt?.split("\n")[0], "1 | defaults: { parallel: 0 }");
});

Deno.test("parseConfig() shows no password that was typed where its place is meant, nor one beside what is wrong", async () => {
  for (
    const text of [
      "admin-user: { username: ops, become-password: hunter22 }",
      'admin-user: { become-password: "hunter22 or more", usernam: ops }',
      "plugins: { x: { from: a, kind: notifer, options: { api-token: hunter22 } } }",
      "images: { a: { os: debian-12, password: hunter22 } }",
    ]
  ) {
    const error = await problem(`${text}\n`);
    assert.ok(!`${error.message}${error.excerpt}`.includes("hunter"), error.message);
    assert.match(`${error.message}${error.excerpt}`, /\*{8}/);
  }
});
