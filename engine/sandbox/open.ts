import { PalletError } from "../errors.ts";
import type { Json, JsonObject } from "../json.ts";
import type { ScriptOptions } from "../actions/definition.ts";
import * as pallet from "../mod.ts";
import { fromFileUrl } from "../modules/paths.ts";
import { type CrateOptions, loadGraph } from "../modules/project.ts";
import { translatedSource } from "../modules/sources.ts";
import type { ModuleSource } from "../modules/types.ts";
import type { ConsoleMessage, Infrastructure, PlanReply, PlanRequest } from "../plan/types.ts";
import type { Facts } from "../spec/node.ts";
import type { Ahead } from "./ahead.ts";
import { readProjectFile } from "./files.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { ChildHandle } from "./process.ts";
import type { Evaluating, Fixed, Request } from "./protocol.ts";
import { checkInfrastructure, checkJson, checkPlanReply, checkScript, parseMessage } from "./reply.ts";
import type { Sandbox } from "./sandbox.ts";
import { spawnChild } from "./spawn.ts";
import { distrusted, whyDead, type Work } from "./why.ts";

/** What {@linkcode openSandbox} evaluates and how. */
export interface SandboxOptions extends Partial<Fixed> {
  /** Path of the infra file. */
  readonly infra: string;
  /** Project folder: modules and files outside of it cannot be read. The infra file's own unless told. */
  readonly root?: string;
  readonly limits?: Partial<Limits>;
  /** Folder that keeps prepared modules; without one they are prepared each time. */
  readonly cacheDir?: string;
  /** Makes a module of the infra file's text, where that is none by itself. */
  readonly translate?: (text: string, path: string) => Promise<string>;
  /** Places that modules come from besides the project and the executable. */
  readonly sources?: readonly ModuleSource[];
  /** How crates from the web are found and kept. */
  readonly crates?: CrateOptions;
  /** A process to use first, that was started before with the default limits. */
  readonly ahead?: Ahead;
  /** Called with what hooks write to their console. */
  readonly onConsole?: (message: ConsoleMessage) => void;
}

/** A sandbox in a child process, that also knows what it evaluates. */
export interface FileSandbox extends Sandbox {
  /** SHA-256 over all modules that `load` read; nothing before it. */
  readonly graphHash: string | undefined;
}

/** A reply. */
interface Answer<T> {
  readonly value: T;
  readonly console: readonly ConsoleMessage[];
}

class ChildSandbox implements FileSandbox {
  readonly #limits: Limits;
  #child: ChildHandle | undefined;
  #root = "";
  /** URLs of modules from elsewhere. */
  #strangers: readonly string[] = [];
  #busy: Promise<unknown> = Promise.resolve();
  #closed = false;
  /** The last plans that were made. */
  #planned: { readonly request: Request; readonly work: Work } | undefined;
  graphHash: string | undefined;

  #ahead: Ahead | undefined;

  constructor(readonly options: SandboxOptions) {
    this.#ahead = options.ahead;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
  }

  load(signal?: AbortSignal): Promise<Infrastructure> {
    return this.#inTurn(() => this.#load(signal));
  }

  plan(request: PlanRequest, signal?: AbortSignal): Promise<PlanReply> {
    return this.#inTurn(async () => {
      const plans = request.targets.length * request.phases.length;
      const seconds = this.#limits.plan + this.#limits.planPerTarget * plans;
      const asked = { request: { type: "plan", request }, work: { what: "Making plans", seconds } } as const;
      const check = (value: Json): PlanReply => checkPlanReply(value, request);
      const { value, console } = await this.#ask(asked.request, asked.work, check, signal);
      this.#planned = asked;
      return { ...value, console };
    });
  }

  call(hook: string, data: Json, signal?: AbortSignal): Promise<Json> {
    return this.#inTurn(async () => {
      const work = { what: `Hook "${hook}"`, seconds: this.#limits.call };
      const { value, console } = await this.#ask({ type: "call", hook, data }, work, checkJson, signal);
      for (const message of console) this.options.onConsole?.(message);
      return value;
    });
  }

  script(
    kind: string,
    args: JsonObject,
    facts: Facts,
    options: ScriptOptions,
  ): Promise<{ text: string; library: string }> {
    return this.#inTurn(async () => {
      const work = { what: `The script of a ${kind} action`, seconds: this.#limits.call };
      return (await this.#ask({ type: "script", kind, args, facts, options }, work, checkScript)).value;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#ahead?.bury();
    await this.#bury();
  }

  /** Requests go one after the other: the child has one thread. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#busy.then(() => {
      if (!this.#closed) return work();
      throw closed();
    });
    this.#busy = turn.catch(() => undefined);
    return turn;
  }

  async #bury(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    await child?.bury();
  }

  async #load(signal?: AbortSignal): Promise<Infrastructure> {
    await this.#bury();
    // It starts while the modules are read.
    this.#child = this.#ahead ?? new ChildHandle(spawnChild(this.#limits), this.#limits);
    this.#ahead = undefined;
    try {
      const { infra, root, cacheDir, sources, crates, translate } = this.options;
      const graph = await loadGraph(infra, {
        palletExports: Object.keys(pallet),
        ...(root === undefined ? {} : { root }),
        ...(cacheDir === undefined ? {} : { cacheDir }),
        ...(sources === undefined ? {} : { sources }),
        ...(translate === undefined
          ? {}
          : { first: [translatedSource(await Deno.realPath(infra), translate)] }),
      }, { ...crates, ...(signal === undefined ? {} : { signal }) });
      this.#root = graph.root;
      this.#strangers = graph.modules.map(({ url }) => url).filter((url) => /^https?:/.test(url));
      this.graphHash = graph.graphHash;
      const fixed = { clock: this.options.clock ?? Date.now(), seed: this.options.seed ?? 0 };
      const work = { what: "Loading the infra file", seconds: this.#limits.load };
      const request = { type: "load", graph, fixed } as const;
      const { value, console } = await this.#exchange(request, work, checkInfrastructure, signal);
      return { ...value, console: [...console, ...value.console] };
    } catch (error) {
      await this.#bury();
      throw error;
    }
  }

  /** Asks a child that has loaded; one that died of an earlier request is replaced. */
  async #ask<T>(
    request: Request,
    work: Work,
    check: (value: Json) => T,
    signal?: AbortSignal,
  ): Promise<Answer<T>> {
    if (this.#child === undefined) {
      await this.#load(signal);
      // Kinds of a crate's own are known to a child from the plans that they are in.
      if (request.type === "script" && this.#planned !== undefined) {
        await this.#exchange(this.#planned.request, this.#planned.work, checkJson, signal);
      }
    }
    return await this.#exchange(request, work, check, signal);
  }

  async #exchange<T>(
    request: Request,
    work: Work,
    check: (value: Json) => T,
    signal?: AbortSignal,
  ): Promise<Answer<T>> {
    const child = this.#child;
    if (child === undefined) throw closed();
    signal?.throwIfAborted();
    const abort = (): void => child.kill("killed");
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("killed");
    }, work.seconds * 1000);
    const stopWatching = child.watchMemory();
    child.work();
    signal?.addEventListener("abort", abort);
    let at: Evaluating | undefined;
    try {
      child.send(request);
      const { value, console } = await this.#answer(child, (now) => at = now);
      return { value: check(value), console };
    } catch (error) {
      // A problem that the child reports leaves it fit; all else means that it is dead, or not to be trusted.
      if (error instanceof Reported) throw error.problem;
      const death = await child.bury();
      if (this.#child === child) this.#child = undefined;
      if (this.#closed) throw closed();
      signal?.throwIfAborted();
      if (error instanceof PalletError) throw distrusted(error, work, at, this.#strangers);
      throw whyDead(work, at, late && death.reason === "killed" ? "time" : death, this.#limits);
    } finally {
      clearTimeout(timer);
      child.rest();
      stopWatching();
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Follows what the child says until it answers. */
  async #answer(child: ChildHandle, onEvaluating: (at: Evaluating) => void): Promise<Answer<Json>> {
    for (;;) {
      const text = await child.receive();
      if (text === undefined) throw new Dead();
      const message = parseMessage(text);
      switch (message.type) {
        case "evaluating":
          onEvaluating(message.at);
          break;
        case "read":
          void this.#serve(child, message.id, message.path);
          break;
        case "problem":
          throw new Reported(new PalletError(message.problem.message, message.problem));
        case "reply":
          return message;
      }
    }
  }

  async #serve(child: ChildHandle, id: number, path: string): Promise<void> {
    try {
      child.send({ type: "file", id, text: await readProjectFile(fromFileUrl(this.#root), path) });
    } catch (error) {
      if (!(error instanceof PalletError)) throw error;
      const { kind, message, help } = error;
      child.send({ type: "file", id, problem: { kind, message, ...(help === undefined ? {} : { help }) } });
    }
  }
}

function closed(): PalletError {
  return new PalletError("The sandbox is closed", { kind: "internal" });
}

/** The child is gone without an answer. */
class Dead extends Error {}

/** What the child says went wrong in the infra file. */
class Reported extends Error {
  constructor(readonly problem: PalletError) {
    super(problem.message);
  }
}

/**
 * A sandbox for an infra file: its code runs in a child process with no permissions, limited in time and memory. After
 * a limit was hit the next call starts a new one.
 *
 * @example
 * ```ts
 * import { openSandbox } from "./open.ts";
 *
 * const file = await Deno.makeTempFile({ suffix: ".ts" });
 * await Deno.writeTextFile(file, `import { groupSpec } from "pallet"; export const web = groupSpec("web", { count: 2 });`);
 * const sandbox = openSandbox({ infra: file });
 * const { groups } = await sandbox.load();
 * console.assert(groups[0]?.count === 2);
 * await sandbox.close();
 * await Deno.remove(file);
 * ```
 */
export function openSandbox(options: SandboxOptions): FileSandbox {
  return new ChildSandbox(options);
}
