// What goes through the pipes between the engine and the child. One request is under way at a time.
import type { Json, JsonObject } from "../json.ts";
import type { ScriptOptions } from "../actions/definition.ts";
import type { Exported } from "../modules/crates/describe.ts";
import type { Parsed } from "../modules/parse.ts";
import type { ReadRequest } from "../modules/parser.ts";
import type { SyntaxProblem } from "../modules/strip.ts";
import type { ModuleMap } from "../modules/types.ts";
import type { Evaluating as EvaluatingPhase } from "../plan/host.ts";
import type { ConsoleMessage, PlanProblem, PlanRequest } from "../plan/types.ts";
import type { Facts } from "../spec/node.ts";
import type { Pipes } from "./pipes.ts";

/** What makes evaluation the same each time: milliseconds since the epoch, and what random numbers start from. */
export interface Fixed {
  readonly clock: number;
  readonly seed: number;
}

/** What the engine asks; the first request is `load`. */
export type Request =
  | { readonly type: "load"; readonly graph: ModuleMap; readonly fixed: Fixed }
  | { readonly type: "plan"; readonly request: PlanRequest }
  | { readonly type: "call"; readonly hook: string; readonly data: Json }
  | {
    readonly type: "script";
    readonly kind: string;
    readonly args: JsonObject;
    readonly facts: Facts;
    readonly options: ScriptOptions;
  };

/** The engine's answer to a `read`. */
export type FileAnswer =
  | { readonly type: "file"; readonly id: number; readonly text: string }
  | { readonly type: "file"; readonly id: number; readonly problem: PlanProblem };

/** What is being evaluated, announced before it begins: the last one is at fault when no answer comes. */
export type Evaluating = { readonly module: string } | EvaluatingPhase;

/** What the child says. `reply` and `problem` end a request. */
export type Message =
  | { readonly type: "evaluating"; readonly at: Evaluating }
  | { readonly type: "read"; readonly id: number; readonly path: string }
  | { readonly type: "reply"; readonly value: Json; readonly console: readonly ConsoleMessage[] }
  | {
    readonly type: "problem";
    readonly problem: PlanProblem;
    readonly console: readonly ConsoleMessage[];
  };

/** The child's pipes: one evaluates, or it reads modules. */
export type ChildPipes = Pipes<
  Request | FileAnswer | ReadRequest,
  Message | Parsed | SyntaxProblem | readonly Exported[]
>;
