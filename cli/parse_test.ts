import assert from "node:assert/strict";
import fc from "fast-check";
import { PalletError } from "../engine/errors.ts";
import { type Options, parse } from "./parse.ts";

const options = {
  yes: { kind: "flag", short: "y", summary: "" },
  quiet: { kind: "flag", short: "q", summary: "" },
  infra: { kind: "text", value: "FILE", summary: "" },
  phase: { kind: "list", short: "p", value: "PHASE", summary: "" },
  reporter: { kind: "text", value: "NAME", choices: ["tty", "plain"], summary: "" },
} as const satisfies Options;

function refused(...argv: readonly string[]): string {
  try {
    parse(argv, options);
  } catch (error) {
    assert.ok(error instanceof PalletError);
    assert.equal(error.kind, "usage");
    return `${error.message} ${error.help ?? ""}`;
  }
  throw new assert.AssertionError({ message: `accepted ${argv.join(" ")}` });
}

Deno.test("parse() takes options anywhere, with = or as the next word, short or long", () => {
  const { values, positionals, rest } = parse(
    ["-y", "web=2", "--phase=a", "db", "-p", "b", "--infra", "x.ts", "--phase", "c,d"],
    options,
  );
  assert.deepEqual(values, {
    yes: true,
    quiet: false,
    infra: "x.ts",
    phase: ["a", "b", "c,d"],
    reporter: undefined,
  });
  assert.deepEqual(positionals, ["web=2", "db"]);
  assert.equal(rest, undefined);
});

Deno.test("parse() leaves alone what stands behind --", () => {
  const { values, positionals, rest } = parse(["web-1", "--", "ls", "-la", "--yes", "--"], options);
  assert.equal(values.yes, false);
  assert.deepEqual(positionals, ["web-1"]);
  assert.deepEqual(rest, ["ls", "-la", "--yes", "--"]);
});

Deno.test("parse() takes short flags in one word, a lone dash, an empty value and one with =", () => {
  const { values, positionals } = parse(["-qy", "-", "--infra=", "--phase=a=b"], options);
  assert.equal(values.quiet && values.yes, true);
  assert.deepEqual(positionals, ["-"]);
  assert.equal(values.infra, "");
  assert.deepEqual(values.phase, ["a=b"]);
});

Deno.test("parse() says what is wrong with an option, and the nearest one", () => {
  assert.match(refused("--phse", "x"), /Unknown option --phse\. Did you mean "--phase"\?/);
  assert.match(refused("-z"), /Unknown option -z\./);
  assert.match(refused("--yes=no"), /--yes takes no value, but "no"/);
  assert.match(refused("--infra"), /--infra needs a value: --infra FILE/);
  assert.match(refused("--infra", "--yes"), /--infra needs a value.*written --infra=--yes/);
  assert.match(refused("--reporter", "tyt"), /must be one of tty, plain, not "tyt"\. Did you mean "tty"\?/);
  assert.match(refused("--constructor"), /Unknown option --constructor/);
});

Deno.test("parse() either answers or refuses with a usage error, whatever it is given", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom("--", "-", "--yes", "--infra", "-p", "--phase=", "__proto__"),
  );
  fc.assert(fc.property(fc.array(word), (argv) => {
    try {
      const { positionals, rest = [] } = parse(argv, options);
      assert.ok(positionals.length + rest.length <= argv.length);
    } catch (error) {
      assert.ok(error instanceof PalletError && error.kind === "usage");
    }
  }));
});
