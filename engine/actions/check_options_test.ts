import assert from "node:assert/strict";
import type { PalletError } from "../errors.ts";
import { captured } from "../plan/deferred.ts";
import { checkOptions, type OptionField } from "./check_options.ts";

interface Options {
  readonly name: string;
  readonly port?: number;
  readonly lines?: Readonly<Record<string, string>>;
  readonly peers?: readonly { readonly path: string; readonly modes?: readonly string[] }[];
  readonly limits?: { readonly size: number };
}

/** Plays a crate's function that takes whatever it is given. */
function crate(options: unknown): Options {
  return checkOptions(
    crate,
    options as Options,
    {
      name: "line",
      port: "port?",
      lines: "line{}?",
      peers: { each: { path: "path", modes: "mode[]?" }, optional: true },
      limits: { fields: { size: "number" }, optional: true },
    },
    ({ name }) => name === "taken" ? "name: is taken" : undefined,
  );
}

function refuses(options: unknown, message: RegExp): void {
  assert.throws(() => crate(options), (error: PalletError) => {
    assert.match(error.message, message);
    assert.equal(error.kind, "infra");
    assert.match(error.origin?.file ?? "", /check_options_test\.ts$/);
    return true;
  });
}

Deno.test("checkOptions() gives options that fit as they are, with paths in one spelling", () => {
  const options = { name: "a", port: 80, lines: { b: "c" }, peers: [{ path: "/a//b/", modes: ["0644"] }] };
  assert.deepEqual(crate(options), { ...options, peers: [{ path: "/a/b", modes: ["0644"] }] });
  assert.deepEqual(crate({ name: "a", port: undefined }), { name: "a", port: undefined });
  assert.deepEqual(crate({ name: "a", limits: { size: 1 } }), { name: "a", limits: { size: 1 } });
});

Deno.test("checkOptions() takes a value that is known only later where a text stands", () => {
  const { name } = crate({ name: captured("address") });
  assert.equal(name, captured("address").toString());
});

Deno.test("checkOptions() names each problem with its path, the crate's function and the caller's place", () => {
  refuses({}, /^Invalid options of crate: name: is missing$/);
  refuses(undefined, /^Invalid options of crate: is missing$/);
  refuses({ nam: "a" }, /nam: unknown key "nam"\. Did you mean "name"\?/);
  refuses({ name: "a\nb" }, /name: must be one line/);
  refuses({ name: "a", port: 0 }, /port: must be a port, 1 to 65535/);
  refuses({ name: "a", lines: { b: 1 } }, /lines\.b: must be a string, not 1/);
  refuses(
    { name: "a", peers: [{ path: "/a" }, { path: "b" }] },
    /peers\[1\]\.path: must be an absolute path/,
  );
  refuses({ name: "a", peers: [{ path: "/a", mode: "0644" }] }, /peers\[0\]\.mode: unknown key "mode"/);
  refuses({ name: "a", limits: {} }, /limits\.size: is missing/);
  refuses(JSON.parse('{ "name": "a", "__proto__": 1 }'), /unknown key "__proto__"/);
  refuses({ name: "taken" }, /^Invalid options of crate: name: is taken$/);
});

Deno.test("checkOptions() refuses a type of option that there is not", () => {
  const fields = { name: "texts" } as unknown as { readonly name: OptionField };
  assert.throws(
    () => checkOptions(crate, { name: "a" }, fields),
    /option "name" has the unknown type "texts"/,
  );
});
