import type { Json, JsonObject } from "../json.ts";
import type { Infrastructure, PlanReply, PlanRequest } from "../plan/types.ts";
import type { Facts } from "../spec/node.ts";
import type { ScriptOptions } from "../actions/definition.ts";

/**
 * Where infra files and crates are evaluated: a child process for what is loaded from files and URLs, the same
 * process for a program that hands over its own values. Functions stay inside and are named by id; every reply is
 * plain, size-limited, validated JSON. One contract test holds both to this.
 */
export interface Sandbox {
  /** Evaluates the infra file and answers with its groups. */
  load(signal?: AbortSignal): Promise<Infrastructure>;
  /** Makes plans; a plan's failure is a problem in its place, not an exception. */
  plan(request: PlanRequest, signal?: AbortSignal): Promise<PlanReply>;
  /** Calls a hook (partition, post-phase, node filter) that `load` named. */
  call(hook: string, data: Json, signal?: AbortSignal): Promise<Json>;
  /** Bash of an action whose definition came from a crate: text and library. */
  script(
    kind: string,
    args: JsonObject,
    facts: Facts,
    options: ScriptOptions,
  ): Promise<{ text: string; library: string }>;
  /** Ends it; a second call does nothing. */
  close(): Promise<void>;
}
