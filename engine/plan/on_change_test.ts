import assert from "node:assert/strict";
import type { Action } from "../actions/action.ts";
import { directory } from "../actions/directory.ts";
import { PalletError } from "../errors.ts";
import type { PlanFunction } from "../spec/types.ts";
import { onChange } from "./on_change.ts";
import { actions, web } from "./testing.ts";

import { bundleOf, refusal } from "./actions_testing.ts";

const message = (configure: PlanFunction): Promise<string> => refusal(configure, import.meta.url);

Deno.test("reactions name their triggers, also one that was joined with its neighbour", async () => {
  const found = await actions(web(() => {
    const [a, b, conf] = [bundleOf(["a"]), bundleOf(["b"]), directory("/conf")];
    return [a, b, conf, onChange([b, conf], directory("/reaction")), onChange(a, [directory("/r2")])];
  }));
  assert.deepEqual(found.map(({ id, triggers }) => [id, triggers]), [
    ["bundle:a,b", undefined],
    ["directory:/conf", undefined],
    ["directory:/reaction", ["bundle:a,b", "directory:/conf"]],
    ["directory:/r2", ["bundle:a,b"]],
  ]);
});

Deno.test("a reaction may be a trigger, and react to several", async () => {
  const found = await actions(web(() => {
    const [a, b] = [directory("/a"), directory("/b")];
    const first = onChange(a, directory("/first"));
    return [a, b, first, onChange(b, onChange(first, directory("/second")))];
  }));
  assert.deepEqual(found[3]?.triggers, ["directory:/first", "directory:/b"]);
});

Deno.test("a trigger that is not in the plan is an error", async () => {
  const found = await message(() => onChange(directory("/a"), directory("/b")));
  assert.equal(
    found,
    "The action directory:/b reacts to a directory action that is not in the plan",
  );
});

Deno.test("a reaction before its trigger is an error that names both", async () => {
  const found = await message(() => {
    const trigger = directory("/a");
    return [onChange(trigger, directory("/b")), trigger];
  });
  assert.equal(found, 'The reaction "directory:/b" stands before its trigger "directory:/a"');
});

for (const wrong of [undefined, 1, "x", {}, [], [1], { type: "action", kind: "directory", args: {} }]) {
  Deno.test(`onChange() refuses ${JSON.stringify(wrong)}`, () => {
    for (
      const make of [
        () => onChange(wrong as Action, directory("/a")),
        () => onChange(directory("/a"), wrong as Action),
      ]
    ) {
      assert.throws(make, (thrown: unknown) => {
        assert.ok(thrown instanceof PalletError);
        assert.match(
          thrown.message,
          /^Cannot make a reaction: its (trigger|reaction) must be an action or a list/,
        );
        assert.equal(thrown.origin?.file, import.meta.url);
        return true;
      });
    }
  });
}
