import type { Json, JsonObject } from "../json.ts";
import type { ScriptOptions } from "../actions/definition.ts";
import { toFileUrl } from "../modules/paths.ts";
import { type Evaluator, makeEvaluator } from "../plan/evaluate.ts";
import type { Infrastructure, PlanReply, PlanRequest } from "../plan/types.ts";
import type { Facts } from "../spec/node.ts";
import { readProjectFile } from "./files.ts";
import { checkInfrastructure, checkJson, checkPlanReply, checkScript, parsePlain } from "./reply.ts";
import type { Sandbox } from "./sandbox.ts";

/** A value as it would come out of another process. */
function plain(value: unknown): unknown {
  return parsePlain(JSON.stringify(value ?? null));
}

class InProcessSandbox implements Sandbox {
  readonly #evaluator: Evaluator;

  constructor(exports: Readonly<Record<string, unknown>>, baseDir: string) {
    this.#evaluator = makeEvaluator(exports, {
      baseUrl: toFileUrl(baseDir).replace(/\/?$/, "/"),
      readProjectFile: (path) => readProjectFile(baseDir, path),
    });
  }

  async load(signal?: AbortSignal): Promise<Infrastructure> {
    signal?.throwIfAborted();
    return checkInfrastructure(plain(await Promise.try(() => this.#evaluator.infrastructure())));
  }

  async plan(request: PlanRequest, signal?: AbortSignal): Promise<PlanReply> {
    signal?.throwIfAborted();
    const reply = await this.#evaluator.plan(request);
    signal?.throwIfAborted();
    return checkPlanReply(plain(reply), request);
  }

  async call(hook: string, data: Json, signal?: AbortSignal): Promise<Json> {
    signal?.throwIfAborted();
    return checkJson(plain(await this.#evaluator.call(hook, data)));
  }

  async script(
    kind: string,
    args: JsonObject,
    facts: Facts,
    options: ScriptOptions,
  ): Promise<{ text: string; library: string }> {
    return checkScript(plain(await this.#evaluator.script(kind, args, facts, options)));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * The seam of the sandbox for a program that hands over its own specs: they run in its process, with its clock, as
 * trusted as the program itself. Answers are plain, checked data all the same.
 *
 * @example
 * ```ts
 * import { groupSpec } from "pallet";
 * import { inProcessSandbox } from "./in_process.ts";
 *
 * const sandbox = inProcessSandbox({ web: groupSpec("web", { count: 2 }) }, Deno.cwd());
 * const { groups } = await sandbox.load();
 * console.assert(groups[0]?.name === "web");
 * ```
 */
export function inProcessSandbox(exports: Readonly<Record<string, unknown>>, baseDir: string): Sandbox {
  return new InProcessSandbox(exports, baseDir);
}
