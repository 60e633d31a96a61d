// Actions and what is wrong with them, for tests of plans.
import assert from "node:assert/strict";
import type { Action } from "../actions/action.ts";
import { makeAction } from "../actions/define.ts";
import type { ActionDefinition } from "../actions/definition.ts";
import { object, v } from "../schema.ts";
import { sh } from "../script/sh.ts";
import type { PlanFunction } from "../spec/types.ts";
import { problem, web } from "./testing.ts";

/** Arguments of {@linkcode bundle}. */
export type Names = { names: string[] };

/** A kind of a crate's own, whose neighbours join. */
export const bundle: ActionDefinition<Names> = {
  kind: "bundle",
  schema: object({ names: v.array(v.string()) }),
  subject: (args) => args.names.join(","),
  describe: (args) => args.names.join(", "),
  provides: (args) => args.names.map((name) => `package:${name}` as const),
  needs: () => [],
  script: (args) => sh`echo ${args.names}`,
  library: "bundle_library() { :; }",
  join: (first, second) => ({ names: [...first.names, ...second.names] }),
};
/** An action of that kind. */
export const bundleOf = (names: readonly string[], options: { id?: string } = {}): Action =>
  makeAction(bundle, { names, ...options });

/** What is wrong with a phase, in an action of this file. */
export async function refusal(configure: PlanFunction, file: string): Promise<string> {
  const found = await problem(web(configure));
  assert.equal(found.kind, "infra");
  assert.equal(found.origin?.file, file.slice(file.lastIndexOf("/") + 1));
  return found.message;
}
