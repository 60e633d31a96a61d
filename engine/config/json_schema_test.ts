import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { PalletError } from "../errors.ts";
import type { Json, JsonObject } from "../json.ts";
import { parseConfig } from "./file.ts";
import { jsonSchemaOf, type SchemaName, schemaNames } from "./json_schema.ts";
import { keyMeanings } from "./meanings.ts";

function isRegExp(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether an editor would take a document, by a validator that is not ours. */
function validator(name: SchemaName): (value: Json) => boolean {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true });
  ajv.addFormat("uri", (text: string) => URL.canParse(text));
  ajv.addFormat("regex", isRegExp);
  const validate = ajv.compile(jsonSchemaOf(name));
  return (value) => validate(value) === true;
}

/** Whether we take a document. */
async function accepts(name: SchemaName, value: Json): Promise<boolean> {
  const kind = name === "project" || name === "user" ? "configuration" : name;
  try {
    await parseConfig(JSON.stringify(value), "/p/it.yaml", name === "user" ? "user" : "project", kind);
    return true;
  } catch (error) {
    if (error instanceof PalletError) return false;
    throw error;
  }
}

const words = fc.constantFrom(
  "debian-12",
  "ops",
  "25%",
  "a b",
  "",
  "-x",
  "HOME",
  "http://x.example:3128",
  "api.example.com:443",
  "lab",
  "apt",
  "x,y",
  "(",
  "hostname",
  "../key",
);
const numbers = fc.constantFrom(-1, 0, 0.5, 1, 2, 1.5, 4, 70000);
const names = mostly(
  fc.constantFrom("a", "prod", "b.c-d", "bad name", "-x", "web"),
  (name) => /^\w/.test(name) && !name.includes(" "),
) as fc.Arbitrary<string>;
const junk: fc.Arbitrary<Json> = fc.oneof(
  words,
  numbers,
  fc.constantFrom<Json>(true, false, null, [], {}, [1], { a: 1 }),
) as fc.Arbitrary<Json>;

const whole = jsonSchemaOf("project");

/** Documents that nearly fit a schema. */
function near(schema: Json, depth = 0): fc.Arbitrary<Json> {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema) || depth > 8) return junk;
  const { type, $ref, anyOf, enum: choices, properties = {}, additionalProperties, items } =
    schema as JsonObject;
  if (typeof $ref === "string") {
    if ($ref.endsWith("/plain")) return junk;
    return near((whole.$defs as JsonObject)[$ref.replace(/.*\//, "")] ?? {}, depth + 1);
  }
  const of = schema as JsonObject;
  const fitting = (): fc.Arbitrary<Json> => {
    if (Array.isArray(anyOf)) return fc.oneof(...anyOf.map((option: Json) => near(option, depth + 1)));
    if (Array.isArray(choices)) return fc.constantFrom(...choices as Json[]);
    if (type === "string") {
      return mostly(words, (word) => typeof of.pattern !== "string" || new RegExp(of.pattern).test(word));
    }
    if (type === "number" || type === "integer") {
      return mostly(
        numbers,
        (one) => one >= Number(of.minimum ?? 0) && (type === "number" || Number.isInteger(one)),
      );
    }
    if (type === "boolean") return fc.boolean();
    if (type === "array") return fc.array(near(items ?? {}, depth + 1), { maxLength: 2 });
    if (type !== "object" && !Array.isArray(type)) return junk;
    const required = (of.required ?? []) as readonly string[];
    const all = properties as JsonObject;
    const known = fc.subarray(Object.keys(all), { maxLength: Math.min(3, Object.keys(all).length) }).chain((
      some,
    ) =>
      fc.record(
        Object.fromEntries(
          [...new Set([...required, ...some])].map((key) => [key, near(all[key] ?? {}, depth + 1)]),
        ),
      )
    );
    const free = additionalProperties === undefined || additionalProperties === false
      ? fc.dictionary(fc.constant("unknown"), junk, { maxKeys: 1 })
      : fc.dictionary(names, near(additionalProperties, depth + 1), { maxKeys: 2 });
    const none = { weight: additionalProperties ? 6 : 30, arbitrary: fc.constant({}) };
    return fc.tuple(known, fc.oneof(none, { weight: additionalProperties ? 20 : 1, arbitrary: free }))
      .map(([some, more]) => ({ ...more, ...some }) as Json);
  };
  return fc.oneof({ weight: 40, arbitrary: fitting() }, { weight: 1, arbitrary: junk });
}

/** Values of which nearly all are right. */
function mostly<T extends Json>(values: fc.Arbitrary<T>, right: (value: T) => boolean): fc.Arbitrary<Json> {
  return fc.oneof({ weight: 20, arbitrary: values.filter(right) }, { weight: 1, arbitrary: values });
}

for (const name of schemaNames) {
  Deno.test(`the JSON Schema of ${name} takes what we take, and refuses what we refuse`, async () => {
    const validate = validator(name);
    let taken = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(near(jsonSchemaOf(name)), async (value) => {
        const ours = await accepts(name, value);
        if (ours) taken++;
        else refused++;
        assert.equal(validate(value), ours, JSON.stringify(value));
      }),
      { numRuns: 400 },
    );
    assert.ok(taken > 10 && refused > 10, `${taken} taken, ${refused} refused: both are tried`);
  });
}

Deno.test("the JSON Schema refuses keys in an environment that JavaScript would take for its own", async () => {
  const value = JSON.parse('{"environment":{"a":{"constructor":1}}}');
  assert.equal(await accepts("project", value), false);
  assert.equal(validator("project")(value), false);
});

Deno.test("the JSON Schema says what keys mean, and knows the options of services by their provider", () => {
  const options = { tiny: { type: "strict_object", entries: { size: { kind: "schema", type: "number" } } } };
  const schema = jsonSchemaOf("project", options);
  const properties = schema.properties as JsonObject;
  assert.equal((properties["default-service"] as JsonObject).description, keyMeanings["default-service"]);
  const ajv = new Ajv2020({ strict: false, formats: { uri: true, regex: true } });
  const validate = ajv.compile(schema);
  assert.equal(validate({ services: { a: { provider: "tiny", size: 1 } } }), true);
  assert.equal(validate({ services: { a: { provider: "tiny", size: 1, siez: 1 } } }), false);
  assert.equal(validate({ services: { a: { provider: "tiny" } } }), false, "size is missing");
  assert.equal(validate({ services: { a: { provider: "other", anything: 1 } } }), true);
});
