import assert from "node:assert/strict";
import { PalletError } from "../errors.ts";
import { parseOs } from "../os/mod.ts";
import { rawScript, sh } from "../script/sh.ts";
import { noRoots, runAction, twice } from "../../tests/support/actions.ts";
import { withThrowawayRoot } from "../../tests/support/throwaway.ts";
import { definitionOf } from "./define.ts";
import { defineAction } from "./list.ts";

const note = defineAction({
  kind: "notes/note",
  fields: { path: "path", words: "text[]", mode: "mode?", copies: "number?" },
  check: ({ words }) => words.length === 0 ? "words must not be empty" : undefined,
  script: ({ path, words, mode }) => sh`notes_note ${path} ${mode ?? ""} ${words}`,
  library: rawScript(`notes_note() { # PATH MODE WORD...
  local path=$1 mode=$2
  shift 2
  if [[ ! -e $path ]] && pallet_change "write $path"; then
    printf '%s\\n' "$@" >"$path"
  fi
  pallet_attributes "$path" "" "" "$mode"
}`),
  provides: ({ path }) => [`path:${path}`],
});

Deno.test("defineAction() makes actions with validated arguments, an id and an origin", () => {
  const action = note({ path: "/srv//x/", words: ["a"] }, { id: "mine" });
  assert.equal(action.kind, "notes/note");
  assert.equal(action.id, "mine");
  assert.deepEqual(action.args, { path: "/srv/x", words: ["a"] });
  assert.match(action.origin.file, /define_action_test\.ts$/);
  const definition = definitionOf(action);
  assert.equal(definition?.subject(action.args), "/srv/x");
  assert.deepEqual(definition?.provides(action.args), ["path:/srv/x"]);
});

Deno.test("an action of defineAction() refuses wrong arguments with path and value", () => {
  const wrong = (args: unknown) => () => note(args as { path: string; words: string[] });
  assert.throws(
    wrong({ path: "x", words: ["a"] }),
    /Invalid notes\/note action: path: must be an absolute path, not "x"/,
  );
  assert.throws(wrong({ path: "/x", words: "a" }), /words: must be a list/);
  assert.throws(wrong({ path: "/x", words: [1] }), /words\[0\]: must be a string/);
  assert.throws(wrong({ words: ["a"] }), /path: is missing/);
  assert.throws(wrong({ path: "/x", words: ["a"], wrods: 1 }), /unknown key "wrods".*Did you mean "words"/);
  assert.throws(wrong({ path: "/x", words: [] }), /words must not be empty/);
  assert.throws(wrong({ path: "/x", words: ["a"], copies: Infinity }), /copies: must be a finite number/);
});

Deno.test("defineAction() refuses kinds and fields that it cannot use", () => {
  const script = () => sh`true`;
  for (const kind of ["", "note", "/x", "a/b/c", "a b/c"]) {
    assert.throws(
      () => defineAction({ kind, fields: {}, script }),
      /its kind must be a crate's name and its own/,
      kind,
    );
  }
  assert.throws(
    () => defineAction({ kind: "a/b", fields: { x: "string" as "text" }, script }),
    /field "x" has the unknown type "string"/,
  );
  assert.throws(
    () => defineAction({ kind: "a/b", fields: { id: "text" }, script }),
    /must not be called "id"/,
  );
});

Deno.test("a script function that returns no script is an error that names the kind", () => {
  const broken = defineAction({
    kind: "a/b",
    fields: {},
    script: () => "rm" as unknown as ReturnType<typeof sh>,
  });
  const action = broken({});
  assert.throws(
    () => definitionOf(action)?.script(action.args, parseOs("debian-12"), { environment: {} }),
    (error) =>
      error instanceof PalletError &&
      /action a\/b: its script function returned no script/.test(error.message),
  );
});

Deno.test(
  "an action of defineAction() runs like one of the engine's own",
  { ignore: await noRoots() },
  async () => {
    await withThrowawayRoot(async (root) => {
      const action = note({ path: "/srv/it's", words: ["$(id)", "b"], mode: "0600" });
      assert.equal((await runAction(root, action, { check: true })).result, "would-change");
      assert.deepEqual(await twice(root, action), ["changed", "ok"]);
      assert.equal(await Deno.readTextFile(`${root.path}/srv/it's`), "$(id)\nb\n");
    });
  },
);
