import assert from "node:assert/strict";
import { PalletError } from "../engine/errors.ts";
import { exitCodeOf } from "../engine/failure.ts";
import { causes, excerptFrom, placeFrom, renderError, withWholeOrigin } from "./errors.ts";
import { paintFor } from "./terminal.ts";

const view = { paint: paintFor(false), place: placeFrom("/project"), verbose: false };

Deno.test("renderError() says message, place, causes and help, and no stack", () => {
  const error = new PalletError("Cannot read the key", {
    kind: "config",
    help: "Check the path.",
    origin: { file: "file:///project/my%20infra.ts", line: 12, column: 3 },
    cause: new Error("no such file", { cause: new Error("disk gone") }),
  });
  assert.equal(
    renderError(error, view),
    `error: Cannot read the key
  at my infra.ts:12:3
  because: no such file
  because: disk gone
help: Check the path.
`,
  );
  assert.match(renderError(error, { ...view, verbose: true }), /errors_test\.ts:\d+/);
});

Deno.test("renderError() calls what is no error for the user a defect", () => {
  assert.match(renderError(new TypeError("x is undefined"), view), /Pallet itself failed: x is undefined/);
  assert.match(renderError("text", view), /Pallet itself failed: text/);
  assert.equal(exitCodeOf(new TypeError("x")), 1);
});

Deno.test("renderError() makes foreign text safe for the terminal", () => {
  const error = new PalletError("Cannot run \x1b[2Jthis", { kind: "action" });
  assert.equal(renderError(error, view), "error: Cannot run \\x1b[2Jthis\n");
});

Deno.test("causes() says each once, follows several, and survives a circle", () => {
  const inner = new Error("refused");
  const circle = new Error("outer refused");
  circle.cause = inner;
  inner.cause = circle;
  assert.deepEqual(causes(circle), []);
  const many = new AggregateError([new Error("first"), new Error("second")], "all failed");
  assert.deepEqual(causes(many), ["first", "second"]);
  assert.deepEqual(causes(new Error("x", { cause: many })), ["all failed", "first", "second"]);
});

Deno.test("placeFrom() is relative to the current folder where that is shorter", () => {
  const place = placeFrom("/home/ann/shop", "/home/ann/shop/ops");
  const at = (file: string) => place({ file, line: 1, column: 2 });
  assert.equal(at("/home/ann/shop/infra.ts"), "infra.ts:1:2");
  assert.equal(at("file:///home/ann/lib/a.ts"), "../lib/a.ts:1:2");
  assert.equal(at("/etc/x.yaml"), "/etc/x.yaml:1:2");
  assert.equal(at("https://crates.example/a.ts"), "https://crates.example/a.ts:1:2");
  assert.equal(at("infra.ts"), "ops/infra.ts:1:2");
});

Deno.test("withWholeOrigin() completes a relative origin and keeps all else", () => {
  const error = new PalletError("x", {
    kind: "infra",
    help: "h",
    origin: { file: "a.ts", line: 1, column: 2 },
  });
  const whole = withWholeOrigin(error, "/srv");
  assert.ok(whole instanceof PalletError);
  assert.deepEqual([whole.origin?.file, whole.help, whole.kind, whole.stack], [
    "/srv/a.ts",
    "h",
    "infra",
    error.stack,
  ]);
  const other = new Error("y");
  assert.equal(withWholeOrigin(other, "/srv"), other);
});

Deno.test("exitCodeOf() follows the kind of the error", () => {
  const status = (kind: PalletError["kind"]) => exitCodeOf(new PalletError("x", { kind }));
  assert.deepEqual(
    [status("usage"), status("config"), status("infra"), status("provider"), status("unreachable")],
    [2, 2, 2, 1, 4],
  );
});

Deno.test("renderError() shows the line of a configuration file, also where an error was found after it was read", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/pallet.yaml`, "a: 1\ndefault-service: mien\n");
    const shown = { ...view, place: placeFrom(folder), excerpt: excerptFrom(folder) };
    const error = (file: string) =>
      new PalletError("There is none", { kind: "config", origin: { file, line: 2, column: 1 } });
    const expected = [
      "error: There is none",
      "  at pallet.yaml:2:1",
      "    2 | default-service: mien",
      "      | ^^^^^^^^^^^^^^^",
      "",
    ].join("\n");
    assert.equal(renderError(error("pallet.yaml"), shown), expected);
    assert.equal(renderError(error(`${folder}/pallet.yaml`), shown), expected);
    assert.equal(renderError(error("gone.yaml"), shown), "error: There is none\n  at gone.yaml:2:1\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
