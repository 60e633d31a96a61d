import assert from "node:assert/strict";
import { directory } from "../actions/directory.ts";
import { groupSpec, serverSpec } from "../spec/specs.ts";
import type { PlanFunction } from "../spec/types.ts";
import { makeEvaluator } from "./evaluate.ts";

function warningsOf(phases: Readonly<Record<string, PlanFunction>>): readonly string[] {
  const base = serverSpec({ phases });
  const exports = { web: groupSpec("web", { extends: base }), db: groupSpec("db", { extends: base }) };
  const baseUrl = new URL("./", import.meta.url).href;
  const evaluator = makeEvaluator(exports, { baseUrl, readProjectFile: () => Promise.resolve("") });
  return evaluator.infrastructure().console.map(({ level, text }) => `${level}: ${text}`);
}

Deno.test("infrastructure() warns once of a phase that forgets to return its actions", () => {
  const [warning = "", ...more] = warningsOf({
    configure: ({ target }) => {
      directory(`/srv/${target.name}`);
    },
  });
  assert.match(
    warning,
    /^warn: Phase "configure" \(infrastructure_test\.ts:\d+:\d+\) returns no actions: its function has no "return"$/,
  );
  assert.deepEqual(more, []);
});

Deno.test("infrastructure() has nothing to say of phases that return, throw, or do nothing", () => {
  const bound = ((path: string) => directory(path)).bind(undefined, "/srv");
  assert.deepEqual(
    warningsOf({
      a: () => directory("/a"),
      b: ({ target }) => [directory(`/b/${target.name}`)],
      c() {
        return directory("/c");
      },
      d: () => {},
      e: () => {
        throw new Error("not yet");
      },
      f: async function () {
        return await Promise.resolve(directory("/f"));
      },
      g: bound,
      h: ({ args }) => args.a === true ? directory("/h") : null,
    }),
    [],
  );
});

Deno.test("infrastructure() warns of a phase whose name is a slip away from one that runs by itself", () => {
  const phase: PlanFunction = () => directory("/a");
  assert.deepEqual(warningsOf({ confgure: phase, setings: phase, deploy: phase }), [
    ...["web", "db"].flatMap((group) => [
      `warn: Phase "confgure" of group "${group}" runs only when it is asked for. Did you mean "configure"?`,
      `warn: Phase "setings" of group "${group}" runs only when it is asked for. Did you mean "settings"?`,
    ]),
  ]);
  assert.deepEqual(warningsOf({ configure: phase, configured: phase, "configure-app": phase }), []);
  assert.deepEqual(warningsOf({ "configure-app": phase, boot: phase, reconfigure: phase }), []);
});
