import type { Json, JsonObject } from "../json.ts";
import type { ScriptOptions } from "../actions/definition.ts";
import type { Infrastructure, PlanReply, PlanRequest } from "../plan/types.ts";
import type { Facts } from "../spec/node.ts";
import type { Evaluating } from "./protocol.ts";

/** What an evaluator is given by where it runs. */
export interface EvaluatorHost {
  readProjectFile(path: string): Promise<string>;
  /** URL of the project folder; origins are told relative to it. */
  readonly baseUrl: string;
  /** Called before each part of a phase runs. */
  evaluating?(at: Exclude<Evaluating, { readonly module: string }>): void;
}

/** Makes data of an infra file's exports: groups, plans, answers of hooks, scripts of a crate's own actions. */
export interface Evaluator {
  infrastructure(): Infrastructure;
  plan(request: PlanRequest): Promise<PlanReply>;
  call(hook: string, data: Json): Promise<Json>;
  script(
    kind: string,
    args: JsonObject,
    facts: Facts,
    options: ScriptOptions,
  ): Promise<{ readonly text: string; readonly library: string }>;
}

/** The evaluator of the "plan" part. */
export type MakeEvaluator = (exports: Readonly<Record<string, unknown>>, host: EvaluatorHost) => Evaluator;
