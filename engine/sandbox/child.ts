// The process in which infra files and crates are evaluated. It has no permissions, no environment and no platform;
// all it can do is answer the engine.
import { PalletError } from "../errors.ts";
import * as pallet from "../mod.ts";
import { displayUrl } from "../modules/text.ts";
import type { ModuleMap } from "../modules/types.ts";
import { type Evaluator, makeEvaluator } from "../plan/evaluate.ts";
import type { PlanProblem } from "../plan/types.ts";
import { withHelp } from "./absent.ts";
import { installLoader } from "./loader.ts";
import { revokePermissions } from "./permissions.ts";
import { openPipes } from "./pipes.ts";
import { type Platform, removePlatform } from "./prelude.ts";
import { problemFrom, relativeTo } from "./problem.ts";
import type { ChildPipes, Evaluating, FileAnswer, Fixed, Request } from "./protocol.ts";
import { NeverSettles, openSettler, type Settler } from "./settle.ts";

/** Files that evaluated code asked for and the engine has not answered yet. */
class Files {
  readonly #pending = new Map<number, { resolve(text: string): void; reject(error: unknown): void }>();
  #count = 0;

  constructor(readonly pipes: ChildPipes) {}

  get waiting(): boolean {
    return this.#pending.size > 0;
  }

  read(path: string): Promise<string> {
    const id = this.#count++;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#pending.set(id, { resolve, reject });
    this.pipes.send({ type: "read", id, path: String(path) });
    return promise;
  }

  answer(answer: FileAnswer): void {
    const asked = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if ("text" in answer) asked?.resolve(answer.text);
    else asked?.reject(new PalletError(answer.problem.message, answer.problem));
  }
}

/** One infra file, evaluated and answering. */
class Session {
  readonly #files: Files;
  #evaluator: Evaluator | undefined;
  #fixed: Fixed;
  #at: Evaluating | undefined;
  /** Whether evaluating has come to something else since it was last asked. */
  #moved = false;

  constructor(
    readonly graph: ModuleMap,
    fixed: Fixed,
    readonly pipes: ChildPipes,
    readonly settler: Settler,
    readonly platform: Platform,
  ) {
    this.#fixed = fixed;
    this.#files = new Files(pipes);
  }

  answerFile(answer: FileAnswer): void {
    this.#files.answer(answer);
  }

  async handle(request: Request): Promise<void> {
    this.#at = undefined;
    if (request.type === "plan") this.#fixed = request.request.world;
    this.#start("");
    const console = this.platform.recorder;
    try {
      const value = await this.settler.settle(() => this.#evaluate(request), () => this.#goesOn());
      this.pipes.send({ type: "reply", value, console: console.take() });
    } catch (thrown) {
      this.pipes.send({ type: "problem", problem: this.#problem(thrown, request), console: console.take() });
    }
  }

  /** Fixes clock and randomness for what comes next. */
  #start(scope: string): void {
    this.platform.fixed.setClock(this.#fixed.clock);
    this.platform.fixed.seed(this.#fixed.seed, scope);
  }

  #goesOn(): boolean {
    const moved = this.#moved;
    this.#moved = false;
    return moved || this.#files.waiting;
  }

  #announce(at: Evaluating): void {
    this.#at = at;
    this.#moved = true;
    this.pipes.send({ type: "evaluating", at });
    this.#start(Object.values(at).filter((part) => typeof part === "string").join("\0"));
  }

  // deno-lint-ignore no-explicit-any -- replies are whatever the evaluator made; the engine validates them
  async #evaluate(request: Request): Promise<any> {
    if (request.type === "load") return await this.#load();
    const evaluator = this.#evaluator;
    if (evaluator === undefined) throw new PalletError("Nothing was loaded", { kind: "internal" });
    switch (request.type) {
      case "plan": {
        const reply = await evaluator.plan(request.request);
        return { ...reply, plans: reply.plans.map(withHelp) };
      }
      case "call":
        return await evaluator.call(request.hook, request.data) ?? null;
      case "script":
        return await evaluator.script(request.kind, request.args, request.facts, request.options);
    }
  }

  async #load(): Promise<unknown> {
    const { graph } = this;
    const loader = await installLoader(graph, pallet);
    let exports: Readonly<Record<string, unknown>> = {};
    // One after the other, dependencies first, so that the engine knows which one does not end.
    for (const { url, type } of graph.modules) {
      if (type === "json") continue;
      this.#announce({ module: displayUrl(url, graph.root) });
      exports = await loader.import(url);
    }
    this.#evaluator = makeEvaluator(exports, {
      baseUrl: graph.root,
      readProjectFile: (path) => this.#files.read(path),
      evaluating: ({ origin, ...at }) =>
        this.#announce(origin === undefined ? at : { ...at, origin: relativeTo(graph.root, origin) }),
    });
    return this.#evaluator.infrastructure();
  }

  #problem(thrown: unknown, request: Request): PlanProblem {
    const { root, entry } = this.graph;
    const problem = problemFrom(thrown, `Cannot ${words(request, displayUrl(entry, root))}`, root);
    if (thrown instanceof NeverSettles) return neverEnds(this.#at, problem);
    if (request.type !== "load" || problem.origin !== undefined) return problem;
    return { ...problem, origin: { file: displayUrl(entry, root), line: 1, column: 1 } };
  }
}

/** What a request does, after "cannot". */
function words(request: Request, file: string): string {
  switch (request.type) {
    case "load":
      return `load ${file}`;
    case "plan":
      return "make plans";
    case "call":
      return `run ${request.hook}`;
    case "script":
      return `make the script of a ${request.kind} action`;
  }
}

function neverEnds(at: Evaluating | undefined, problem: PlanProblem): PlanProblem {
  const help = "It awaits a promise that nothing resolves; no timers and no network are at hand to do it.";
  if (at === undefined) return { ...problem, message: "A hook never ends", help };
  if ("module" in at) {
    const origin = { file: at.module, line: 1, column: 1 };
    return { kind: "infra", message: `Cannot load ${at.module}: a top-level await never ends`, help, origin };
  }
  const { phase, group, origin } = at;
  const message = `Phase "${phase}" of group "${group}" never ends`;
  return { kind: "infra", message, help, ...(origin === undefined ? {} : { origin }) };
}

/** Serves the engine over stdin and stdout until it goes away: the executable's hidden command `__sandbox`. */
export async function serve(): Promise<never> {
  const pipes: ChildPipes = openPipes();
  const settler = openSettler();
  const first = await pipes.next();
  if (first?.type === "parse" || first?.type === "describe") {
    const { prepareParsing, serveParsing } = await import("./parsing.ts");
    await prepareParsing();
    revokePermissions();
    await serveParsing(first, pipes);
    return pipes.exit();
  }
  revokePermissions();
  if (first?.type !== "load") return pipes.exit();
  const session = new Session(first.graph, first.fixed, pipes, settler, removePlatform());
  // Requests are not awaited: while one is evaluated, the files that it asks for arrive.
  for (let message: Awaited<ReturnType<ChildPipes["next"]>> = first; message !== undefined;) {
    if (message.type === "file") session.answerFile(message);
    else if (message.type !== "parse" && message.type !== "describe") void session.handle(message);
    message = await pipes.next();
  }
  return pipes.exit();
}
